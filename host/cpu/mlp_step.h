// The step of nn and hybrid: gather and dropout, dense layers, heads, and back to the rows.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/mlp_layers.h"
#include "cpu/model_step.h"
#include "cpu/sparse_rows.h"

namespace anirec {

class MlpStep final : public ModelStep {
 public:
  MlpStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
          DenseState& dense, int members);

  // What each member has besides, in floats.
  static std::uint64_t scratch_floats(const ModelConfig& model, std::uint32_t batch_size);

  void train_users(const Batch& batch, int member, int members) override;
  void update_items(const Batch& batch, int member, int members) override;

 private:
  // For a chunk of a tile: up to C samples.
  struct Scratch {
    LineVector inputs;               // X [C, 2D], and a vector behind it
    std::vector<LineVector> hidden;  // [layers][C, H]
    LineVector error[2];             // dh of a layer and of the one below, [C, widest]
    LineVector input_gradients;      // dX [C, 2D], before the masks, and a vector behind it
    LineVector score, slope;         // [C] and [heads][C]
    std::vector<LineVector> turned;  // [layers] Wᵀ of this step, of layers whose inputs' zeros are skipped
    NonZeros nonzero;
  };

  // The first layer's inputs have zeros where dropout is, those of the others by relu.
  bool skips_zeros_of_inputs(int layer) const {
    return layers_.skips_zeros(layer) && (layer > 0 || settings_.dropout.threshold > 0);
  }
  // Wᵀ of this step into the scratch.
  void turn_weights(Scratch& scratch);
  // Samples [begin, end): losses into `sums`, dense gradients, dX into the scratch. Rows of samples up to
  // `fetched_until` are asked for.
  void forward_backward(const Batch& batch, std::uint32_t begin, std::uint32_t end, std::uint32_t fetched_until,
                        Scratch& scratch, float* dense_gradient, TrainSums& sums);

  MlpLayers layers_;
  float scale_;                   // 1/(1−p)
  LineVector item_gradients_;     // [B][P] dX's item side, masked and scaled
  std::vector<Scratch> scratch_;  // a member
};

}  // namespace anirec
