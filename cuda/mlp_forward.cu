#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

// Blocks (·, 0) take the user side, (·, 1) the item side; a group of lanes a sample. Writes D floats of the row: in
// 16-byte pieces where D is a multiple of 4.
template <int L, int K>
__global__ void gather_kernel(StepView view, TableView users, TableView items, FedView fed, float scale, float* inputs) {
  const StepScalars& step = current(view);
  const std::uint32_t i = row_of_group<L>();
  if (i >= step.size) return;
  const int side = static_cast<int>(blockIdx.y);
  TableView table = users;
  if (side == 1) table = items;
  const std::uint32_t place = step.first + i;
  const std::uint32_t row = side == 0 ? fed.sample[place].user : fed.sample[place].item;
  float* const to = inputs + (static_cast<std::size_t>(i) * 2 + static_cast<std::size_t>(side)) * static_cast<std::size_t>(table.dim);
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    if (v >= table.vectors) continue;
    const float4 value = scaled(keep(part_of_row(table, row, 0)[v], kept_of(fed, place, side, table.dim, v)), scale);
    if (table.dim % 4 == 0) {
      reinterpret_cast<float4*>(to)[v] = value;
      continue;
    }
    store_elements(to, table.dim, v, value);
  }
}

// Squared norms of both rows, a group of lanes a sample.
template <int L, int K>
__global__ void penalty_kernel(StepView view, TableView users, TableView items, FedView fed, float* penalty) {
  const StepScalars& step = current(view);
  const std::uint32_t i = row_of_group<L>();
  if (i >= step.size) return;
  const std::uint32_t place = step.first + i;
  const Sample sample = fed.sample[place];
  float squares = 0;
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    if (v < users.vectors)
      squares += squares_of(part_of_row(users, sample.user, 0)[v]) + squares_of(part_of_row(items, sample.item, 0)[v]);
  }
  squares = group_sum<L>(squares);
  if (lane_of_group<L>() == 0) penalty[place] = squares;
}

// A thread an element.
__global__ void relu_mask_kernel(StepView view, const float* hidden, std::int32_t width, float* error) {
  const std::size_t k = static_cast<std::size_t>(blockIdx.x) * block_threads + threadIdx.x;
  if (k >= static_cast<std::size_t>(current(view).size) * static_cast<std::size_t>(width)) return;
  if (!(hidden[k] > 0)) error[k] = 0;
}

// Blocks (part, group of columns), a thread a column: neighbouring threads read neighbouring columns.
__global__ void column_sums_kernel(StepView view, const float* values, const float* slope, std::int32_t width,
                                   float* partials) {
  const StepScalars& step = current(view);
  const std::int32_t column = static_cast<std::int32_t>(blockIdx.y * blockDim.x + threadIdx.x);
  if (column >= width) return;
  const std::uint32_t begin = blockIdx.x * column_part_samples;
  const std::uint32_t end = min(step.size, begin + column_part_samples);
  float sum = 0;
  for (std::uint32_t i = begin; i < end; ++i) {
    const float value = values == nullptr ? 1.0f : values[static_cast<std::size_t>(i) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column)];
    sum += slope == nullptr ? value : slope[i] * value;
  }
  partials[static_cast<std::size_t>(blockIdx.x) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column)] = sum;
}

}  // namespace

void launch_gather(const StepView& step, const TableView& users, const TableView& items, const FedView& fed,
                   float scale, float* inputs, float* penalty, std::uint32_t batch, const Stream& stream) {
  with_row_shape(users.vectors, [&]<int L, int K>() {
    const std::uint32_t blocks = blocks_for_rows<L>(batch);
    device::launch(gather_kernel<L, K>, {blocks, 2}, block_threads, 0, stream, step, users, items, fed, scale, inputs);
    if (penalty != nullptr)
      device::launch(penalty_kernel<L, K>, blocks, block_threads, 0, stream, step, users, items, fed, penalty);
  });
}

void launch_relu_mask(const StepView& step, const float* hidden, std::int32_t width, float* error,
                      std::uint32_t batch, const Stream& stream) {
  const std::uint64_t elements = std::uint64_t{batch} * static_cast<std::uint64_t>(width);
  device::launch(relu_mask_kernel, static_cast<std::uint32_t>((elements + block_threads - 1) / block_threads),
                 block_threads, 0, stream, step, hidden, width, error);
}

void launch_column_sums(const StepView& step, const float* values, const float* slope, std::int32_t width,
                        float* partials, std::uint32_t batch, const Stream& stream) {
  const std::uint32_t threads = width > 32 ? 64 : 32;
  const std::uint32_t parts = (batch + column_part_samples - 1) / column_part_samples;
  const std::uint32_t columns = (static_cast<std::uint32_t>(width) + threads - 1) / threads;
  device::launch(column_sums_kernel, {parts, columns}, threads, 0, stream, step, values, slope, width, partials);
}

}  // namespace anirec::cuda
