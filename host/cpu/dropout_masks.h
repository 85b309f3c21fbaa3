// Dropout masks of a batch, sixteen elements to a word, so that a vector of a row meets one word.
#pragma once

#include <cstdint>
#include <vector>

#include "formulas/dropout.h"

namespace anirec {

// Bit e of word c of a side is set where element 16·c + e is kept; elements from D on are never set.
class DropoutMasks {
 public:
  // `zero_padded`: the elements from D on are 0 in whatever the masks are laid on, and without dropout none are
  // needed.
  DropoutMasks(int dim, DropoutRate rate, std::uint64_t seed, std::uint32_t batch, bool zero_padded);

  // Words for both sides of samples of a batch from `begin` on to `end` or, since sixteen are drawn at a time,
  // somewhat beyond it, but not past `last`; gives where it came to. `sample` holds their indices in split order.
  std::uint32_t fill_at_least(std::uint32_t step, const std::uint32_t* sample, std::uint32_t begin,
                              std::uint32_t end, std::uint32_t last);

  // False: every element may be kept, and no word is ever written.
  bool any() const { return masked_; }
  const std::uint16_t* of(std::uint32_t place, int side) const {
    return bits_.data() +
           (std::size_t{place} * 2 + static_cast<std::size_t>(side)) * static_cast<std::size_t>(words_);
  }

 private:
  void fill(std::uint32_t step, const std::uint32_t* sample, std::uint32_t begin, std::uint32_t end);

  int dim_, words_;
  DropoutRate rate_;
  std::uint64_t seed_;
  bool masked_;
  std::vector<std::uint16_t> bits_;  // [batch][2][words]
};

}  // namespace anirec
