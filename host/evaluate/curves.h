// What an interaction head's scores say about the labels, as points to draw.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace anirec {

struct CurvePoint {
  double x, y;
};

// One point a threshold, from the highest score down; equal scores are one threshold.
struct ThresholdCurves {
  std::vector<CurvePoint> roc;               // x: share of negatives called positive, y: recall; from 0,0 to 1,1
  std::vector<CurvePoint> precision_recall;  // x: recall, y: precision
  double positive_share = 0;
};

// `labels` are 0 or 1. Points nearer to the last one than 1/resolution in both directions are left out, but for
// the ends. None where a class is missing or a score is NaN, as for the AUC.
std::optional<ThresholdCurves> threshold_curves(std::span<const float> scores, std::span<const float> labels,
                                                double resolution);

// Rows whose predicted probability lies in one of equal parts of [0, 1].
struct CalibrationBin {
  std::uint64_t rows = 0;
  double predicted = 0, observed = 0;  // means of the probability and of the label; 0 without rows
};

std::vector<CalibrationBin> calibration_bins(std::span<const float> probabilities, std::span<const float> labels,
                                             std::size_t bins);

}  // namespace anirec
