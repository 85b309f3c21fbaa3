// The phases of mf's step: score = scale² ⟨kept x, kept y⟩ + b, x = Eu[u] + bu[u], y = Ei[i] + bi[i] (or the
// biases beside the product). Each phase is done in shares; everybody waits between two phases.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/batch.h"
#include "cpu/dense_update.h"
#include "cpu/dropout_masks.h"
#include "cpu/row_table.h"
#include "engine/engine.h"
#include "model/model_config.h"

namespace anirec {

class DotStep {
 public:
  DotStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
          DenseState& dense);

  // Scores, losses and error signals of the tiles of a share.
  void forward(const Batch& batch, int member, int members);
  // Whether updates leave what others read, w, alone. If not, the items' gradients are summed before anything is
  // written: the users' update needs the old item rows and the items' needs the old user rows.
  bool updates_at_once() const { return users_.puts_updates_off(); }
  void sum_items(const Batch& batch, int member, int members);
  void update_users(const Batch& batch, int member, int members);
  void update_items(const Batch& batch, int member, int members);

  const std::vector<TrainSums>& tile_sums() const { return tile_sums_; }
  const float* dense_gradients() const { return dense_gradients_.data(); }  // [groups][1]

 private:
  std::size_t item_gradient_stride() const { return static_cast<std::size_t>(items_.padded()) + lanes; }

  const ModelConfig& model_;
  const TrainSettings& settings_;
  RowTable &users_, &items_;
  DenseState& dense_;
  DropoutMasks masks_;
  float scale_;                         // 1/(1−p) of both sides together
  std::vector<float> slope_;            // [B] d loss / d score
  std::vector<float> item_gradients_;   // [distinct items][P + 16], the bias's at the end; where they are summed
  std::vector<float> dense_gradients_;  // [groups]
  std::vector<TrainSums> tile_sums_;    // [tiles]
};

}  // namespace anirec
