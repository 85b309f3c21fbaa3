// The phases of the step of nn and hybrid: gather and dropout, dense layers, heads, and back.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/batch.h"
#include "cpu/dense_update.h"
#include "cpu/dropout_masks.h"
#include "cpu/line_vector.h"
#include "cpu/mlp_layers.h"
#include "cpu/row_table.h"
#include "cpu/sparse_rows.h"
#include "engine/engine.h"
#include "model/model_config.h"

namespace anirec {

class MlpStep {
 public:
  MlpStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
          DenseState& dense, int members);

  // Forward and backward over the tiles of a share: losses, dense gradients, and dX for every sample.
  void forward_backward(const Batch& batch, int member, int members);
  // Sums dX over each row's samples and updates; both tables at once, since dX needs neither.
  void update_rows(const Batch& batch, int member, int members);

  const std::vector<TrainSums>& tile_sums() const { return tile_sums_; }
  const float* dense_gradients() const { return dense_gradients_.data(); }  // [groups][dense_stride()]
  std::size_t dense_stride() const { return dense_stride_; }

 private:
  struct Scratch {
    LineVector inputs;               // X [T, 2D], and a vector behind it
    std::vector<LineVector> hidden;  // [layers][T, H]
    LineVector error[2];             // dh of a layer and of the one below, [T, widest]
    LineVector score, slope;         // [heads][T]
    std::vector<LineVector> turned;  // [layers] Wᵀ of this step, of layers whose inputs' zeros are skipped
    NonZeros nonzero;
  };

  // The first layer's inputs have zeros where dropout is, those of the others by relu.
  bool skips_zeros_of_inputs(int layer) const {
    return layers_.skips_zeros(layer) && (layer > 0 || settings_.dropout.threshold > 0);
  }

  const ModelConfig& model_;
  const TrainSettings& settings_;
  RowTable &users_, &items_;
  DenseState& dense_;
  MlpLayers layers_;
  DropoutMasks masks_;
  float scale_;                       // 1/(1−p)
  std::size_t dense_stride_;          // the dense parameters, rounded up to whole vectors
  LineVector input_gradients_;        // dX [B, 2D], before the masks, and a vector behind it
  LineVector dense_gradients_;        // [groups][dense_stride_]
  std::vector<TrainSums> tile_sums_;  // [tiles]
  std::vector<Scratch> scratch_;      // a member
};

}  // namespace anirec
