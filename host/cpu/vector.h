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

// Two vectors of eight, which AVX2 has instructions for, AVX-512 too: of one of sixteen GCC makes detours through
// memory where the machine's are shorter.
typedef float Half __attribute__((vector_size(32)));
typedef std::int32_t HalfInt __attribute__((vector_size(32)));
constexpr int half_lanes = lanes / 2;
struct Vec {
  Half low, high;

  ANIREC_INLINE void operator+=(const Vec& by) { low += by.low, high += by.high; }
  ANIREC_INLINE void operator+=(float by) { low += by, high += by; }
  ANIREC_INLINE void operator*=(const Vec& by) { low *= by.low, high *= by.high; }
  ANIREC_INLINE void operator*=(float by) { low *= by, high *= by; }
  // Adds a · b, rounded twice.
  ANIREC_INLINE void add_product(const Vec& a, const Vec& b) { low += a.low * b.low, high += a.high * b.high; }
  ANIREC_INLINE void add_product(float a, const Vec& b) { low += a * b.low, high += a * b.high; }
};

// Elements rounded up to whole vectors.
constexpr int padded_width(int width) { return (width + lanes - 1) / lanes * lanes; }

// By reference, not by value: passing such vectors to a function is another ABI on each instruction set.
ANIREC_INLINE void load_half(Half& to, const float* from) { std::memcpy(&to, from, sizeof(Half)); }
ANIREC_INLINE void store_half(float* to, const Half& from) { std::memcpy(to, &from, sizeof(Half)); }
ANIREC_INLINE void load(Vec& to, const float* from) {
  load_half(to.low, from);
  load_half(to.high, from + half_lanes);
}
ANIREC_INLINE void store(float* to, const Vec& from) {
  store_half(to, from.low);
  store_half(to + half_lanes, from.high);
}

// Clears the lanes whose bit is not set.
ANIREC_INLINE void keep_half(Half& value, std::uint32_t bits) {
  const HalfInt lane_bit = {1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7};
  value = (Half)((HalfInt)value & ((lane_bit & static_cast<std::int32_t>(bits)) != 0));
}
ANIREC_INLINE void keep_lanes(Vec& value, std::uint32_t bits) {
  keep_half(value.low, bits);
  keep_half(value.high, bits >> half_lanes);
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
  typedef float Quarter __attribute__((vector_size(16)));
  const Half eight = value.low + value.high;
  Quarter four, upper_four;
  take_half(four, eight, false);
  take_half(upper_four, eight, true);
  four += upper_four;
  return (four[0] + four[2]) + (four[1] + four[3]);
}

}  // namespace anirec
