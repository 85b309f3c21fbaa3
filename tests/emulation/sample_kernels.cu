#include "sample_kernels.h"

#include "device/kernel.h"

namespace anirec::samples {
namespace {

constexpr std::uint32_t block_threads = 256, all_lanes = 0xFFFFFFFFu;

__global__ void add_kernel(const float* a, const float* b, float* sum, std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  sum[i] = a[i] + b[i];
}

__global__ void block_sum_kernel(const float* value, float* part, std::uint32_t count) {
  float* const sums = device::shared_memory<float>();  // [256]
  const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  sums[threadIdx.x] = i < count ? value[i] : 0.0f;
  for (std::uint32_t half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) part[blockIdx.x] = sums[0];
}

__global__ void add_parts_kernel(const float* part, std::uint32_t count, float* total) {
  float sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) sum += part[i];
  *total = sum;
}

__global__ void warp_sum_kernel(const float* value, float* sum, std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  float of_lanes = i < count ? value[i] : 0.0f;
  for (int by = 16; by > 0; by /= 2) of_lanes += __shfl_xor_sync(all_lanes, of_lanes, by);
  if (threadIdx.x % 32 == 0 && i < count) sum[i / 32] = of_lanes;
}

__global__ void warp_sum_in_memory_kernel(const float* value, float* sum, std::uint32_t count, bool sync) {
  float* const values = device::shared_memory<float>();  // [256]
  const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  values[threadIdx.x] = i < count ? value[i] : 0.0f;
  if (sync) __syncwarp();
  if (threadIdx.x % 32 != 0 || i >= count) return;
  float of_lanes = 0;
  for (std::uint32_t lane = 0; lane < 32; ++lane) of_lanes += values[threadIdx.x + lane];
  sum[i / 32] = of_lanes;
}

__global__ void gather_kernel(const float* table, const std::uint32_t* row, float* to, std::uint32_t count,
                              std::uint32_t dim) {
  const std::uint32_t quarter = dim / 4, i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count * quarter) return;
  const std::uint32_t place = i / quarter, piece = i % quarter;
  const float4* const from = reinterpret_cast<const float4*>(table + std::size_t{__ldg(row + place)} * dim);
  reinterpret_cast<float4*>(to + std::size_t{place} * dim)[piece] = from[piece];
}

__global__ void ballot_kernel(const float* value, std::uint32_t* bits, std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned positive = __ballot_sync(all_lanes, i < count && value[i] > 0);
  if (threadIdx.x % 32 == 0 && i < count) bits[i / 32] = positive;
}

__global__ void histogram_kernel(const std::uint32_t* value, std::uint32_t* histogram, std::uint32_t bins,
                                 std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) atomicAdd(histogram + value[i] % bins, 1u);
}

__global__ void reverse_kernel(const float* value, float* reversed, std::uint32_t* ticket, std::uint32_t count,
                               Fault fault) {
  float* const values = device::shared_memory<float>();  // [256]
  const std::uint32_t thread = threadIdx.x, i = blockIdx.x * blockDim.x + thread;
  if (fault == Fault::barrier_after_return && i == count - 1) return;
  if (fault != Fault::unwritten_shared || thread != 7) values[thread] = value[i];
  if (fault == Fault::out_of_bounds_of_shared && thread == 0) values[block_threads] = 1;
  if (fault != Fault::missing_barrier) __syncthreads();
  switch (fault) {
    case Fault::divergent_barrier:
      if (thread < 64) __syncthreads();
      break;
    case Fault::different_barriers:
      if (thread < 64)
        __syncthreads();
      else
        __syncthreads();
      break;
    case Fault::missing_lane:
      if (thread != 5) __syncwarp();
      break;
    case Fault::mask_without_self:
      __syncwarp(1u);
      break;
    case Fault::lane_out_of_mask:
      if (thread % 32 < 16) values[thread] = __shfl_sync(0xFFFFu, values[thread], 20);
      break;
    default:
      break;
  }
  float result = values[blockDim.x - 1 - thread];
  if (fault == Fault::missing_barrier_on_reuse) values[thread] = -1;
  if (fault == Fault::arrival_order) result = static_cast<float>(atomicAdd(ticket, 1u));
  if (fault == Fault::unwritten_buffer && i == 3) result = reversed[i];
  if (fault == Fault::two_blocks_one_address && thread == 0) {
    reversed[0] = result;
    return;
  }
  reversed[fault == Fault::out_of_bounds ? i + 1 : i] = result;
}

}  // namespace

void launch_add(const float* a, const float* b, float* sum, std::uint32_t count, const Stream& stream) {
  device::launch(add_kernel, parts(count), block_threads, 0, stream, a, b, sum, count);
}

void launch_two_level_sum(const float* value, float* part, float* total, std::uint32_t count,
                          const Stream& stream) {
  device::launch(block_sum_kernel, parts(count), block_threads, block_threads * sizeof(float), stream, value, part,
                 count);
  device::launch(add_parts_kernel, 1, 1, 0, stream, part, parts(count), total);
}

void launch_warp_sum(const float* value, float* sum, std::uint32_t count, const Stream& stream) {
  device::launch(warp_sum_kernel, parts(count), block_threads, 0, stream, value, sum, count);
}

void launch_warp_sum_in_memory(const float* value, float* sum, std::uint32_t count, bool sync,
                               const Stream& stream) {
  device::launch(warp_sum_in_memory_kernel, parts(count), block_threads, block_threads * sizeof(float), stream,
                 value, sum, count, sync);
}

void launch_gather(const float* table, const std::uint32_t* row, float* to, std::uint32_t count, std::uint32_t dim,
                   const Stream& stream) {
  device::launch(gather_kernel, parts(count * dim / 4), block_threads, 0, stream, table, row, to, count, dim);
}

void launch_ballot(const float* value, std::uint32_t* bits, std::uint32_t count, const Stream& stream) {
  device::launch(ballot_kernel, parts(count), block_threads, 0, stream, value, bits, count);
}

void launch_histogram(const std::uint32_t* value, std::uint32_t* histogram, std::uint32_t bins,
                      std::uint32_t count, const Stream& stream) {
  device::launch(histogram_kernel, parts(count), block_threads, 0, stream, value, histogram, bins, count);
}

void launch_reverse(const float* value, float* reversed, std::uint32_t* ticket, std::uint32_t count, Fault fault,
                    const Stream& stream) {
  device::launch(reverse_kernel, parts(count), block_threads, block_threads * sizeof(float), stream, value,
                 reversed, ticket, count, fault);
}

}  // namespace anirec::samples
