// What kernels and their launchers are written with. Compiled by nvcc this is CUDA; compiled by g++
// (tests/emulation/) the same words run on a CPU, checked. Kernels keep to: threadIdx, blockIdx, blockDim, gridDim
// (x and y; blocks are one-dimensional and a multiple of 32 threads wherever lanes talk to each other),
// __syncthreads, __syncwarp,
// __shfl_*_sync, __ballot_sync, __any_sync, __all_sync, integer atomicAdd, __ldg, the vector types, and
// shared_memory<T>() as their only shared memory. Every thread of a block comes to every barrier, and every lane a
// mask names to every shuffle: a thread that has returned comes to none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <type_traits>

#include "device/device.h"

namespace anirec::device {

// How many blocks, and where in the source the launch stands.
struct Grid {
  Grid(std::uint32_t blocks, std::source_location place = std::source_location::current())
      : x(blocks), where(place) {}
  Grid(std::uint32_t columns, std::uint32_t rows, std::source_location place = std::source_location::current())
      : x(columns), y(rows), where(place) {}
  std::uint32_t x, y = 1;
  std::source_location where;
};

}  // namespace anirec::device

#if defined(__CUDACC__)

namespace anirec::device {

void launch_with(const void* kernel, Grid grid, std::uint32_t threads, std::size_t shared_bytes,
                 const Stream& stream, void** arguments);

// Queues kernel(arguments...) on `stream`: grid blocks of `threads` threads with `shared_bytes` of shared memory.
// A grid without blocks queues nothing.
template <class... Parameters>
void launch(void (*kernel)(Parameters...), Grid grid, std::uint32_t threads, std::size_t shared_bytes,
            const Stream& stream, std::type_identity_t<Parameters>... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...));
  void* addresses[] = {const_cast<void*>(static_cast<const void*>(&arguments))..., nullptr};
  launch_with(reinterpret_cast<const void*>(kernel), grid, threads, shared_bytes, stream, addresses);
}

// The block's shared memory, as many bytes as the launch gave; aligned to 16, not initialised.
template <class T>
__device__ T* shared_memory() {
  extern __shared__ uint4 anirec_shared_memory[];
  return reinterpret_cast<T*>(anirec_shared_memory);
}

}  // namespace anirec::device

#else
#include <device/emulated_kernel.h>
#endif
