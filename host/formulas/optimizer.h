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
// (docs/numerics.md). The three scalars belong to a row.
struct CatchUp {
  float weight;    // S₀; 0: no movement
  float epsilon;   // ε̄
  float variance;  // Var(ε_j)
};

// Beyond this many steps ρ_aⁿ (below 0.902ⁿ) is less than the rounding of a double, and β1ⁿ less than any float.
constexpr std::uint64_t catch_up_horizon = 1024;

// G_a[k] = Σ_{j≥1} lr'_{k+j} ρ_aʲ, ρ_a = β1·β2^(−(a+1)/2); also used for the three powers ρ_aⁿ.
struct CatchUpSums {
  double of[3];
};

// The scalars for n steps from G at the last step, G at the step now, and ρ_aⁿ (zeros from the horizon on).
ANIREC_FORMULA CatchUp catch_up_scalars(const CatchUpSums& last, const CatchUpSums& now,
                                        const CatchUpSums& power) {
  const double s0 = last.of[0] - power.of[0] * now.of[0];
  // A rate of exactly 0 all along leaves nothing but rounding.
  if (!(s0 > 1e-13 * last.of[0])) return {0.0f, optimizer_epsilon, 0.0f};
  const double epsilon = static_cast<double>(optimizer_epsilon);
  const double mean = (last.of[1] - power.of[1] * now.of[1]) / s0;
  const double variance = (last.of[2] - power.of[2] * now.of[2]) / s0 - mean * mean;
  return {static_cast<float>(s0), static_cast<float>(epsilon * mean),
          static_cast<float>(epsilon * epsilon * (variance > 0.0 ? variance : 0.0))};
}

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
