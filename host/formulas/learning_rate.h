// The learning rate of a step.
#pragma once

#include <cmath>
#include <cstdint>

#include "formulas/host_device.h"

namespace anirec {

enum class Schedule { constant, cosine, step };

struct LearningRate {
  Schedule schedule = Schedule::constant;
  double base = 1e-3;
  std::uint64_t warmup_steps = 0;  // W
  std::uint64_t total_steps = 0;   // T; cosine only, where the rate reaches 0
  double decay = 0.1;              // step: factor …
  std::uint64_t decay_every = 0;   // … every so many steps
};

// lr · min(1, t/W), times the schedule's factor; steps count from 1.
ANIREC_FORMULA double learning_rate_at(const LearningRate& rate, std::uint64_t step) {
  const double t = static_cast<double>(step), warmup = static_cast<double>(rate.warmup_steps);
  const double decay = rate.schedule == Schedule::step && rate.decay_every > 0
                           ? std::pow(rate.decay, static_cast<double>((step - 1) / rate.decay_every))
                           : 1.0;
  if (step <= rate.warmup_steps) return rate.base * (t / warmup) * decay;
  if (rate.schedule == Schedule::cosine) {
    if (step >= rate.total_steps) return 0.0;
    const double share = (t - warmup) / (static_cast<double>(rate.total_steps) - warmup);
    return rate.base * 0.5 * (1.0 + std::cos(3.14159265358979323846 * share));
  }
  return rate.base * decay;
}

}  // namespace anirec
