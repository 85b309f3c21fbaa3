#include "model/similar_items.h"

#include <algorithm>
#include <cmath>

namespace anirec {

std::vector<SimilarItem> similar_items(const ModelConfig& model, const Parameters& parameters, std::uint32_t item,
                                       std::size_t k) {
  const std::size_t dim = static_cast<std::size_t>(model.dim);
  const auto row = [&](std::uint32_t i) { return parameters.item_embedding.data() + i * dim; };
  const auto dot = [&](const float* a, const float* b) {
    double sum = 0;
    for (std::size_t d = 0; d < dim; ++d) sum += static_cast<double>(a[d]) * static_cast<double>(b[d]);
    return sum;
  };
  const float* own = row(item);
  const double own_length = std::sqrt(dot(own, own));
  std::vector<SimilarItem> all;
  for (std::uint32_t i = 0; i < model.items; ++i) {
    if (i == item) continue;
    const double lengths = own_length * std::sqrt(dot(row(i), row(i)));
    all.push_back({i, lengths > 0 ? static_cast<float>(dot(own, row(i)) / lengths) : 0.0f});
  }
  k = std::min(k, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end(),
                    [](const SimilarItem& a, const SimilarItem& b) {
                      return a.cosine > b.cosine || (a.cosine == b.cosine && a.item < b.item);
                    });
  all.resize(k);
  return all;
}

}  // namespace anirec
