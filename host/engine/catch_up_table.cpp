#include "engine/catch_up_table.h"

#include <cmath>

namespace anirec {
namespace {

const double sqrt_beta2 = std::sqrt(adam_beta2);
const std::array<double, 4> rho = {adam_beta1 / sqrt_beta2, adam_beta1 / adam_beta2,
                                   adam_beta1 / (adam_beta2 * sqrt_beta2), adam_beta1 / (adam_beta2 * adam_beta2)};

}  // namespace

const CatchUpTable::Powers& CatchUpTable::powers() {
  static const Powers table = [] {
    Powers powers;
    for (std::uint64_t n = 0; n < catch_up_horizon; ++n) {
      const double exponent = static_cast<double>(n);
      for (std::size_t a = 0; a < rho.size(); ++a) powers.rho[n].of[a] = std::pow(rho[a], exponent);
      powers.beta1[n] = static_cast<float>(std::pow(adam_beta1, exponent));
      powers.beta2_low[n] = std::pow(adam_beta2, exponent);
    }
    for (std::uint64_t n = 0; n < powers.beta2_high.size(); ++n)
      powers.beta2_high[n] = std::pow(adam_beta2, static_cast<double>(n * catch_up_horizon));
    return powers;
  }();
  return table;
}

CatchUpTable::CatchUpTable(const LearningRate& rate) : rate_(rate), powers_(powers()) {}

// Whether rate and bias correction are constant in and after a block: √(1 − β2ᵗ) is 1 in double from step 36,800
// on.
bool CatchUpTable::steady(std::uint64_t block) const {
  return rate_.schedule == Schedule::constant && block >= 1 && block * block_steps > rate_.warmup_steps;
}

double CatchUpTable::adam_rate_at(std::uint64_t step) const {
  const double beta1 = step < catch_up_horizon ? std::pow(adam_beta1, static_cast<double>(step)) : 0.0;
  return adam_rate(learning_rate_at(rate_, step), beta1, beta2_power(step));
}

void CatchUpTable::extend(std::uint64_t step) {
  while (blocks_.size() <= step >> block_bits) {
    const std::uint64_t index = blocks_.size(), first = index * block_steps;
    const std::uint64_t kept = steady(index) ? 1 : block_steps;
    Block block;
    block.sums.resize(kept);
    block.rates.resize(kept);
    // The recursion starts past the block, on the schedule continued there, so that no entry depends on how long
    // the run will be.
    CatchUpSums sums = {};
    for (std::uint64_t k = first + kept + catch_up_horizon; k-- > first;) {
      const double rate = adam_rate_at(k + 1);
      for (std::size_t a = 0; a < rho.size(); ++a) sums.of[a] = rho[a] * (rate + sums.of[a]);
      if (k - first < kept) {
        block.sums[k - first] = sums;
        block.rates[k - first] = k == 0 ? 0.0f : static_cast<float>(adam_rate_at(k));
      }
    }
    blocks_.push_back(std::move(block));
  }
}

}  // namespace anirec
