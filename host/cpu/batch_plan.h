// Which rows a batch touches, and which of its samples touch each row.
#pragma once

#include <cstdint>
#include <vector>

namespace anirec {

// For one batch and one table. A row's samples are in the order in which the pass drew them. Where rows ascend, a
// row mostly falls to the same member from batch to batch, in whose caches it then is.
struct RowRuns {
  const std::uint32_t* row;     // [count] distinct rows
  const std::uint32_t* begin;   // [count + 1] where a row's samples begin in `sample`
  const std::uint32_t* sample;  // [batch] places in the batch; null: each its own, the batch lies run by run
  std::uint32_t count;

  std::uint32_t place(std::uint32_t s) const { return sample == nullptr ? s : sample[s]; }
};

// The same runs in the order of their first samples, written to row, begin and sample like them; `first_run` has
// room for the batch's `size` samples.
RowRuns list_by_first_sample(const RowRuns& runs, std::uint32_t size, std::uint32_t* first_run, std::uint32_t* row,
                             std::uint32_t* begin, std::uint32_t* sample);

// Finds the runs of some batches of one table, rows ascending, by sorting, with memory of its own.
class RunFinder {
 public:
  RunFinder(std::uint32_t rows, std::uint32_t most_samples);
  static std::uint64_t memory(std::uint32_t most_samples);

  // `index` [samples]: the row of each sample of whole batches (the last one may be short). Writes sample
  // [samples], row [≤ samples], and begin, batch after batch with one more each; gives runs[batch].
  void find(const std::uint32_t* index, std::uint32_t samples, std::uint32_t batch, std::uint32_t* row,
            std::uint32_t* begin, std::uint32_t* sample, RowRuns* runs);

 private:
  int digits_, digit_bits_;
  std::vector<std::uint64_t> keys_, spare_;  // row · 2³² + place among the samples
  std::vector<std::uint32_t> batch_at_;      // [batches] where a batch's next one goes
};

}  // namespace anirec
