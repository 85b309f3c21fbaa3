#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

// Blocks (·, 0) take the user side, (·, 1) the item side; a group of lanes a sample. Writes D floats of the row: in
// 16-byte pieces where D is a multiple of 4.
template <int L, int K>
__global__ void gather_kernel(SliceView slice, TableView users, TableView items, FedView fed, float scale, float* inputs) {
  const StepScalars& step = current(slice.step);
  const std::uint32_t in_slice = row_of_group<L>(), i = slice.begin + in_slice;
  if (i >= step.size) return;
  const int side = static_cast<int>(blockIdx.y);
  TableView table = users;
  if (side == 1) table = items;
  const std::uint32_t place = step.first + i;
  const std::uint32_t row = side == 0 ? fed.sample[place].user : fed.sample[place].item;
  float* const to = inputs + (static_cast<std::size_t>(in_slice) * 2 + static_cast<std::size_t>(side)) * static_cast<std::size_t>(table.dim);
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
__global__ void penalty_kernel(SliceView slice, TableView users, TableView items, FedView fed, float* penalty) {
  const StepScalars& step = current(slice.step);
  const std::uint32_t i = slice.begin + row_of_group<L>();
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
__global__ void relu_mask_kernel(SliceView slice, const float* hidden, std::int32_t width, float* error) {
  const std::size_t k = static_cast<std::size_t>(blockIdx.x) * block_threads + threadIdx.x;
  if (k >= static_cast<std::size_t>(current(slice.step).size - slice.begin) * static_cast<std::size_t>(width)) return;
  if (!(hidden[k] > 0)) error[k] = 0;
}

}  // namespace

void launch_gather(const SliceView& slice, const TableView& users, const TableView& items, const FedView& fed,
                   float scale, float* inputs, float* penalty, std::uint32_t samples, const Stream& stream) {
  with_row_shape(users.vectors, [&]<int L, int K>() {
    const std::uint32_t blocks = blocks_for_rows<L>(samples);
    device::launch(gather_kernel<L, K>, {blocks, 2}, block_threads, 0, stream, slice, users, items, fed, scale, inputs);
    if (penalty != nullptr)
      device::launch(penalty_kernel<L, K>, blocks, block_threads, 0, stream, slice, users, items, fed, penalty);
  });
}

void launch_relu_mask(const SliceView& slice, const float* hidden, std::int32_t width, float* error,
                      std::uint32_t samples, const Stream& stream) {
  const std::uint64_t elements = std::uint64_t{samples} * static_cast<std::uint64_t>(width);
  device::launch(relu_mask_kernel, static_cast<std::uint32_t>((elements + block_threads - 1) / block_threads),
                 block_threads, 0, stream, slice, hidden, width, error);
}

}  // namespace anirec::cuda
