#include "row_optimizer.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

__device__ inline RowSide side_of_block(const RowSides& sides) {
  RowSide side = sides.users;
  if (sides.first + static_cast<int>(blockIdx.y) == 1) side = sides.items;
  return side;
}

// A group of lanes a run: reads w, m, v, writes w.
template <int L, int K>
__global__ void catch_up_kernel(StepView view, RowSides sides, CatchUpView catch_up_view) {
  const StepScalars& step = current(view);
  const RowSide side = side_of_block(sides);
  const std::uint32_t run = step.run_begin[side.number] + row_of_group<L>();
  if (run >= step.run_end[side.number]) return;
  const std::uint32_t row = side.plan.run_row[run], last = side.table.last_step[row];
  if (last == 0 || last + 1 == step.step) return;
  const Row<K> brought = row_after<L, K>(side.table, row, catch_up_view, step.step - 1);
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    if (v < side.table.vectors) part_of_row(side.table, row, 0)[v] = brought.w[k];
  }
  if (!side.table.has_bias) return;
  __syncwarp(group_mask<L>());  // every lane has read the bias
  if (lane_of_group<L>() == 0) tail_of_row(side.table, row)[0] = brought.bias;
}

// Adds the gradients of positions [begin, end) to `to`, in order: mf's from the user's row of before, nn's and hybrid's
// from dX.
template <int L, int K>
__device__ inline void add_samples(const GradientSource& from, const RowSide& side, std::uint32_t first,
                                   std::uint32_t begin, std::uint32_t end, RowGradient<K>& to) {
  const std::int32_t dim = side.table.dim, vectors = side.table.vectors;
  for (std::uint32_t position = begin; position < end; ++position) {
    const std::uint32_t place = side.plan.place[position], i = place - first;
    float slope = 1;
    const float* row;
    if (from.input_error == nullptr) {
      slope = from.slope[i];
      row = from.user_row + static_cast<std::size_t>(from.user_of[i]) * static_cast<std::size_t>(4 * vectors);
    } else {
      row = from.input_error + (static_cast<std::size_t>(i) * 2 + static_cast<std::size_t>(side.number)) * static_cast<std::size_t>(dim);
    }
    const bool aligned = from.input_error == nullptr || dim % 4 == 0;
    to.slopes += slope;
    for (int k = 0; k < K; ++k) {
      const int v = lane_of_group<L>() + k * L;
      if (v >= vectors) continue;
      const float4 value = aligned ? reinterpret_cast<const float4*>(row)[v] : load_elements(row, dim, v);
      unsigned kept = kept_of(from.fed, place, side.number, dim, v);
      if (from.input_error == nullptr) kept &= kept_of(from.fed, place, 1 - side.number, dim, v);
      to.sum[k] = add(to.sum[k], keep(scaled(value, slope), kept));
    }
  }
}

// A group of lanes a tile of a run that has several.
template <int L, int K>
__global__ void tile_sums_kernel(StepView view, GradientSource from, RowSides sides) {
  const StepScalars& step = current(view);
  const RowSide side = side_of_block(sides);
  const std::uint32_t index = row_of_group<L>();
  if (index >= step.long_tiles[side.number]) return;
  const std::uint32_t tile = side.plan.long_tile[first_long_tile(step.first) + index];
  const std::uint32_t begin = side.plan.tile_begin[tile], run_end = side.plan.run_begin[side.plan.tile_run[tile] + 1];
  RowGradient<K> gradient = {};
  add_samples<L, K>(from, side, step.first, begin, min(begin + tile_samples, run_end), gradient);
  store_tile<L, K>(side, tile - step.tile_begin[side.number], gradient);
}

