// Sixteen floats at a time, for every instruction set the machine may have. Sums run over fixed lanes in a fixed
// order, so results do not depend on which version of a function the machine picks.
#pragma once

#include <cstdint>
#include <cstring>

// One binary for all x86-64: the dynamic linker picks the best version of a function once. Everything such a
// function calls in its loops must be inlined into it.
#if defined(__x86_64__) && !defined(ANIREC_SINGLE_VERSION)
#define ANIREC_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ANIREC_CLONES
#endif
#define ANIREC_INLINE inline __attribute__((always_inline))

namespace anirec {

constexpr int lanes = 16;
typedef float Vec __attribute__((vector_size(64)));
typedef std::int32_t VecInt __attribute__((vector_size(64)));

// Elements rounded up to whole vectors.
constexpr int padded_width(int width) { return (width + lanes - 1) / lanes * lanes; }

// By reference, not by value: passing such vectors to a function is another ABI on each instruction set.
ANIREC_INLINE void load(Vec& to, const float* from) { std::memcpy(&to, from, sizeof(Vec)); }
ANIREC_INLINE void store(float* to, const Vec& from) { std::memcpy(to, &from, sizeof(Vec)); }

// Clears the lanes whose bit is not set.
ANIREC_INLINE void keep_lanes(Vec& value, std::uint32_t bits) {
  const VecInt lane_bit = {1 << 0, 1 << 1, 1 << 2,  1 << 3,  1 << 4,  1 << 5,  1 << 6,  1 << 7,
                           1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15};
  const VecInt set = ((lane_bit & static_cast<std::int32_t>(bits)) != 0);
  VecInt raw;
  std::memcpy(&raw, &value, sizeof raw);
  raw &= set;
  std::memcpy(&value, &raw, sizeof raw);
}

// The lower or the upper half of a vector: spelled out, since of a loop over lanes the compiler makes one through
// memory.
template <class Half, class Whole>
ANIREC_INLINE void take_half(Half& to, const Whole& from, bool upper) {
  static_assert(2 * sizeof(Half) == sizeof(Whole));
  std::memcpy(&to, reinterpret_cast<const char*>(&from) + (upper ? sizeof(Half) : 0), sizeof(Half));
}

// Sum of the lanes, as a balanced tree.
ANIREC_INLINE float lane_sum(const Vec& value) {
  typedef float Vec8 __attribute__((vector_size(32)));
  typedef float Vec4 __attribute__((vector_size(16)));
  Vec8 eight, upper_eight;
  take_half(eight, value, false);
  take_half(upper_eight, value, true);
  eight += upper_eight;
  Vec4 four, upper_four;
  take_half(four, eight, false);
  take_half(upper_four, eight, true);
  four += upper_four;
  return (four[0] + four[2]) + (four[1] + four[3]);
}

}  // namespace anirec
