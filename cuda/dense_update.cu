#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

// A warp an element of a partial gradient: blocks (columns, which gradient).
__global__ void sum_partials_kernel(DenseUpdate d) {
  const PartialGradient partial = d.partials[blockIdx.y];
  const std::uint32_t k = row_of_group<32>();
  if (k >= partial.size) return;
  const std::uint32_t parts = (current(d.step).size + partial.parts_for - 1) / partial.parts_for;
  float sum = 0;
  for (std::uint32_t part = threadIdx.x % 32; part < parts; part += 32)
    sum += partial.partials[static_cast<std::size_t>(part) * partial.stride + k];
  sum = group_sum<32>(sum);
  if (threadIdx.x % 32 == 0) d.gradient[partial.begin + k] = sum;
}

// A thread an element.
__global__ void dense_update_kernel(DenseUpdate d) {
  const std::uint32_t k = blockIdx.x * block_threads + threadIdx.x;
  if (k >= d.size) return;
  const StepScalars& step = current(d.step);
  const float g = d.gradient[k];
  const AdamStep adam = {static_cast<float>(adam_beta1), static_cast<float>(adam_beta2), step.adam_rate};
  switch (d.optimizer) {
    case Optimizer::adam:
    case Optimizer::lazy_adam: adam_update(d.values[k], d.first[k], d.second[k], g, adam); break;
    case Optimizer::adagrad:
    case Optimizer::rowwise_adagrad: adagrad_update(d.values[k], d.second[k], g, step.rate); break;
    case Optimizer::sgd: sgd_update(d.values[k], g, step.rate); break;
  }
}

__global__ void tick_kernel(std::uint32_t* cursor) {
  if (threadIdx.x == 0) ++*cursor;
}

}  // namespace

void launch_dense_update(const DenseUpdate& update, const Stream& stream) {
  if (update.partial_count > 0)
    device::launch(sum_partials_kernel, {blocks_for_rows<32>(update.widest_partial), update.partial_count},
                   block_threads, 0, stream, update);
  device::launch(dense_update_kernel, blocks_for_rows<1>(update.size), block_threads, 0, stream, update);
}

void launch_tick(std::uint32_t* cursor, const Stream& stream) {
  device::launch(tick_kernel, 1, 32, 0, stream, cursor);
}

}  // namespace anirec::cuda
