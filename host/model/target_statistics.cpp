#include "model/target_statistics.h"

#include <algorithm>
#include <span>

namespace anirec {

TargetStatistics target_statistics(const Samples& samples) {
  double rating = 0, label = 0;
  TargetStatistics result;
  const auto rows = std::span(samples.rows).subspan(samples.train.begin, samples.train.size());
  result.bounds = {rows[0].rating, rows[0].rating};
  for (const Sample& row : rows) {
    rating += static_cast<double>(row.rating);
    label += static_cast<double>(row.label);
    result.bounds.low = std::min(result.bounds.low, row.rating);
    result.bounds.high = std::max(result.bounds.high, row.rating);
  }
  const double n = static_cast<double>(rows.size());
  result.means = {rating / n, label / n};
  return result;
}

}  // namespace anirec
