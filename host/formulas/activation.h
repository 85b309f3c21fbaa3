// What turns a head's score into its prediction.
#pragma once

#include <cmath>

#include "formulas/host_device.h"

namespace anirec {

enum class Activation { identity, relu, sigmoid, bounded };

// The range of a `bounded` activation: a sigmoid scaled to [low, high]; the other activations ignore it.
struct Bounds {
  float low = 0, high = 1;
};

ANIREC_FORMULA float sigmoid(float score) {
  // exp of a negative number only: no overflow on either side.
  const float e = std::exp(-std::fabs(score));
  return (score >= 0 ? 1.0f : e) / (1.0f + e);
}

ANIREC_FORMULA float activate(Activation activation, float score, Bounds bounds) {
  switch (activation) {
    case Activation::identity: return score;
    case Activation::relu: return score > 0 ? score : 0.0f;
    case Activation::sigmoid: return sigmoid(score);
    case Activation::bounded: return bounds.low + (bounds.high - bounds.low) * sigmoid(score);
  }
  return score;
}

// d activate / d score.
ANIREC_FORMULA float activation_slope(Activation activation, float score, Bounds bounds) {
  switch (activation) {
    case Activation::identity: return 1.0f;
    case Activation::relu: return score > 0 ? 1.0f : 0.0f;
    case Activation::sigmoid: {
      const float s = sigmoid(score);
      return s * (1.0f - s);
    }
    case Activation::bounded: {
      const float s = sigmoid(score);
      return (bounds.high - bounds.low) * s * (1.0f - s);
    }
  }
  return 1.0f;
}

}  // namespace anirec
