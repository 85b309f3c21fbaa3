// Exact Adam at sparse cost: the scalars that bring a row forward over steps that did not touch it, without a
// loop over them. The derivation and its error are in docs/numerics.md.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "formulas/learning_rate.h"
#include "formulas/optimizer.h"

namespace anirec {

class CatchUpTable {
 public:
  explicit CatchUpTable(const LearningRate& rate);

  // Makes the table reach `step`; to be called before any other member uses that step, by one thread.
  void extend(std::uint64_t step);

  // From just after step `last` to just after step `now` (last <= now, both reached), without last's own update.
  CatchUp between(std::uint64_t last, std::uint64_t now) const {
    const std::uint64_t steps = now - last;
    if (steps == 0) return {};
    return catch_up_scalars(entry(last, &Block::sums), entry(now, &Block::sums),
                            steps < catch_up_horizon ? powers_.rho[steps] : CatchUpSums{});
  }

  // Asks memory for what a row last written at `step` will need.
  void fetch(std::uint64_t step) const {
    __builtin_prefetch(&entry(step, &Block::sums));
    __builtin_prefetch(&entry(step, &Block::rates));
  }

  float rate(std::uint64_t step) const { return entry(step, &Block::rates); }  // lr'
  // β1ⁿ, β2ⁿ
  float decay1(std::uint64_t steps) const { return steps < catch_up_horizon ? powers_.beta1[steps] : 0.0f; }
  float decay2(std::uint64_t steps) const { return static_cast<float>(beta2_power(steps)); }
  // The update of step `now` for what every step updates.
  AdamStep step(std::uint64_t now) const { return {decay1(1), decay2(1), rate(now)}; }

  // The tables themselves, for an engine that looks things up elsewhere. A block stands for 2¹⁶ steps; it has one
  // entry where rate and bias correction are constant in it.
  static constexpr std::uint64_t block_bits = 16, block_steps = std::uint64_t{1} << block_bits;
  struct Block {
    std::vector<CatchUpSums> sums;  // G after each step
    std::vector<float> rates;       // lr'_k
  };
  const std::vector<Block>& blocks() const { return blocks_; }

  // Powers by lookup: β2ⁿ = low[n mod 1024] · high[n / 1024], 0 beyond; ρ_aⁿ and β1ⁿ below the horizon, 0 beyond.
  struct Powers {
    std::array<CatchUpSums, catch_up_horizon> rho;
    std::array<float, catch_up_horizon> beta1;
    std::array<double, catch_up_horizon> beta2_low;
    std::array<double, 128> beta2_high;  // up to 131,072 steps: 1e-57
  };
  static const Powers& powers();

 private:
  double beta2_power(std::uint64_t steps) const {
    if (steps >= catch_up_horizon * powers_.beta2_high.size()) return 0.0;
    return powers_.beta2_low[steps % catch_up_horizon] * powers_.beta2_high[steps / catch_up_horizon];
  }
  double adam_rate_at(std::uint64_t step) const;  // lr'
  bool steady(std::uint64_t block) const;
  template <class T>
  const T& entry(std::uint64_t step, std::vector<T> Block::*column) const {
    const std::vector<T>& entries = blocks_[step >> block_bits].*column;
    return entries[entries.size() == 1 ? 0 : step & (block_steps - 1)];
  }

  LearningRate rate_;
  const Powers& powers_;
  std::vector<Block> blocks_;
};

}  // namespace anirec
