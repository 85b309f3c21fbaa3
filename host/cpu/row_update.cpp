#include "cpu/row_update.h"

namespace anirec {
namespace {

// The first run at or after a `member`-th of the work, a run counting one for its row and one for each sample.
std::uint32_t run_at_share(const RowRuns& runs, int member, int members) {
  const std::uint64_t work = std::uint64_t{runs.count} + runs.begin[runs.count];
  const std::uint64_t wanted = work * static_cast<std::uint64_t>(member) / static_cast<std::uint64_t>(members);
  std::uint32_t low = 0, high = runs.count;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (std::uint64_t{middle} + runs.begin[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace

ANIREC_CLONES void bring_rows_forward(RowTable& table, const RowRuns& runs, RunShare share,
                                      std::uint32_t fetched_until, const RowStep& step) {
  constexpr std::uint32_t ahead = 8;
  for (std::uint32_t r = share.first; r < share.last; ++r) {
    if (r + 2 * ahead < fetched_until) __builtin_prefetch(&table.last_step[runs.row[r + 2 * ahead]]);
    if (r + ahead < fetched_until) {
      const float* next = table.row(runs.row[r + ahead]);
      step.catch_up->fetch(table.last_step[runs.row[r + ahead]]);
      for (int k = 0; k < table.tail_at() + lanes; k += lanes) __builtin_prefetch(next + k, 1);
    }
    const std::uint32_t index = runs.row[r];
    CatchUp by;
    if (!table.movement(table.last_step[index], step.step - 1, *step.catch_up, by)) continue;
    float* const row = table.row(index);
    float* __restrict w = row;
    const float* __restrict m = row + table.first_at();
    const float* __restrict v = row + table.second_at();
    for (int k = 0; k < table.padded(); ++k) w[k] = catch_up(w[k], m[k], v[k], by);
    if (table.has_bias()) {
      float* tail = row + table.tail_at();
      tail[tail_bias] = catch_up(tail[tail_bias], tail[tail_bias_first], tail[tail_bias_second], by);
    }
  }
}

RunShare share_of_runs(const RowRuns& runs, int member, int members) {
  return {run_at_share(runs, member, members),
          member + 1 == members ? runs.count : run_at_share(runs, member + 1, members)};
}

}  // namespace anirec
