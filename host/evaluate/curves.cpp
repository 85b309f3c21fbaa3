#include "evaluate/curves.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace anirec {
namespace {

// Keeps the ends, and between them points that are far enough from the last one kept.
std::vector<CurvePoint> thinned(const std::vector<CurvePoint>& points, double resolution) {
  std::vector<CurvePoint> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool is_end = i == 0 || i + 1 == points.size();
    if (is_end || std::fabs(points[i].x - kept.back().x) >= 1 / resolution ||
        std::fabs(points[i].y - kept.back().y) >= 1 / resolution)
      kept.push_back(points[i]);
  }
  return kept;
}

}  // namespace

std::optional<ThresholdCurves> threshold_curves(std::span<const float> scores, std::span<const float> labels,
                                                double resolution) {
  if (std::any_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); }))
    return std::nullopt;
  const auto positives =
      static_cast<double>(std::count_if(labels.begin(), labels.end(), [](float label) { return label > 0.5f; }));
  const double negatives = static_cast<double>(labels.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;

  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  ThresholdCurves curves;
  curves.positive_share = positives / static_cast<double>(labels.size());
  curves.roc.push_back({0, 0});
  double found = 0, wrong = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (labels[order[i]] > 0.5f ? found : wrong) += 1;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    curves.roc.push_back({wrong / negatives, found / positives});
    curves.precision_recall.push_back({found / positives, found / (found + wrong)});
  }
  curves.roc = thinned(curves.roc, resolution);
  curves.precision_recall = thinned(curves.precision_recall, resolution);
  return curves;
}

std::vector<CalibrationBin> calibration_bins(std::span<const float> probabilities, std::span<const float> labels,
                                             std::size_t bins) {
  std::vector<CalibrationBin> out(bins);
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const double probability = static_cast<double>(probabilities[i]);
    if (!(probability >= 0 && probability <= 1)) continue;
    CalibrationBin& bin =
        out[std::min(bins - 1, static_cast<std::size_t>(probability * static_cast<double>(bins)))];
    ++bin.rows;
    bin.predicted += probability;
    bin.observed += static_cast<double>(labels[i]);
  }
  for (CalibrationBin& bin : out) {
    if (bin.rows == 0) continue;
    bin.predicted /= static_cast<double>(bin.rows);
    bin.observed /= static_cast<double>(bin.rows);
  }
  return out;
}

}  // namespace anirec
