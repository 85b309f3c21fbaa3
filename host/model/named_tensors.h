// A model's tensors by the names of the contract.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/parameters.h"

namespace anirec {

struct NamedTensor {
  std::string name;  // "user_embedding.weight"
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

// What there is of them, in the order of the contract; `parameters` must outlive them. Row-wise moments have a
// table of one column.
std::vector<NamedTensor> named_tensors(const ModelConfig& config, const Parameters& parameters);

}  // namespace anirec
