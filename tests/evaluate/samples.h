// Rows with nothing but ratings. Makes no assertion.
#pragma once

#include <vector>

#include "dataset/split.h"

namespace anirec {

inline std::vector<Sample> rated(const std::vector<float>& ratings) {
  std::vector<Sample> rows;
  for (const float rating : ratings) rows.push_back({0, 0, rating, 0});
  return rows;
}

}  // namespace anirec
