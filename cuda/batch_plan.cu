#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

std::uint32_t blocks_for(std::uint64_t threads) {
  return static_cast<std::uint32_t>((threads + block_threads - 1) / block_threads);
}

__global__ void keys_kernel(FedView fed, std::uint32_t size, std::uint32_t batch, int row_bits, bool of_users,
                            std::uint64_t* key, std::uint32_t* place) {
  const std::uint32_t i = blockIdx.x * block_threads + threadIdx.x;
  if (i >= size) return;
  const std::uint32_t row = of_users ? fed.sample[i].user : fed.sample[i].item;
  key[i] = static_cast<std::uint64_t>(i / batch) << row_bits | row;
  place[i] = i;
}

__global__ void heads_kernel(const std::uint64_t* key, std::uint32_t size, std::uint32_t* head) {
  const std::uint32_t i = blockIdx.x * block_threads + threadIdx.x;
  if (i > size) return;
  // One behind the last: its number is the number of runs.
  head[i] = i < size && (i == 0 || key[i] != key[i - 1]) ? 1 : 0;
}

// number[i]: runs that begin before position i. A position that begins one gives it its row and its beginning.
__global__ void runs_kernel(const std::uint64_t* key, std::uint32_t size, int row_bits, const std::uint32_t* number,
                            PlanView plan) {
  const std::uint32_t i = blockIdx.x * block_threads + threadIdx.x;
  if (i > size) return;
  if (i == size) {
    plan.run_begin[number[size]] = size;
    return;
  }
  if (number[i + 1] == number[i]) return;
  plan.run_begin[number[i]] = i;
  plan.run_row[number[i]] = static_cast<std::uint32_t>(key[i] & ((std::uint64_t{1} << row_bits) - 1));
}

__global__ void tile_heads_kernel(std::uint32_t size, const std::uint32_t* number, PlanView plan,
                                  std::uint32_t* tile_head) {
  const std::uint32_t i = blockIdx.x * block_threads + threadIdx.x;
  if (i > size) return;
  tile_head[i] = 0;
  if (i == size) return;
  const std::uint32_t run = number[i + 1] - 1;
  tile_head[i] = (i - plan.run_begin[run]) % tile_samples == 0 ? 1 : 0;
}

// A thread a position. A list's order is that of chance: each entry is worked on by itself.
__global__ void tiles_kernel(StepScalars* steps, std::uint32_t size, std::uint32_t batch, int side,
                             const std::uint32_t* number, const std::uint32_t* tile_number, PlanView plan) {
  const std::uint32_t i = blockIdx.x * block_threads + threadIdx.x;
  if (i > size) return;
  if (i == size) {
    plan.tile_begin[tile_number[size]] = size;
    plan.run_tile[number[size]] = tile_number[size];
    return;
  }
  if (tile_number[i + 1] == tile_number[i]) return;
  const std::uint32_t run = number[i + 1] - 1;
  plan.tile_begin[tile_number[i]] = i;
  plan.tile_run[tile_number[i]] = run;
  const bool begins_run = number[i + 1] != number[i];
  if (begins_run) plan.run_tile[run] = tile_number[i];
  // The run goes on behind this tile, or began before it.
  const std::uint32_t next = i + tile_samples;
  const bool goes_on = next < size && number[next + 1] - 1 == run;
  if (begins_run && !goes_on) return;
  StepScalars& step = steps[i / batch];
  plan.long_tile[first_long_tile(step.first) + atomicAdd(&step.long_tiles[side], 1u)] = tile_number[i];
  if (begins_run) plan.long_run[first_long_run(step.first) + atomicAdd(&step.long_runs[side], 1u)] = run;
}

__global__ void ranges_kernel(StepScalars* steps, std::uint32_t batches, const std::uint32_t* number,
                              const std::uint32_t* tile_number, int side) {
  const std::uint32_t b = blockIdx.x * block_threads + threadIdx.x;
  if (b >= batches) return;
  StepScalars& step = steps[b];
  const std::uint32_t begin = step.first, end = step.first + step.size;
  // A batch's keys are together, so its positions are its places.
  step.run_begin[side] = number[begin];
  step.run_end[side] = number[end];
  step.tile_begin[side] = tile_number[begin];
  step.tile_end[side] = tile_number[end];
}

}  // namespace

void launch_plan_keys(const FedView& fed, std::uint32_t size, std::uint32_t batch, int row_bits, bool of_users,
                      std::uint64_t* key, std::uint32_t* place, const Stream& stream) {
  device::launch(keys_kernel, blocks_for(size), block_threads, 0, stream, fed, size, batch, row_bits, of_users, key, place);
}

void launch_run_heads(const std::uint64_t* key, std::uint32_t size, std::uint32_t* head, const Stream& stream) {
  device::launch(heads_kernel, blocks_for(std::uint64_t{size} + 1), block_threads, 0, stream, key, size, head);
}

void launch_runs(const std::uint64_t* key, std::uint32_t size, int row_bits, const std::uint32_t* number,
                 const PlanView& plan, std::uint32_t* tile_head, const Stream& stream) {
  const std::uint32_t blocks = blocks_for(std::uint64_t{size} + 1);
  device::launch(runs_kernel, blocks, block_threads, 0, stream, key, size, row_bits, number, plan);
  device::launch(tile_heads_kernel, blocks, block_threads, 0, stream, size, number, plan, tile_head);
}

void launch_tiles(StepScalars* steps, std::uint32_t size, std::uint32_t batch, int side, const std::uint32_t* number,
                  const std::uint32_t* tile_number, const PlanView& plan, const Stream& stream) {
  device::launch(tiles_kernel, blocks_for(std::uint64_t{size} + 1), block_threads, 0, stream, steps, size, batch, side,
                 number, tile_number, plan);
}

void launch_step_ranges(StepScalars* steps, std::uint32_t batches, const std::uint32_t* number,
                        const std::uint32_t* tile_number, int side, const Stream& stream) {
  device::launch(ranges_kernel, blocks_for(batches), block_threads, 0, stream, steps, batches, number, tile_number, side);
}

}  // namespace anirec::cuda
