#include "cpu/batch_plan.h"

#include <algorithm>
#include <limits>

namespace anirec {

RowRuns RunFinder::find(const std::uint32_t* index, std::uint32_t batch, std::uint32_t* row, std::uint32_t* begin,
                        std::uint32_t* sample) {
  if (base_ > std::numeric_limits<std::uint32_t>::max() - batch) {
    std::fill(stamp_.begin(), stamp_.end(), 0);
    base_ = 1;
  }
  if (place_.size() < batch) place_.resize(batch);
  std::uint32_t count = 0;
  begin[0] = 0;
  for (std::uint32_t i = 0; i < batch; ++i) {
    // No branch on whether the row is new: that would be mispredicted for every other sample.
    std::uint32_t& stamp = stamp_[index[i]];
    const bool fresh = stamp < base_;
    const std::uint32_t place = fresh ? count : stamp - base_;
    row[count] = index[i];  // overwritten unless fresh; count < batch here
    begin[count + 1] = fresh ? 0 : begin[count + 1];
    stamp = base_ + place;
    place_[i] = place;
    count += fresh;
    ++begin[place + 1];
  }
  base_ += batch;
  for (std::uint32_t r = 0; r < count; ++r) begin[r + 1] += begin[r];
  // Fill with begin[r] as the cursor, which leaves it at the run's end: shift back afterwards.
  for (std::uint32_t i = 0; i < batch; ++i) sample[begin[place_[i]]++] = i;
  for (std::uint32_t r = count; r > 0; --r) begin[r] = begin[r - 1];
  begin[0] = 0;
  return {row, begin, sample, count};
}

}  // namespace anirec
