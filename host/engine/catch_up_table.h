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

  // From just after step `last` to just after step `now` (last <= now, both reached).
  CatchUp between(std::uint64_t last, std::uint64_t now) const;

  // The update of step `now` for a row last written at step `last` < now.
  AdamStep step(std::uint64_t last, std::uint64_t now) const;

  static float decay1(std::uint64_t steps);  // β1ⁿ
  static float decay2(std::uint64_t steps);  // β2ⁿ

  // The tables themselves, for an engine that looks things up elsewhere. A block stands for 2¹⁶ steps; it has one
  // entry where rate and bias correction are constant in it.
  static constexpr std::uint64_t block_bits = 16;
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
  bool steady(std::uint64_t block) const;
  const CatchUpSums& sums_after(std::uint64_t step) const;

  LearningRate rate_;
  std::vector<Block> blocks_;
};

}  // namespace anirec
