#include "model/target_statistics.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace anirec {

TargetStatistics target_statistics(const Samples& samples) {
  double rating = 0, label = 0, square = 0;
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
  const double mean = rating / n;
  for (const Sample& row : rows) {
    const double off = static_cast<double>(row.rating) - mean;
    square += off * off;
  }
  result.means = {mean, label / n, std::sqrt(square / n)};
  return result;
}

}  // namespace anirec
