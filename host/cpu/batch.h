// One batch as the phases of a step see it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/batch_plan.h"
#include "cpu/row_update.h"

namespace anirec {

struct Batch {
  std::uint32_t size;
  const std::uint32_t *user, *item, *sample;  // [size]; `sample` is the index in split order
  const float *rating, *label;                // [size]
  RowRuns user_runs, item_runs;
  RowRuns next_user_runs, next_item_runs;  // of the batch that comes next, to fetch its rows ahead; or none
  RowStep row_step;
};

// A batch is cut into tiles by its size alone, and tiles into groups whose gradients are summed apart, so that the
// number of threads changes nothing. A tile's activations stay in the nearest caches.
struct Tiling {
  std::uint32_t tile_size, tiles, groups;
  explicit Tiling(std::uint32_t batch) {
    constexpr std::uint32_t smallest = 32, largest = 128, most_groups = 64;
    const std::uint32_t eighth = (batch / 8 + 15) / 16 * 16;
    tile_size = eighth < smallest ? smallest : eighth > largest ? largest : eighth;
    tiles = (batch + tile_size - 1) / tile_size;
    groups = tiles < most_groups ? tiles : most_groups;
  }
  // What every batch of up to `largest_batch` samples gets by with. A smaller one may have more tiles: 263 samples
  // have 9 tiles of 32, 512 have 8 of 64.
  static Tiling room_for(std::uint32_t largest_batch) {
    Tiling room(largest_batch);
    if (room.tiles < 9) room.tiles = 9;
    if (room.groups < 9) room.groups = 9;
    return room;
  }
  std::uint32_t first_tile(std::uint32_t group) const {
    return static_cast<std::uint32_t>(std::uint64_t{tiles} * group / groups);
  }
};

// How far ahead of the sample, or the row, that is being worked on memory is asked for what others need.
constexpr std::uint32_t samples_fetched_ahead = 8, rows_fetched_ahead = 6;

// Asks for both rows of a sample.
ANIREC_INLINE void fetch_rows_of(const Batch& batch, std::uint32_t place, const RowTable& users,
                                 const RowTable& items) {
  users.fetch(batch.user[place]);
  items.fetch(batch.item[place]);
}

// Where the share of `member` of `members` begins in `count` things.
inline std::uint32_t share_begin(std::uint32_t count, int member, int members) {
  return static_cast<std::uint32_t>(std::uint64_t{count} * static_cast<std::uint64_t>(member) /
                                    static_cast<std::uint64_t>(members));
}

// A member's share of the runs whose rows are brought forward.
inline RunShare even_share(const RowRuns& runs, int member, int members) {
  return {share_begin(runs.count, member, members), share_begin(runs.count, member + 1, members)};
}

// What a member fetches while it updates its `share` of `runs`: the rows it will bring forward for the next batch,
// where that is given, else its own, a few ahead.
inline RowsAhead rows_ahead(const RowTable& table, const RowRuns& runs, RunShare share, const RowRuns& next,
                            int member, int members) {
  if (next.count > 0) return {table, next, even_share(next, member, members)};
  return {table, runs, {std::min(share.first + rows_fetched_ahead, share.last), share.last}};
}

// Σ over samples [begin, end) of ‖Eu[u]‖² + ‖Ei[i]‖².
double squared_norms(const Batch& batch, std::uint32_t begin, std::uint32_t end, const RowTable& users,
                     const RowTable& items);

}  // namespace anirec
