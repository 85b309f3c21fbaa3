// Items in the plane: the two directions in which their embeddings differ most.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/parameters.h"

namespace anirec {

struct ItemMap {
  struct Place {
    double x, y;
  };
  std::vector<Place> places;  // one an asked item
  double variance_share = 0;  // of the variance of these embeddings, in the plane
};

// Principal components of these items' embeddings, by power iteration: the same bits for the same numbers. A
// direction's largest element is positive.
ItemMap map_items(const ModelConfig& model, const Parameters& parameters, std::span<const std::uint32_t> items);

}  // namespace anirec
