#include "evaluate/auc.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace anirec {

std::optional<double> area_under_curve(std::vector<float>& positive, std::vector<float>& negative) {
  const auto is_nan = [](float score) { return std::isnan(score); };
  // A NaN has no place in an order: std::sort would be undefined.
  if (positive.empty() || negative.empty() || std::any_of(positive.begin(), positive.end(), is_nan) ||
      std::any_of(negative.begin(), negative.end(), is_nan))
    return std::nullopt;
  std::sort(positive.begin(), positive.end());
  std::sort(negative.begin(), negative.end());

  // Twice the number of pairs in the right order, in integers: 2·P·N stays below 2^64 up to 2^32 rows.
  std::uint64_t twice_pairs = 0;
  std::size_t below = 0, not_above = 0;  // negatives under, and up to, the current positive
  for (const float score : positive) {
    while (below < negative.size() && negative[below] < score) ++below;
    while (not_above < negative.size() && negative[not_above] <= score) ++not_above;
    twice_pairs += below + not_above;
  }
  return static_cast<double>(twice_pairs) /
         (2.0 * static_cast<double>(positive.size()) * static_cast<double>(negative.size()));
}

}  // namespace anirec
