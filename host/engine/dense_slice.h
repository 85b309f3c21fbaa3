// In what pieces a batch goes through the dense layers on a GPU: slices of samples, one after another, so small
// that what their layers write and read again stays in the L2 cache.
#pragma once

#include <algorithm>
#include <cstdint>

#include "model/parameters.h"

namespace anirec {

constexpr std::uint64_t dense_slice_bytes = 16 << 20;  // of a slice's activations: a third of an H100's L2
constexpr std::uint64_t dense_slice_multiple = 1024;   // samples: whole blocks and whole parts of every sum

// Floats that a sample takes in a slice's buffers: X, the hidden layers, and their errors, of which a stack has
// two.
inline std::uint64_t activation_floats(const ModelConfig& model) {
  std::uint64_t hidden = 0, widest = 0;
  for (const int layer : model.hidden) {
    hidden += static_cast<std::uint64_t>(layer);
    widest = std::max(widest, static_cast<std::uint64_t>(layer));
  }
  return 2 * static_cast<std::uint64_t>(model.dim) + hidden + (model.hidden.size() > 1 ? 2 : 1) * widest;
}

// Parameters of the dense layers, which are the first of all dense ones; the heads' follow.
inline std::uint64_t layer_floats(const ModelConfig& model) {
  return dense_tensors(model)[2 * model.hidden.size()].offset;
}

// Samples of a slice. By the model alone: on every GPU the same sums in the same order. Each slice has a gradient
// of all layers to itself, which is to be no larger than its activations.
inline std::uint32_t dense_slice_samples(const ModelConfig& model) {
  const std::uint64_t floats = activation_floats(model), multiple = dense_slice_multiple;
  const std::uint64_t fit = dense_slice_bytes / (4 * floats), worth = layer_floats(model) / floats;
  return static_cast<std::uint32_t>(
      std::max({fit / multiple, (worth + multiple - 1) / multiple, std::uint64_t{1}}) * multiple);
}

}  // namespace anirec
