#include "evaluate/rating_bins.h"

#include <algorithm>
#include <cmath>

namespace anirec {
namespace {

constexpr double most_steps = 21;  // more bars than this say no more
constexpr std::size_t bins_of_a_continuum = 20;

}  // namespace

std::size_t RatingBins::bin_of(float rating) const {
  const double place = std::round((static_cast<double>(rating) - first) / width);
  return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(count - 1)));
}

RatingBins rating_bins(std::span<const Sample> rows) {
  if (rows.empty()) return {};
  float low = rows[0].rating, high = low;
  bool whole = true, half = true;
  for (const Sample& row : rows) {
    low = std::min(low, row.rating);
    high = std::max(high, row.rating);
    whole = whole && row.rating == std::floor(row.rating);
    half = half && row.rating * 2 == std::floor(row.rating * 2);
  }
  const double lowest = static_cast<double>(low), range = static_cast<double>(high) - lowest;
  const double step = whole ? 1 : 0.5;
  if (range == 0) return {lowest, 1, 1};
  if (half && range / step < most_steps) return {lowest, step, static_cast<std::size_t>(range / step) + 1};
  const double width = range / static_cast<double>(bins_of_a_continuum);
  return {lowest + width / 2, width, bins_of_a_continuum};
}

std::vector<std::uint64_t> count_ratings(const RatingBins& bins, std::span<const Sample> rows) {
  std::vector<std::uint64_t> counts(bins.count);
  for (const Sample& row : rows) ++counts[bins.bin_of(row.rating)];
  return counts;
}

std::vector<PredictedBin> predictions_by_rating(const RatingBins& bins, std::span<const Sample> rows,
                                                std::span<const float> predicted) {
  std::vector<PredictedBin> out(bins.count);
  std::vector<double> squares(bins.count);
  const auto for_each = [&](const auto& visit) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (std::isfinite(predicted[i])) visit(bins.bin_of(rows[i].rating), static_cast<double>(predicted[i]));
  };
  for_each([&](std::size_t bin, double value) {
    ++out[bin].rows;
    ++out[bins.bin_of(static_cast<float>(value))].predicted;
    out[bin].mean += value;
  });
  for (PredictedBin& bin : out)
    if (bin.rows > 0) bin.mean /= static_cast<double>(bin.rows);
  for_each(
      [&](std::size_t bin, double value) { squares[bin] += (value - out[bin].mean) * (value - out[bin].mean); });
  for (std::size_t b = 0; b < out.size(); ++b)
    if (out[b].rows > 0) out[b].deviation = std::sqrt(squares[b] / static_cast<double>(out[b].rows));
  return out;
}

}  // namespace anirec
