// Samples in the order of a pass, as columns.
#pragma once

#include <cstdint>
#include <vector>

#include "dataset/split.h"
#include "formulas/epoch_order.h"

namespace anirec {

// Samples side by side, a column each.
struct FedSamples {
  std::vector<std::uint32_t> user, item;
  std::vector<std::uint32_t> sample;  // index in split order: what dropout is keyed by
  std::vector<float> rating, label;
  explicit FedSamples(std::size_t capacity)
      : user(capacity), item(capacity), sample(capacity), rating(capacity), label(capacity) {}
};

// Reads `count` samples from a position of a pass on, all within it, into places 0, 1, …
void feed_samples(const Samples& samples, const PassOrder& order, std::uint64_t first_position_in_pass,
                  std::uint32_t count, FedSamples& to);

// Copies samples first_from + order[k], k < count, to places first_to + k.
void reorder_samples(const FedSamples& from, std::size_t first_from, const std::uint32_t* order,
                     std::uint32_t count, FedSamples& to, std::size_t first_to);

}  // namespace anirec
