// A dataset in the order it is trained in: train rows first, then validation, then test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/dataset.h"

namespace anirec {

// One row as the engines see it. A target that the task does not have is 0.
struct Sample {
  std::uint32_t user, item;
  float rating, label;
};
static_assert(sizeof(Sample) == 16);

struct SampleRange {
  std::uint64_t begin = 0, end = 0;
  std::uint64_t size() const { return end - begin; }
  bool operator==(const SampleRange&) const = default;
};

enum class SplitBy { rows, leave_last_out };

struct SplitOptions {
  std::string shares = "0.95,0.005,0.045";  // train, validation, test; decimal, must add up to 1 exactly
  SplitBy by = SplitBy::rows;
  // leave_last_out: the share of the rows left for training that becomes validation; 0 unless --split was given
  bool shares_given = false;
  std::uint64_t seed = 42;
  bool shuffle = true;  // false: rows keep the order of the file
};

// Rows in split order. The order is the seeded permutation of formulas/permutation.h, so position i of a
// split holds row permuted_index(i, n, split key) of the dataset; leave_last_out takes each user's test row out
// first.
struct Samples {
  std::vector<Sample> rows;
  SampleRange train, validation, test;
  std::uint32_t users = 0, items = 0;  // table sizes
  Task task = Task::rating;
};

// ⌊share · n⌋ for the first two shares, exact in decimals. Throws UsageError on malformed shares.
void split_counts(std::string_view shares, std::uint64_t n, std::uint64_t& train, std::uint64_t& validation);

// Takes the dataset's columns (their memory is given back as they are used). Throws DataError where no row is
// left to train on.
Samples split_dataset(Dataset&& dataset, const SplitOptions& options);

}  // namespace anirec