// A group of lanes a run: its gradients in order (those of a long run tile by tile), then the optimizer, in registers:
// one read and one write of all that the row keeps.
template <int L, int K>
__global__ void update_rows_kernel(StepView view, GradientSource from, RowSides sides, CatchUpView catch_up_view) {
  const StepScalars& step = current(view);
  const RowSide side = side_of_block(sides);
  const std::uint32_t index = row_of_group<L>();
  std::uint32_t run = step.run_begin[side.number] + index;
  if (side.only_long) {
    if (index >= step.long_runs[side.number]) return;
    run = side.plan.long_run[first_long_run(step.first) + index];
  } else if (run >= step.run_end[side.number]) {
    return;
  }
  const std::uint32_t row = side.plan.run_row[run], begin = side.plan.run_begin[run], end = side.plan.run_begin[run + 1];
  RowGradient<K> gradient = {};
  gradient.samples = static_cast<float>(end - begin);
  if (end - begin <= tile_samples) {
    add_samples<L, K>(from, side, step.first, begin, end, gradient);
  } else {
    const std::uint32_t first_tile = side.plan.run_tile[run], tile_end = side.plan.run_tile[run + 1];
    for (std::uint32_t tile = first_tile; tile < tile_end; ++tile)
      add_tile<L, K>(side, tile - step.tile_begin[side.number], gradient);
  }
  const Row<K> before = side.brought_forward ? row_in_memory<L, K>(side.table, row)
                                             : row_after<L, K>(side.table, row, catch_up_view, step.step - 1);
  update_row<L, K>(side.table, row, before, gradient, sides.scale, sides.bias_inside, step, catch_up_view);
}

// A group of lanes a row of the whole table.
template <int L, int K>
__global__ void look_kernel(TableView table, CatchUpView catch_up_view, std::uint32_t now, TableView to) {
  const std::uint32_t row = row_of_group<L>();
  if (row > table.count) return;
  Row<K> r = {};
  if (row < table.count) r = row_after<L, K>(table, row, catch_up_view, now);
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    if (v < table.vectors) part_of_row(to, row, 0)[v] = r.w[k];
  }
  if (table.has_bias && lane_of_group<L>() == 0) tail_of_row(to, row)[0] = r.bias;
}

// Groups for the longer of two lists.
template <int L>
device::Grid grid_of(const RowSides& sides, std::uint32_t users, std::uint32_t items) {
  return {blocks_for_rows<L>(sides.first == 1 ? items : std::max(users, items)), sides.first == 1 ? 1u : 2u};
}

}  // namespace

void launch_catch_up(const StepView& step, const RowSides& sides, const CatchUpView& catch_up, std::uint32_t batch,
                     const Stream& stream) {
  with_row_shape(sides.users.table.vectors, [&]<int L, int K>() {
    device::launch(catch_up_kernel<L, K>,
                   grid_of<L>(sides, std::min(batch, sides.users.table.count), std::min(batch, sides.items.table.count)),
                   block_threads, 0, stream, step, sides, catch_up);
  });
}

void launch_tile_sums(const StepView& step, const GradientSource& from, const RowSides& sides, std::uint32_t batch,
                      const Stream& stream) {
  with_row_shape(sides.users.table.vectors, [&]<int L, int K>() {
    device::launch(tile_sums_kernel<L, K>, grid_of<L>(sides, first_long_tile(batch), first_long_tile(batch)),
                   block_threads, 0, stream, step, from, sides);
  });
}

void launch_update_rows(const StepView& step, const GradientSource& from, const RowSides& sides,
                        const CatchUpView& catch_up, std::uint32_t batch, const Stream& stream) {
  const auto groups = [&](const RowSide& side) {
    return side.only_long ? first_long_run(batch) : std::min(batch, side.table.count);
  };
  with_row_shape(sides.users.table.vectors, [&]<int L, int K>() {
    device::launch(update_rows_kernel<L, K>, grid_of<L>(sides, groups(sides.users), groups(sides.items)), block_threads,
                   0, stream, step, from, sides, catch_up);
  });
}

void launch_look(const TableView& table, const CatchUpView& catch_up, std::uint32_t now, const TableView& to,
                 const Stream& stream) {
  with_row_shape(table.vectors, [&]<int L, int K>() {
    device::launch(look_kernel<L, K>, blocks_for_rows<L>(std::uint64_t{table.count} + 1), block_threads, 0, stream,
                   table, catch_up, now, to);
  });
}

}  // namespace anirec::cuda
