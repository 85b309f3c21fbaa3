#include "engine/catch_up_table.h"

#include <algorithm>
#include <cmath>

namespace anirec {
namespace {

constexpr std::uint64_t block_bits = 16;
constexpr std::uint64_t block_size = std::uint64_t{1} << block_bits;

// Beyond this many steps ρ_aⁿ (below 0.902ⁿ) is less than the rounding of a double, and β1ⁿ less than any float.
constexpr std::uint64_t horizon = 1024;

const double sqrt_beta2 = std::sqrt(adam_beta2);
const std::array<double, 3> rho = {adam_beta1 / sqrt_beta2, adam_beta1 / adam_beta2,
                                   adam_beta1 / (adam_beta2 * sqrt_beta2)};

// Powers by lookup: β2ⁿ = low[n mod 1024] · high[n / 1024], the others below the horizon.
struct Powers {
  std::array<std::array<double, 3>, horizon> rho_power;
  std::array<float, horizon> beta1;
  std::array<double, horizon> beta2_low;
  std::array<double, 128> beta2_high;  // up to 131,072 steps: 1e-57
  Powers() {
    for (std::uint64_t n = 0; n < horizon; ++n) {
      const double exponent = static_cast<double>(n);
      for (std::size_t a = 0; a < 3; ++a) rho_power[n][a] = std::pow(rho[a], exponent);
      beta1[n] = static_cast<float>(std::pow(adam_beta1, exponent));
      beta2_low[n] = std::pow(adam_beta2, exponent);
    }
    for (std::uint64_t n = 0; n < beta2_high.size(); ++n)
      beta2_high[n] = std::pow(adam_beta2, static_cast<double>(n * horizon));
  }
};
const Powers powers;

}  // namespace

CatchUpTable::CatchUpTable(const LearningRate& rate) : rate_(rate) {}

// Whether rate and bias correction are constant in and after a block: √(1 − β2ᵗ) is 1 in double from step 36,800 on.
bool CatchUpTable::steady(std::uint64_t block) const {
  return rate_.schedule == Schedule::constant && block >= 1 && block * block_size > rate_.warmup_steps;
}

void CatchUpTable::extend(std::uint64_t step) {
  while (blocks_.size() <= step >> block_bits) {
    const std::uint64_t index = blocks_.size(), first = index * block_size;
    const std::uint64_t kept = steady(index) ? 1 : block_size;
    Block block;
    block.sums.resize(kept);
    block.rates.resize(kept);
    // The recursion starts past the block, on the schedule continued there, so that no entry depends on how long
    // the run will be.
    Sums sums = {};
    for (std::uint64_t k = first + kept + horizon; k-- > first;) {
      const double rate = adam_rate(learning_rate_at(rate_, k + 1), k + 1);
      for (std::size_t a = 0; a < 3; ++a) sums[a] = rho[a] * (rate + sums[a]);
      if (k - first < kept) {
        block.sums[k - first] = sums;
        block.rates[k - first] = k == 0 ? 0.0f : static_cast<float>(adam_rate(learning_rate_at(rate_, k), k));
      }
    }
    blocks_.push_back(std::move(block));
  }
}

const CatchUpTable::Sums& CatchUpTable::sums_after(std::uint64_t step) const {
  const Block& block = blocks_[step >> block_bits];
  return block.sums[block.sums.size() == 1 ? 0 : step & (block_size - 1)];
}

CatchUp CatchUpTable::between(std::uint64_t last, std::uint64_t now) const {
  const std::uint64_t steps = now - last;
  if (steps == 0) return {0, optimizer_epsilon, 0};
  Sums sums = sums_after(last);
  if (steps < horizon) {
    const Sums& later = sums_after(now);
    for (std::size_t a = 0; a < 3; ++a) sums[a] -= powers.rho_power[steps][a] * later[a];
  }
  // A rate of exactly 0 all along leaves nothing but rounding.
  if (!(sums[0] > 1e-13 * sums_after(last)[0])) return {0, optimizer_epsilon, 0};
  const double epsilon = static_cast<double>(optimizer_epsilon), mean = sums[1] / sums[0];
  return {static_cast<float>(sums[0]), static_cast<float>(epsilon * mean),
          static_cast<float>(epsilon * epsilon * std::max(0.0, sums[2] / sums[0] - mean * mean))};
}

AdamStep CatchUpTable::step(std::uint64_t last, std::uint64_t now) const {
  const Block& block = blocks_[now >> block_bits];
  return {decay1(now - last), decay2(now - last),
          block.rates[block.rates.size() == 1 ? 0 : now & (block_size - 1)]};
}

float CatchUpTable::decay1(std::uint64_t steps) { return steps < horizon ? powers.beta1[steps] : 0.0f; }

float CatchUpTable::decay2(std::uint64_t steps) {
  if (steps >= horizon * powers.beta2_high.size()) return 0.0f;
  return static_cast<float>(powers.beta2_low[steps % horizon] * powers.beta2_high[steps / horizon]);
}

}  // namespace anirec
