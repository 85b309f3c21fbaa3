// What of a step depends on the model: two phases, each done in shares. Everybody waits after either.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/batch.h"
#include "cpu/dense_update.h"
#include "cpu/dropout_masks.h"
#include "cpu/group_queue.h"
#include "cpu/line_vector.h"
#include "cpu/row_table.h"
#include "engine/engine.h"
#include "engine/train_settings.h"
#include "model/model_config.h"

namespace anirec {

class ModelStep {
 public:
  virtual ~ModelStep() = default;

  // Tiles, as many as the member gets to: scores, losses, dense gradients, what the items' gradients are made of,
  // and the users' rows with all that happens to them.
  virtual void train_users(const Batch& batch, int member, int members) = 0;
  // A member's share of the items' rows.
  virtual void update_items(const Batch& batch, int member, int members) = 0;

  const std::vector<TrainSums>& tile_sums() const { return tile_sums_; }
  const float* dense_gradients() const { return dense_gradients_.data(); }  // [groups][dense_stride()]
  std::size_t dense_stride() const { return dense_stride_; }

 protected:
  // A tile as its work meets it: masks drawn, users' rows brought forward.
  struct Tile {
    RunShare users;
    std::uint32_t begin, end;     // its samples
    std::uint32_t fetched_until;  // rows of later samples are the member's to ask for up to here
    float* dense_gradient;        // its group's, to be added to
    TrainSums& sums;
  };

  ModelStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
            DenseState& dense, int members, bool zero_padded)
      : model_(model),
        settings_(settings),
        users_(users),
        items_(items),
        dense_(dense),
        masks_(model.dim, settings.dropout, settings.seed, settings.batch_size, zero_padded),
        dense_stride_(static_cast<std::size_t>(padded_width(static_cast<int>(dense.values.size())))),
        dense_gradients_(Tiling::room_for(settings.batch_size).groups * dense_stride_),
        tile_sums_(Tiling::room_for(settings.batch_size).tiles),
        row_gradients_(static_cast<std::size_t>(members), LineVector(static_cast<std::size_t>(users.padded()))),
        queue_(members) {}

  // [P] Of the row that a member is summing.
  float* row_gradient(int member) { return row_gradients_[static_cast<std::size_t>(member)].data(); }

  // Calls work(tile) for the tiles that a member takes, one after the other.
  template <class Work>
  void for_tiles(const Batch& batch, int member, int members, Work&& work) {
    queue_.put(member, even_groups(batch.size, member, members));
    for (;;) {
      const GroupRange groups = queue_.take(member, members);
      if (groups.first == groups.last) return;
      for_tiles_of(batch, groups, work);
    }
  }

  const ModelConfig& model_;
  const TrainSettings& settings_;
  RowTable &users_, &items_;
  DenseState& dense_;
  DropoutMasks masks_;
  std::size_t dense_stride_;               // the dense parameters, rounded up to whole vectors
  LineVector dense_gradients_;             // [groups][dense_stride_]
  std::vector<TrainSums> tile_sums_;       // [tiles]
  std::vector<LineVector> row_gradients_;  // [members][P]

 private:
  template <class Work>
  void for_tiles_of(const Batch& batch, GroupRange groups, Work&& work) {
    const RowRuns& runs = batch.user_runs;
    const Tiling tiling(batch.size);
    const RunShare share = users_of(runs, groups);
    const std::uint32_t last_sample = runs.begin[share.last];
    std::uint32_t run = share.first, masked = runs.begin[run];
    fetch_first_rows(batch, masked, last_sample, users_, items_);
    for (std::uint32_t group = groups.first; group < groups.last; ++group) {
      float* const gradient = dense_gradients_.data() + group * dense_stride_;
      std::fill_n(gradient, dense_.values.size(), 0.0f);
      for (std::uint32_t t = tiling.first_tile(group); t < tiling.first_tile(group + 1); ++t) {
        const RunShare users = {run, run_beginning_at(runs, run, (t + 1) * tiling.tile_size)};
        const std::uint32_t begin = runs.begin[users.first], end = runs.begin[users.last];
        TrainSums& sums = tile_sums_[t];
        sums = TrainSums{};
        sums.samples = static_cast<double>(end - begin);
        masked = masks_.fill_at_least(static_cast<std::uint32_t>(batch.row_step.step), batch.sample, masked, end,
                                      last_sample);
        if (users_.puts_updates_off()) bring_rows_forward(users_, runs, users, share.last, batch.row_step);
        work(Tile{users, begin, end, last_sample, gradient, sums});
        run = users.last;
      }
    }
  }

  GroupQueue queue_;
};

}  // namespace anirec
