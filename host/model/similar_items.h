// Items whose embeddings point the same way.
#pragma once

#include <cstdint>
#include <vector>

#include "model/parameters.h"

namespace anirec {

struct SimilarItem {
  std::uint32_t item;
  float cosine;
};

// The `k` items nearest to `item` by the cosine of their embeddings, itself excluded, nearest first; ties go to
// the lower index. An embedding of length 0 has cosine 0 with everything.
std::vector<SimilarItem> similar_items(const ModelConfig& model, const Parameters& parameters, std::uint32_t item,
                                       std::size_t k);

}  // namespace anirec
