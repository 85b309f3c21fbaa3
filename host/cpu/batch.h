// One batch as the phases of a step see it: user by user, so that all that happens to a user's row happens in one
// place, by one member, in one go.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/batch_plan.h"
#include "cpu/row_update.h"

namespace anirec {

struct Batch {
  std::uint32_t size;                         // samples in the order of user_runs
  const std::uint32_t *user, *item, *sample;  // [size]; `sample` is the index in split order
  const float *rating, *label;                // [size]
  RowRuns user_runs, item_runs;
  RowRuns next_user_runs, next_item_runs;  // of the batch that comes next, to fetch its rows ahead; or none
  RowStep row_step;
};

// A batch is cut into tiles by its size alone, and tiles into groups whose gradients are summed apart, so that the
// number of threads changes nothing. Tile t has the users whose samples begin at places [t · T, (t + 1) · T), T
// the tile size, with all of their samples; what it touches stays in the nearest caches.
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

// Asks for the rows of the first samples of [begin, end), which nobody asks for while working on those before.
inline void fetch_first_rows(const Batch& batch, std::uint32_t begin, std::uint32_t end, const RowTable& users,
                             const RowTable& items) {
  for (std::uint32_t i = begin; i < std::min(end, begin + samples_fetched_ahead); ++i)
    fetch_rows_of(batch, i, users, items);
}

// Where the share of `member` of `members` begins in `count` things.
inline std::uint32_t share_begin(std::uint32_t count, int member, int members) {
  return static_cast<std::uint32_t>(std::uint64_t{count} * static_cast<std::uint64_t>(member) /
                                    static_cast<std::uint64_t>(members));
}

// A member's share of the items, whose rows it brings forward.
inline RunShare even_share(const RowRuns& runs, int member, int members) {
  return {share_begin(runs.count, member, members), share_begin(runs.count, member + 1, members)};
}

// The first run at or after `from` that begins at or after `place`.
inline std::uint32_t run_beginning_at(const RowRuns& runs, std::uint32_t from, std::uint32_t place) {
  return static_cast<std::uint32_t>(std::lower_bound(runs.begin + from, runs.begin + runs.count, place) -
                                    runs.begin);
}

struct GroupRange {
  std::uint32_t first, last;
};

// The groups of tiles that a member begins with.
inline GroupRange even_groups(std::uint32_t batch, int member, int members) {
  const std::uint32_t groups = Tiling(batch).groups;
  return {share_begin(groups, member, members), share_begin(groups, member + 1, members)};
}

// The users that the tiles of some groups have.
inline RunShare users_of(const RowRuns& users, GroupRange groups) {
  const Tiling tiling(users.begin[users.count]);
  const auto run_of = [&](std::uint32_t group) {
    return run_beginning_at(users, 0, tiling.first_tile(group) * tiling.tile_size);
  };
  return {run_of(groups.first), run_of(groups.last)};
}

// What a member fetches while it works on its users: those of its tiles in the next batch, where that is given.
inline RowsAhead users_ahead(const RowTable& users, const Batch& batch, int member, int members) {
  const RowRuns& next = batch.next_user_runs;
  if (next.count == 0) return {users, next, {0, 0}};
  return {users, next, users_of(next, even_groups(next.begin[next.count], member, members))};
}

// What a member fetches while it updates its `share` of the items: the rows it will bring forward for the next
// batch, where that is given and exact Adam does so, else its own, a few ahead.
inline RowsAhead items_ahead(const RowTable& items, const Batch& batch, RunShare share, int member, int members) {
  const RowRuns &runs = batch.item_runs, &next = batch.next_item_runs;
  if (next.count > 0 && items.puts_updates_off()) return {items, next, even_share(next, member, members)};
  return {items, runs, {std::min(share.first + rows_fetched_ahead, share.last), share.last}};
}

// Σ over samples [begin, end) of ‖Eu[u]‖² + ‖Ei[i]‖².
double squared_norms(const Batch& batch, std::uint32_t begin, std::uint32_t end, const RowTable& users,
                     const RowTable& items);

}  // namespace anirec
