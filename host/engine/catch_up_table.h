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

 private:
  // G_a[k] = Σ_{j≥1} lr'_{k+j} ρ_aʲ, ρ_a = β1·β2^(−(a+1)/2), a = 0, 1, 2.
  using Sums = std::array<double, 3>;
  struct Block {
    std::vector<Sums> sums;    // one entry where the block is steady, else one a step
    std::vector<float> rates;  // lr'_k, likewise
  };
  bool steady(std::uint64_t block) const;
  const Sums& sums_after(std::uint64_t step) const;

  LearningRate rate_;
  std::vector<Block> blocks_;
};

}  // namespace anirec
