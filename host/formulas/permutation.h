// A keyed permutation of 0 .. n-1 that is computed, not stored: the position alone gives the index.
#pragma once

#include <cstdint>

#include "formulas/host_device.h"
#include "formulas/philox.h"

namespace anirec {

// Four rounds leave one key in a hundred with clustered neighbours (a chi-square of the differences 16 standard
// deviations off); with five no statistic of permutation_test.cpp tells the result from random orders.
constexpr int permutation_rounds = 5;

// Odd multipliers and offsets of the rounds, drawn from the seed.
struct PermutationKey {
  std::uint32_t multiply[permutation_rounds];
  std::uint32_t add[permutation_rounds];
};

ANIREC_FORMULA PermutationKey permutation_key(std::uint64_t seed, std::uint32_t a, std::uint32_t b,
                                              std::uint32_t purpose) {
  const Words4 m = philox(seed, a, b, 0, purpose);
  const Words4 s = philox(seed, a, b, 1, purpose);
  const Words4 last = philox(seed, a, b, 2, purpose);
  PermutationKey key;
  for (int i = 0; i < 4; ++i) {
    key.multiply[i] = m.word[i] | 1u;
    key.add[i] = s.word[i];
  }
  key.multiply[4] = last.word[0] | 1u;
  key.add[4] = last.word[1];
  return key;
}

// Smallest k with 2^k >= n, at least 8: over fewer bits the rounds reach some orders of a small n far more often
// than others.
ANIREC_FORMULA std::uint32_t permutation_bits(std::uint64_t n) {
  std::uint32_t bits = 8;
  while ((std::uint64_t{1} << bits) < n) ++bits;
  return bits;
}

// Each round is a bijection of the k-bit integers (an odd multiplication with an offset, then a shift-xor by half
// the width).
ANIREC_FORMULA std::uint32_t permutation_step(std::uint32_t x, std::uint32_t bits, const PermutationKey& key) {
  const std::uint32_t mask = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
  const std::uint32_t shift = (bits + 1) / 2;
  for (int round = 0; round < permutation_rounds; ++round) {
    x = (x * key.multiply[round] + key.add[round]) & mask;
    x ^= x >> shift;
  }
  return x;
}

// Where position `i` of the permutation of 0 .. n-1 points; i < n <= 2^32, bits = permutation_bits(n).
// Indices that fall beyond n walk on along their cycle (Black and Rogaway, "Ciphers with arbitrary
// finite domains", 2002), for n > 128 on average less than once.
ANIREC_FORMULA std::uint32_t permuted_index(std::uint32_t i, std::uint64_t n, std::uint32_t bits,
                                            const PermutationKey& key) {
  do i = permutation_step(i, bits, key);
  while (i >= n);
  return i;
}

}  // namespace anirec
