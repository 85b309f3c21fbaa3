// What of a step depends on the model: two phases, each done in shares. Everybody waits after either.
#pragma once

#include <cstddef>
#include <vector>

#include "cpu/batch.h"
#include "cpu/dense_update.h"
#include "cpu/dropout_masks.h"
#include "cpu/line_vector.h"
#include "cpu/row_table.h"
#include "engine/engine.h"
#include "engine/train_settings.h"
#include "model/model_config.h"

namespace anirec {

class ModelStep {
 public:
  virtual ~ModelStep() = default;

  // A member's tiles: scores, losses, dense gradients, what the items' gradients are made of, and the users' rows
  // with all that happens to them.
  virtual void train_users(const Batch& batch, int member, int members) = 0;
  // A member's share of the items' rows.
  virtual void update_items(const Batch& batch, int member, int members) = 0;

  const std::vector<TrainSums>& tile_sums() const { return tile_sums_; }
  const float* dense_gradients() const { return dense_gradients_.data(); }  // [groups][dense_stride()]
  std::size_t dense_stride() const { return dense_stride_; }

 protected:
  ModelStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
            DenseState& dense, bool zero_padded)
      : model_(model),
        settings_(settings),
        users_(users),
        items_(items),
        dense_(dense),
        masks_(model.dim, settings.dropout, settings.seed, settings.batch_size, zero_padded),
        dense_stride_(static_cast<std::size_t>(padded_width(static_cast<int>(dense.values.size())))),
        dense_gradients_(Tiling::room_for(settings.batch_size).groups * dense_stride_),
        tile_sums_(Tiling::room_for(settings.batch_size).tiles) {}

  const ModelConfig& model_;
  const TrainSettings& settings_;
  RowTable &users_, &items_;
  DenseState& dense_;
  DropoutMasks masks_;
  std::size_t dense_stride_;          // the dense parameters, rounded up to whole vectors
  LineVector dense_gradients_;        // [groups][dense_stride_]
  std::vector<TrainSums> tile_sums_;  // [tiles]
};

}  // namespace anirec
