// Which rows a batch touches, and which of its samples touch each row.
#pragma once

#include <cstdint>
#include <vector>

namespace anirec {

// For one batch and one table. Rows are in the order they first occur, a row's samples in the order of the batch.
struct RowRuns {
  const std::uint32_t* row;     // [count] distinct rows
  const std::uint32_t* begin;   // [count + 1] where a row's samples begin in `sample`
  const std::uint32_t* sample;  // [batch] places in the batch
  std::uint32_t count;
};

// Finds runs by stamps, with memory of its own for one table: a stamp a row.
class RunFinder {
 public:
  explicit RunFinder(std::uint32_t rows) : stamp_(rows, 0) {}
  // `index` [batch]: the row of each sample. Writes row [≤ batch], begin [≤ batch + 1], sample [batch].
  RowRuns find(const std::uint32_t* index, std::uint32_t batch, std::uint32_t* row, std::uint32_t* begin,
               std::uint32_t* sample);

 private:
  std::vector<std::uint32_t> stamp_;  // base + place among this batch's runs; below base: not seen in it
  std::uint32_t base_ = 1;
  std::vector<std::uint32_t> place_;  // [batch] run of each sample
};

}  // namespace anirec
