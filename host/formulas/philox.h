// Philox4x32-10, the counter-based generator behind every random choice.
// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <cstdint>

#include "formulas/host_device.h"

namespace anirec {

struct Words4 {
  std::uint32_t word[4];
};

// What a stream of random numbers is for: the last word of every counter.
enum Purpose : std::uint32_t {
  purpose_split = 0,
  purpose_order = 1,
  purpose_initial_value = 2,
  purpose_dropout = 3,
  purpose_leave_last_out = 4,
  purpose_synthetic = 5,
  purpose_search = 6,
};

// Words for counter (c0, c1, c2, c3) under the key (low word of the seed, high word of the seed).
ANIREC_FORMULA Words4 philox(std::uint64_t seed, std::uint32_t c0, std::uint32_t c1, std::uint32_t c2,
                             std::uint32_t c3) {
  std::uint32_t k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0;
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c2;
    const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
    const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<std::uint32_t>(p1);
    c3 = static_cast<std::uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return Words4{{c0, c1, c2, c3}};
}

}  // namespace anirec
