// What an optimizer does to one element. Gradients of a row are summed over the batch before they come here.
#pragma once

#include <cmath>
#include <cstdint>

#include "formulas/host_device.h"

namespace anirec {

enum class Optimizer { adam, lazy_adam, adagrad, rowwise_adagrad, sgd };

constexpr double adam_beta1 = 0.9;
constexpr double adam_beta2 = 0.999;
constexpr float optimizer_epsilon = 1e-7f;

// Scalars of one Adam update: the moments' decay since they were last written (β1ⁿ and β2ⁿ for a row that n−1
// steps passed over), and the rate with the bias correction in it.
struct AdamStep {
  float decay1, decay2;
  float rate;  // lr · √(1−β2ᵗ) / (1−β1ᵗ)
};

// Kingma, Ba: "Adam: a method for stochastic optimization", ICLR 2015, in the form at the end of section 2 (as in
// Keras: ε beside the uncorrected √v).
ANIREC_FORMULA void adam_update(float& w, float& m, float& v, float g, const AdamStep& step) {
  m = step.decay1 * m + static_cast<float>(1.0 - adam_beta1) * g;
  v = step.decay2 * v + static_cast<float>(1.0 - adam_beta2) * (g * g);
  w -= step.rate * m / (std::sqrt(v) + optimizer_epsilon);
}

ANIREC_FORMULA double adam_rate(double learning_rate, std::uint64_t step) {
  const double t = static_cast<double>(step);
  return learning_rate * std::sqrt(1.0 - std::pow(adam_beta2, t)) / (1.0 - std::pow(adam_beta1, t));
}

// What n steps without a gradient do to an element with moments m and v, all at once:
// w −= Σ_{j=1..n} lr'_{s+j} β1ʲ m / (√(β2ʲ v) + ε), by an expansion around the weighted mean of ε·β2^(−j/2)
// (docs/numerics.md). The three scalars belong to a row: CatchUpTable makes them.
struct CatchUp {
  float weight;    // S₀; 0: no movement
  float epsilon;   // ε̄
  float variance;  // Var(ε_j)
};

ANIREC_FORMULA float catch_up(float w, float m, float v, const CatchUp& by) {
  const float inverse = 1.0f / (std::sqrt(v) + by.epsilon);
  return w - by.weight * m * inverse * (1.0f + by.variance * (inverse * inverse));
}

// Duchi, Hazan, Singer: "Adaptive subgradient methods", JMLR 12, 2011; the accumulator starts at 0.
ANIREC_FORMULA void adagrad_update(float& w, float& v, float g, float rate) {
  v += g * g;
  w -= rate * g / (std::sqrt(v) + optimizer_epsilon);
}

ANIREC_FORMULA void sgd_update(float& w, float g, float rate) { w -= rate * g; }

}  // namespace anirec
