#include "cpu/batch_plan.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace anirec {
namespace {

constexpr int most_digit_bits = 8;  // as many lines as the nearest cache keeps open for writing

}  // namespace

RowRuns list_by_first_sample(const RowRuns& runs, std::uint32_t size, std::uint32_t* first_run, std::uint32_t* row,
                             std::uint32_t* begin, std::uint32_t* sample) {
  constexpr std::uint32_t none = ~0u;
  std::fill_n(first_run, size, none);
  for (std::uint32_t r = 0; r < runs.count; ++r) first_run[runs.place(runs.begin[r])] = r;
  std::uint32_t count = 0, at = 0;
  begin[0] = 0;
  for (std::uint32_t place = 0; place < size; ++place) {
    const std::uint32_t r = first_run[place];
    if (r == none) continue;
    row[count] = runs.row[r];
    for (std::uint32_t s = runs.begin[r]; s < runs.begin[r + 1]; ++s) sample[at++] = runs.place(s);
    begin[++count] = at;
  }
  return {row, begin, sample, count};
}

RunFinder::RunFinder(std::uint32_t rows, std::uint32_t most_samples) : keys_(most_samples), spare_(most_samples) {
  const int bits = std::max(1, static_cast<int>(std::bit_width(rows - 1)));
  digits_ = (bits + most_digit_bits - 1) / most_digit_bits;
  digit_bits_ = (bits + digits_ - 1) / digits_;
}

std::uint64_t RunFinder::memory(std::uint32_t most_samples) {
  return std::uint64_t{most_samples} * 2 * sizeof(std::uint64_t);
}

void RunFinder::find(const std::uint32_t* index, std::uint32_t samples, std::uint32_t batch, std::uint32_t* row,
                     std::uint32_t* begin, std::uint32_t* sample, RowRuns* runs) {
  // Least significant digit first, each pass keeping the order of the one before; all digits are counted in one
  // go.
  constexpr std::size_t values = std::size_t{1} << most_digit_bits;
  std::uint32_t at[4][values];
  std::memset(at, 0, static_cast<std::size_t>(digits_) * sizeof(at[0]));
  const std::uint32_t mask = (1u << digit_bits_) - 1;
  std::uint64_t *from = keys_.data(), *to = spare_.data();
  for (std::uint32_t i = 0; i < samples; ++i) {
    from[i] = std::uint64_t{index[i]} << 32 | i;
    for (int d = 0; d < digits_; ++d) ++at[d][index[i] >> (d * digit_bits_) & mask];
  }
  for (int d = 0; d < digits_; ++d) {
    std::uint32_t before = 0;
    for (std::uint32_t v = 0; v <= mask; ++v) before += std::exchange(at[d][v], before);
    const int shift = 32 + d * digit_bits_;
    for (std::uint32_t i = 0; i < samples; ++i) {
      const std::uint64_t key = from[i];
      to[at[d][static_cast<std::uint32_t>(key >> shift) & mask]++] = key;
    }
    std::swap(from, to);
  }
  // The batch is the last digit; every batch but the last has as many samples as places.
  const std::uint32_t batches = (samples + batch - 1) / batch;
  if (batches > 1) {
    batch_at_.resize(batches);
    for (std::uint32_t b = 0; b < batches; ++b) batch_at_[b] = b * batch;
    for (std::uint32_t i = 0; i < samples; ++i) {
      const std::uint64_t key = from[i];
      to[batch_at_[static_cast<std::uint32_t>(key) / batch]++] = key;
    }
    std::swap(from, to);
  }
  for (std::uint32_t b = 0; b < batches; ++b) {
    const std::uint32_t first = b * batch, size = std::min(batch, samples - first);
    std::uint32_t* const of_row = row + first;
    std::uint32_t* const of_begin = begin + first + b;
    std::uint32_t count = 0, previous = ~0u;
    of_begin[0] = 0;
    // No branch on whether the row is new: that would be mispredicted for every other sample.
    for (std::uint32_t s = 0; s < size; ++s) {
      const std::uint32_t r = static_cast<std::uint32_t>(from[first + s] >> 32);
      sample[first + s] = static_cast<std::uint32_t>(from[first + s]) - first;
      count += r != previous;
      previous = r;
      of_row[count - 1] = r;
      of_begin[count] = s + 1;
    }
    runs[b] = {of_row, of_begin, sample + first, count};
  }
}

}  // namespace anirec
