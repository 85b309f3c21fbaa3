// Random draws of the generator, and the two functions it needs of them. Written with +, −, ×, ÷ alone, which
// round the same way everywhere, so that the text does not depend on a mathematical library.
#pragma once

#include <bit>
#include <cstdint>

#include "formulas/philox.h"

namespace anirec {

enum class DrawsFor : std::uint32_t { item, activity, user, choice, row };

// The stream of one user or item for one use.
class Draws {
 public:
  Draws(std::uint64_t seed, DrawsFor use, std::uint64_t index)
      : seed_(seed), index_(static_cast<std::uint32_t>(index)), use_(static_cast<std::uint32_t>(use)) {}

  std::uint32_t word() {
    if (used_ == 4) {
      words_ = philox(seed_, block_++, index_, use_, purpose_synthetic);
      used_ = 0;
    }
    return words_.word[used_++];
  }
  // In (0, 1).
  double uniform() { return (static_cast<double>(word()) + 0.5) * 0x1p-32; }
  bool chance(double probability) { return uniform() < probability; }
  // Mean 0, deviation 1: eight uniform 16-bit numbers added, which is close enough and bounded by 4.9.
  double normal() {
    std::uint32_t sum = 0;
    for (int i = 0; i < 4; ++i) {
      const std::uint32_t both = word();
      sum += (both & 0xffff) + (both >> 16);
    }
    constexpr double mean = 8 * 65535.0 / 2, deviation = 53509.7;  // √(8 (2³² − 1) / 12)
    return (static_cast<double>(sum) - mean) / deviation;
  }

 private:
  std::uint64_t seed_;
  std::uint32_t index_, use_, block_ = 0;
  Words4 words_ = {};
  unsigned used_ = 4;
};

// 2^x for |x| < 1000, to some 1e-7.
inline double power_of_two(double x) {
  const int whole = static_cast<int>(x < 0 ? x - 1 : x);  // at most one below the floor
  const double y = (x - whole) * 0.6931471805599453;      // in [0, 1.4)
  double sum = 1;
  for (int i = 14; i > 0; --i) sum = 1 + sum * y / i;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(1023 + whole) << 52);
}

// ln x for normal x > 0, to some 1e-8.
inline double natural_log(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const int exponent = static_cast<int>(bits >> 52) - 1023;
  const double mantissa = std::bit_cast<double>((bits & ((1ull << 52) - 1)) | 1023ull << 52);  // in [1, 2)
  const double z = (mantissa - 1) / (mantissa + 1), square = z * z;
  double sum = 0;
  for (int i = 15; i > 0; i -= 2) sum = sum * square + 2.0 / i;
  return exponent * 0.6931471805599453 + sum * z;
}

}  // namespace anirec
