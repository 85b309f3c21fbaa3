// A sample's loss and its derivative with respect to the head's score (before the activation).
#pragma once

#include <cmath>

#include "formulas/activation.h"
#include "formulas/host_device.h"

namespace anirec {

enum class Loss { squared_error, cross_entropy };

struct LossAndSlope {
  float loss;
  float slope;  // d loss / d score
};

// (activate(score) − target)².
ANIREC_FORMULA LossAndSlope squared_error(Activation activation, float score, float target, Bounds bounds) {
  const float difference = activate(activation, score, bounds) - target;
  return {difference * difference, 2.0f * difference * activation_slope(activation, score, bounds)};
}

// −y·log σ(s) − (1−y)·log(1−σ(s)) = max(s, 0) − s·y + log(1 + e^−|s|): finite for every finite score.
ANIREC_FORMULA LossAndSlope cross_entropy(float score, float label) {
  const float e = std::exp(-std::fabs(score));
  const float probability = (score >= 0 ? 1.0f : e) / (1.0f + e);
  return {(score > 0 ? score : 0.0f) - score * label + std::log1p(e), probability - label};
}

ANIREC_FORMULA LossAndSlope head_loss(Loss loss, Activation activation, float score, float target, Bounds bounds) {
  return loss == Loss::cross_entropy ? cross_entropy(score, target)
                                     : squared_error(activation, score, target, bounds);
}

}  // namespace anirec
