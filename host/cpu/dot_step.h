// mf's step: score = scale² ⟨kept x, kept y⟩ + b, x = Eu[u] + bu[u], y = Ei[i] + bi[i] (or the biases beside the
// product).
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/model_step.h"

namespace anirec {

class DotStep final : public ModelStep {
 public:
  DotStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
          DenseState& dense, int members);

  void train_users(const Batch& batch, int member, int members) override;
  void update_items(const Batch& batch, int member, int members) override;

 private:
  float scale_;               // 1/(1−p) of both sides together
  LineVector score_, slope_;  // [B] and d loss / d score
  // Where an update writes w at once: the users' rows as the batch found them, which the items' gradients need.
  LineVector old_users_;                 // [distinct users][P], biases inside the product added
  std::vector<std::uint32_t> user_run_;  // [B] a sample's place among them
};

}  // namespace anirec
