// Samples in the order of a pass, as columns of a window of batches.
#pragma once

#include <cstdint>
#include <vector>

#include "dataset/split.h"
#include "engine/engine.h"
#include "engine/train_settings.h"
#include "formulas/epoch_order.h"

namespace anirec {

// A window's samples; places count from its first position.
struct FedSamples {
  std::vector<std::uint32_t> user, item;
  std::vector<std::uint32_t> sample;  // index in split order: what dropout is keyed by
  std::vector<float> rating, label;
  explicit FedSamples(std::size_t capacity)
      : user(capacity), item(capacity), sample(capacity), rating(capacity), label(capacity) {}
};

// Fills places [begin, end) of a window that starts at `first_position`, all within one pass.
void feed_samples(const Samples& samples, const PassOrder& order, std::uint64_t first_position_in_pass,
                  std::uint32_t begin, std::uint32_t end, FedSamples& to);

}  // namespace anirec
