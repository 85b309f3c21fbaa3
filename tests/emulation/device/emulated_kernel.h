// CUDA's words for g++: a launch runs its threads as fibers, a block at a time (block.h). Included by
// cuda/device/kernel.h.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <source_location>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

#define ANIREC_VECTOR_TYPES(T, name, bytes2, bytes4)         \
  struct alignas(bytes2) name##2 {                           \
    T x, y;                                                  \
  };                                                         \
  struct alignas(bytes4) name##4 {                           \
    T x, y, z, w;                                            \
  };                                                         \
  inline name##2 make_##name##2(T x, T y) { return {x, y}; } \
  inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
ANIREC_VECTOR_TYPES(float, float, 8, 16)
ANIREC_VECTOR_TYPES(int, int, 8, 16)
ANIREC_VECTOR_TYPES(unsigned int, uint, 8, 16)
ANIREC_VECTOR_TYPES(unsigned char, uchar, 2, 4)
#undef ANIREC_VECTOR_TYPES
struct alignas(16) double2 {
  double x, y;
};
inline double2 make_double2(double x, double y) { return {x, y}; }

namespace anirec::emulation {

struct Index {
  unsigned int x = 0, y = 0, z = 0;
};
using Site = std::source_location;

enum class WarpCall { sync, shuffle, ballot };

void barrier(Site site);
// Meets the lanes that `mask` names. A shuffle gives the value of lane `from`, a ballot the lanes of non-zero
// value.
std::uint64_t meet(WarpCall call, unsigned mask, std::uint64_t value, unsigned from, Site site);
void* shared_memory_of_block();
void queue_launch(const void* kernel, const std::function<void()>& thread, device::Grid grid,
                  std::uint32_t threads, std::size_t shared_bytes, const device::Stream& stream);

unsigned lane();
template <class T>
T shuffle(unsigned mask, T value, unsigned from, int width, Site site) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  const unsigned segment = ~(static_cast<unsigned>(width) - 1);
  // A lane out of its segment: one's own value.
  if (from >= 32 || (from & segment) != (lane() & segment)) from = lane();
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = meet(WarpCall::shuffle, mask, bits, from, site);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::uint64_t atomic_add(void* at, std::uint64_t value, std::size_t bytes);

}  // namespace anirec::emulation

extern anirec::emulation::Index threadIdx, blockIdx, blockDim, gridDim;

inline void __syncthreads(anirec::emulation::Site site = anirec::emulation::Site::current()) {
  anirec::emulation::barrier(site);
}
inline void __syncwarp(unsigned mask = 0xffffffffu,
                       anirec::emulation::Site site = anirec::emulation::Site::current()) {
  anirec::emulation::meet(anirec::emulation::WarpCall::sync, mask, 0, 0, site);
}
template <class T>
T __shfl_sync(unsigned mask, T value, int from, int width = 32,
              anirec::emulation::Site site = anirec::emulation::Site::current()) {
  const unsigned first = anirec::emulation::lane() & ~(static_cast<unsigned>(width) - 1);
  const unsigned source = first + (static_cast<unsigned>(from) & (static_cast<unsigned>(width) - 1));
  return anirec::emulation::shuffle(mask, value, source, width, site);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32,
                  anirec::emulation::Site site = anirec::emulation::Site::current()) {
  return anirec::emulation::shuffle(mask, value, anirec::emulation::lane() ^ static_cast<unsigned>(bits), width,
                                    site);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32,
                   anirec::emulation::Site site = anirec::emulation::Site::current()) {
  return anirec::emulation::shuffle(mask, value, anirec::emulation::lane() + by, width, site);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32,
                 anirec::emulation::Site site = anirec::emulation::Site::current()) {
  return anirec::emulation::shuffle(mask, value, anirec::emulation::lane() - by, width, site);
}
inline unsigned __ballot_sync(unsigned mask, int predicate,
                              anirec::emulation::Site site = anirec::emulation::Site::current()) {
  return static_cast<unsigned>(
      anirec::emulation::meet(anirec::emulation::WarpCall::ballot, mask, predicate != 0, 0, site));
}
inline int __any_sync(unsigned mask, int predicate,
                      anirec::emulation::Site site = anirec::emulation::Site::current()) {
  return __ballot_sync(mask, predicate, site) != 0;
}
inline int __all_sync(unsigned mask, int predicate,
                      anirec::emulation::Site site = anirec::emulation::Site::current()) {
  return __ballot_sync(mask, predicate, site) == mask;
}

// Integers only: a sum of floats in the order the threads come would differ from run to run.
template <class T>
T atomicAdd(T* at, std::type_identity_t<T> value) {
  static_assert(std::is_integral_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
  return static_cast<T>(anirec::emulation::atomic_add(at, static_cast<std::uint64_t>(value), sizeof(T)));
}

template <class T>
T __ldg(const T* at) {
  return *at;
}
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
using std::max;
using std::min;

namespace anirec::device {

template <class... Parameters>
void launch(void (*kernel)(Parameters...), Grid grid, std::uint32_t threads, std::size_t shared_bytes,
            const Stream& stream, std::type_identity_t<Parameters>... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...));
  emulation::queue_launch(
      reinterpret_cast<const void*>(kernel), [=] { kernel(arguments...); }, grid, threads, shared_bytes, stream);
}

template <class T>
T* shared_memory() {
  return static_cast<T*>(emulation::shared_memory_of_block());
}

}  // namespace anirec::device
