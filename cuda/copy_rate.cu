#include "copy_rate.h"

#include <algorithm>
#include <chrono>

#include "row_access.cuh"

namespace anirec::cuda {
namespace {

constexpr std::uint32_t pieces_in_flight = 4;  // a thread's, to keep the memory busy

// Blocks stride over `count` float4, neighbouring threads side by side.
__global__ void copy_kernel(const float4* from, float4* to, std::size_t count) {
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * block_threads;
  std::size_t i = static_cast<std::size_t>(blockIdx.x) * block_threads + threadIdx.x;
  for (; i + (pieces_in_flight - 1) * stride < count; i += pieces_in_flight * stride) {
    float4 piece[pieces_in_flight];
    for (std::uint32_t p = 0; p < pieces_in_flight; ++p) piece[p] = from[i + p * stride];
    for (std::uint32_t p = 0; p < pieces_in_flight; ++p) to[i + p * stride] = piece[p];
  }
  for (; i < count; i += stride) to[i] = from[i];
}

}  // namespace

double measured_copy_rate(const device::Stream& stream) {
  using Clock = std::chrono::steady_clock;
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
  constexpr int rounds = 5, copies = 4;
  const device::DeviceInfo device = device::selected();
  const std::size_t count = std::min<std::uint64_t>(most_bytes, device.free_bytes / 64) / sizeof(float4);
  if (count == 0) return 0;
  device::Buffer<float4> from(count), to(count);
  from.clear(stream);
  to.clear(stream);
  double best = 0;
  for (int round = 0; round < rounds; ++round) {  // the best one: the first also wakes the clocks
    stream.synchronize();
    const Clock::time_point start = Clock::now();
    for (int copy = 0; copy < copies; ++copy)
      device::launch(copy_kernel, static_cast<std::uint32_t>(device.multiprocessors) * 8, block_threads, 0, stream,
                     static_cast<const float4*>(from.data()), to.data(), count);
    stream.synchronize();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, 2.0 * copies * static_cast<double>(from.bytes()) / seconds);
  }
  return best;
}

}  // namespace anirec::cuda
