// What an optimizer does to one element. Gradients of a row are summed over the batch before they come here.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

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
// Keras: ε beside the uncorrected √v). Real: float, or a vector of them.
template <class Real>
ANIREC_FORMULA void adam_moments(Real& m, Real& v, const Real& g, float decay1, float decay2) {
  m = decay1 * m + static_cast<float>(1.0 - adam_beta1) * g;
  v = decay2 * v + static_cast<float>(1.0 - adam_beta2) * (g * g);
}
ANIREC_FORMULA float adam_inverse(float v) { return 1.0f / (std::sqrt(v) + optimizer_epsilon); }
ANIREC_FORMULA void adam_update(float& w, float& m, float& v, float g, const AdamStep& step) {
  adam_moments(m, v, g, step.decay1, step.decay2);
  w -= step.rate * (m * adam_inverse(v));
}

ANIREC_FORMULA double adam_rate(double learning_rate, double beta1_power, double beta2_power) {
  return learning_rate * std::sqrt(1.0 - beta2_power) / (1.0 - beta1_power);
}
ANIREC_FORMULA double adam_rate(double learning_rate, std::uint64_t step) {
  const double t = static_cast<double>(step);
  return adam_rate(learning_rate, std::pow(adam_beta1, t), std::pow(adam_beta2, t));
}

// What n steps without a gradient do to an element with moments m and v, all at once:
// w −= Σ_{j=1..n} lr'_{s+j} β1ʲ m / (√(β2ʲ v) + ε), by an expansion around ε (docs/numerics.md). Before it comes
// the row's last update, where that was put off. The scalars belong to a row.
struct CatchUp {
  float update;     // lr'_s; 0: w has moved at step s already
  float moment[4];  // Σ_j lr'_{s+j} ρ₀ʲ δ_jᵃ, δ_j = ε·(β2^(−j/2) − 1); zeros: n = 0
};

// Beyond this many steps ρ_aⁿ (below 0.902ⁿ) is less than the rounding of a double, and β1ⁿ less than any float.
constexpr std::uint64_t catch_up_horizon = 1024;

// G_a[k] = Σ_{j≥1} lr'_{k+j} ρ_aʲ, ρ_a = β1·β2^(−(a+1)/2); also used for the four powers ρ_aⁿ.
struct CatchUpSums {
  double of[4];
};

// The scalars for n steps from G at the last step, G at the step now, and ρ_aⁿ (zeros from the horizon on).
ANIREC_FORMULA CatchUp catch_up_scalars(const CatchUpSums& last, const CatchUpSums& now,
                                        const CatchUpSums& power) {
  const double s0 = last.of[0] - power.of[0] * now.of[0], s1 = last.of[1] - power.of[1] * now.of[1];
  const double s2 = last.of[2] - power.of[2] * now.of[2], s3 = last.of[3] - power.of[3] * now.of[3];
  // A rate of exactly 0 all along leaves nothing but rounding.
  if (!(s0 > 1e-13 * last.of[0])) return {};
  const double epsilon = static_cast<double>(optimizer_epsilon);
  return {0.0f,
          {static_cast<float>(s0), static_cast<float>(epsilon * (s1 - s0)),
           static_cast<float>(epsilon * epsilon * (s2 - 2.0 * s1 + s0)),
           static_cast<float>(epsilon * epsilon * epsilon * (s3 - 3.0 * (s2 - s1) - s0))}};
}

// In two roundings, the update's own first: with and without one put off w comes to the same bits.
ANIREC_FORMULA float catch_up(float w, float m, float v, const CatchUp& by) {
  const float inverse = adam_inverse(v), direction = m * inverse;
  const float third = by.moment[2] - inverse * by.moment[3];
  const float updated = w - by.update * direction;
  return updated - direction * (by.moment[0] - inverse * (by.moment[1] - inverse * third));
}

// Duchi, Hazan, Singer: "Adaptive subgradient methods", JMLR 12, 2011; the accumulator starts at 0.
ANIREC_FORMULA void adagrad_update(float& w, float& v, float g, float rate) {
  v += g * g;
  w -= rate * g / (std::sqrt(v) + optimizer_epsilon);
}

template <class Real>
ANIREC_FORMULA void sgd_update(Real& w, const std::type_identity_t<Real>& g, float rate) {
  w -= rate * g;
}

}  // namespace anirec
