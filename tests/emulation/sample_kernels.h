// Kernels that are right, and kernels with a fault planted, to try the emulator on; also compiled by nvcc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/device.h"

namespace anirec::samples {

using device::Stream;

// sum[i] = a[i] + b[i], i < count.
void launch_add(const float* a, const float* b, float* sum, std::uint32_t count, const Stream& stream);

// part[block] = Σ of the 256 values of a block, by shared memory and barriers; then total = Σ part, in order.
void launch_two_level_sum(const float* value, float* part, float* total, std::uint32_t count,
                          const Stream& stream);
inline std::uint32_t parts(std::uint32_t count) { return (count + 255) / 256; }

// sum[warp] = Σ of 32 values, by shuffles; by shared memory and __syncwarp.
void launch_warp_sum(const float* value, float* sum, std::uint32_t count, const Stream& stream);
void launch_warp_sum_in_memory(const float* value, float* sum, std::uint32_t count, bool sync,
                               const Stream& stream);

// to [count, dim] = table[row[i], ·] by 16-byte loads; dim a multiple of 4.
void launch_gather(const float* table, const std::uint32_t* row, float* to, std::uint32_t count, std::uint32_t dim,
                   const Stream& stream);

// bits[warp]: which lanes' values are positive; histogram[value % bins] counts.
void launch_ballot(const float* value, std::uint32_t* bits, std::uint32_t count, const Stream& stream);
void launch_histogram(const std::uint32_t* value, std::uint32_t* histogram, std::uint32_t bins,
                      std::uint32_t count, const Stream& stream);

enum class Fault {
  none,
  missing_barrier,
  missing_barrier_on_reuse,
  out_of_bounds,
  out_of_bounds_of_shared,
  unwritten_shared,
  unwritten_buffer,
  arrival_order,
  divergent_barrier,
  different_barriers,
  barrier_after_return,
  missing_lane,
  mask_without_self,
  lane_out_of_mask,
  two_blocks_one_address,
};
// reversed: each group of 256 values back to front; with a fault, something else. `count` is a multiple of 256,
// `ticket` [1] is 0.
void launch_reverse(const float* value, float* reversed, std::uint32_t* ticket, std::uint32_t count, Fault fault,
                    const Stream& stream);

}  // namespace anirec::samples
