#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

__device__ inline CatchUpSums sums_after(const CatchUpView& view, std::uint32_t step) {
  const std::uint32_t block = step >> 16;
  return view.sums[view.block_begin[block] + (step & view.block_mask[block])];
}

// From just after step `last` (not 0) to just after step `now`.
__device__ inline CatchUp catch_up_between(const CatchUpView& view, std::uint32_t last, std::uint32_t now) {
  const std::uint32_t steps = now - last;
  CatchUpSums power = {};
  if (steps < catch_up_horizon) power = view.rho[steps];
  return catch_up_scalars(sums_after(view, last), sums_after(view, now), power);
}

__device__ inline float decay1(const CatchUpView& view, std::uint32_t steps) {
  return steps < catch_up_horizon ? view.beta1[steps] : 0.0f;
}
__device__ inline float decay2(const CatchUpView& view, std::uint32_t steps) {
  const std::uint32_t high = steps / static_cast<std::uint32_t>(catch_up_horizon);
  return high < 128 ? static_cast<float>(view.beta2_low[steps % catch_up_horizon] * view.beta2_high[high]) : 0.0f;
}

__device__ inline float4 brought(float4 w, float4 m, float4 v, const CatchUp& by) {
  return make_float4(catch_up(w.x, m.x, v.x, by), catch_up(w.y, m.y, v.y, by), catch_up(w.z, m.z, v.z, by),
                     catch_up(w.w, m.w, v.w, by));
}

// A group of lanes a run: reads w, m, v, writes w.
template <int L, int K>
__global__ void catch_up_kernel(StepView view, TableView table, PlanView plan, int side, CatchUpView catch_up_view) {
  const StepScalars& step = current(view);
  const std::uint32_t run = step.run_begin[side] + row_of_group<L>();
  if (run >= step.run_end[side]) return;
  const std::uint32_t row = plan.run_row[run], last = table.last_step[row];
  if (last == 0 || last + 1 == step.step) return;
  const CatchUp by = catch_up_between(catch_up_view, last, step.step - 1);
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    if (v >= table.vectors) continue;
    float4* const w = part_of_row(table, row, 0);
    w[v] = brought(w[v], part_of_row(table, row, 1)[v], part_of_row(table, row, 2)[v], by);
  }
  if (table.has_bias && lane_of_group<L>() == 0) {
    float* const tail = tail_of_row(table, row);
    tail[0] = catch_up(tail[0], tail[1], tail[2], by);
  }
}

// A group of lanes a tile: one row of the other side (mf) or of dX a sample, from L2 for all but the first.
template <int L, int K>
__global__ void tile_sums_kernel(TileSums t) {
  const StepScalars& step = current(t.step);
  const std::uint32_t in_batch = row_of_group<L>(), tile = step.tile_begin[t.side] + in_batch;
  if (tile >= step.tile_end[t.side]) return;
  const int lane = lane_of_group<L>();
  const std::uint32_t begin = t.plan.tile_begin[tile];
  const std::uint32_t run_end = t.plan.run_begin[t.plan.tile_run[tile] + 1];
  const std::uint32_t end = min(begin + tile_samples, run_end);
  const bool dot = t.input_error == nullptr;
  float4 sum[K];
  for (int k = 0; k < K; ++k) sum[k] = make_float4(0, 0, 0, 0);
  float slopes = 0;
  for (std::uint32_t position = begin; position < end; ++position) {
    const std::uint32_t place = t.plan.place[position], i = place - step.first;
    if (dot) {
      const std::uint32_t other = t.side == 0 ? t.fed.sample[place].item : t.fed.sample[place].user;
      const float slope = t.slope[i], bias = t.additive ? 0.0f : bias_of_row(t.other, other);
      slopes += slope;
      for (int k = 0; k < K; ++k) {
        const int v = lane + k * L;
        if (v >= t.vectors) continue;
        const unsigned kept = kept_of(t.fed, place, 0, t.dim, v) & kept_of(t.fed, place, 1, t.dim, v);
        sum[k] = add(sum[k], keep(scaled(add(part_of_row(t.other, other, 0)[v], bias), slope), kept));
      }
    } else {
      const float* const from = t.input_error + (static_cast<std::size_t>(i) * 2 + static_cast<std::size_t>(t.side)) * static_cast<std::size_t>(t.dim);
      for (int k = 0; k < K; ++k) {
        const int v = lane + k * L;
        if (v >= t.vectors) continue;
        const float4 value = t.dim % 4 == 0 ? reinterpret_cast<const float4*>(from)[v] : load_elements(from, t.dim, v);
        sum[k] = add(sum[k], keep(value, kept_of(t.fed, place, t.side, t.dim, v)));
      }
    }
  }
  for (int k = 0; k < K; ++k) {
    const int v = lane + k * L;
    if (v < t.vectors) reinterpret_cast<float4*>(t.partials)[static_cast<std::size_t>(in_batch) * static_cast<std::size_t>(t.vectors) + static_cast<std::size_t>(v)] = sum[k];
  }
  if (lane == 0) t.bias_partials[in_batch] = slopes;
}

__device__ inline void adam4(float4& w, float4& m, float4& v, float4 g, const AdamStep& step) {
  adam_update(w.x, m.x, v.x, g.x, step);
  adam_update(w.y, m.y, v.y, g.y, step);
  adam_update(w.z, m.z, v.z, g.z, step);
  adam_update(w.w, m.w, v.w, g.w, step);
}
__device__ inline void adagrad4(float4& w, float4& v, float4 g, float rate) {
  adagrad_update(w.x, v.x, g.x, rate);
  adagrad_update(w.y, v.y, g.y, rate);
  adagrad_update(w.z, v.z, g.z, rate);
  adagrad_update(w.w, v.w, g.w, rate);
}

// A group of lanes a run: its tiles' sums in order, then the optimizer, in registers: one read and one write of all
// that the row keeps.
template <int L, int K>
__global__ void update_rows_kernel(UpdateRows u) {
  const StepScalars& step = current(u.step);
  const TableView& table = u.table;
  const std::uint32_t run = step.run_begin[u.side] + row_of_group<L>();
  if (run >= step.run_end[u.side]) return;
  const int lane = lane_of_group<L>();
  const std::uint32_t row = u.plan.run_row[run];
  const std::uint32_t first_tile = u.plan.run_tile[run] - step.tile_begin[u.side];
  const std::uint32_t tile_end = u.plan.run_tile[run + 1] - step.tile_begin[u.side];
  const float samples = static_cast<float>(u.plan.run_begin[run + 1] - u.plan.run_begin[run]);

  float4 g[K], w[K];
  float total = 0, squares = 0, slopes = 0;
  for (int k = 0; k < K; ++k) {
    g[k] = w[k] = make_float4(0, 0, 0, 0);
    const int v = lane + k * L;
    if (v >= table.vectors) continue;
    for (std::uint32_t tile = first_tile; tile < tile_end; ++tile)
      g[k] = add(g[k], reinterpret_cast<const float4*>(u.partials)[static_cast<std::size_t>(tile) * static_cast<std::size_t>(table.vectors) + static_cast<std::size_t>(v)]);
    g[k] = scaled(g[k], u.scale);
    total += sum_of(g[k]);
    w[k] = part_of_row(table, row, 0)[v];
    g[k] = add(g[k], scaled(w[k], step.l2 * samples));
    squares += squares_of(g[k]);
  }
  if (table.has_bias && u.bias_inside) total = group_sum<L>(total);
  if (table.has_bias && !u.bias_inside)
    for (std::uint32_t tile = first_tile; tile < tile_end; ++tile) slopes += u.bias_partials[tile];
  const float bias_gradient = u.bias_inside ? total : slopes;

  float* const tail = table.tail == nullptr ? nullptr : tail_of_row(table, row);
  AdamStep adam = {static_cast<float>(adam_beta1), static_cast<float>(adam_beta2), step.adam_rate};
  float divisor = 1;
  if (table.optimizer == Optimizer::adam) {
    const std::uint32_t steps = step.step - table.last_step[row];
    adam.decay1 = decay1(u.catch_up, steps);
    adam.decay2 = decay2(u.catch_up, steps);
    __syncwarp(group_mask<L>());  // every lane has read the last step
    if (lane == 0) table.last_step[row] = step.step;
  } else if (table.optimizer == Optimizer::rowwise_adagrad) {
    squares = group_sum<L>(squares);
    const float second = tail[3] + squares / static_cast<float>(table.dim);
    divisor = sqrtf(second) + optimizer_epsilon;
    __syncwarp(group_mask<L>());  // every lane has read the old one
    if (lane == 0) tail[3] = second;
  }
  for (int k = 0; k < K; ++k) {
    const int v = lane + k * L;
    if (v >= table.vectors) continue;
    switch (table.optimizer) {
      case Optimizer::adam:
      case Optimizer::lazy_adam: {
        float4 *const m = part_of_row(table, row, 1) + v, *const second = part_of_row(table, row, 2) + v;
        float4 first_moment = *m, second_moment = *second;
        adam4(w[k], first_moment, second_moment, g[k], adam);
        *m = first_moment;
        *second = second_moment;
        break;
      }
      case Optimizer::adagrad: {
        float4* const second = part_of_row(table, row, 1) + v;
        float4 accumulator = *second;
        adagrad4(w[k], accumulator, g[k], step.rate);
        *second = accumulator;
        break;
      }
      case Optimizer::rowwise_adagrad:
        w[k] = make_float4(w[k].x - step.rate * g[k].x / divisor, w[k].y - step.rate * g[k].y / divisor,
                           w[k].z - step.rate * g[k].z / divisor, w[k].w - step.rate * g[k].w / divisor);
        break;
      case Optimizer::sgd: w[k] = add(w[k], scaled(g[k], -step.rate)); break;
    }
    part_of_row(table, row, 0)[v] = w[k];
  }
  if (!table.has_bias || lane != 0) return;
  switch (table.optimizer) {
    case Optimizer::adam:
    case Optimizer::lazy_adam: adam_update(tail[0], tail[1], tail[2], bias_gradient, adam); break;
    case Optimizer::adagrad:
    case Optimizer::rowwise_adagrad: adagrad_update(tail[0], tail[2], bias_gradient, step.rate); break;
    case Optimizer::sgd: sgd_update(tail[0], bias_gradient, step.rate); break;
  }
}

// A group of lanes a row of the whole table.
template <int L, int K>
__global__ void look_kernel(TableView table, CatchUpView catch_up_view, std::uint32_t now, TableView to) {
  const std::uint32_t row = row_of_group<L>();
  if (row > table.count) return;
  const bool there = row < table.count, waits = there && table.last_step != nullptr && table.last_step[row] != 0;
  CatchUp by = {0, optimizer_epsilon, 0};
  if (waits && table.last_step[row] != now) by = catch_up_between(catch_up_view, table.last_step[row], now);
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    if (v >= table.vectors) continue;
    float4 w = make_float4(0, 0, 0, 0);
    if (there) w = part_of_row(table, row, 0)[v];
    if (by.weight != 0) w = brought(w, part_of_row(table, row, 1)[v], part_of_row(table, row, 2)[v], by);
    part_of_row(to, row, 0)[v] = w;
  }
  if (!table.has_bias || lane_of_group<L>() != 0) return;
  float bias = 0;
  if (there) bias = tail_of_row(table, row)[0];
  if (by.weight != 0) bias = catch_up(bias, tail_of_row(table, row)[1], tail_of_row(table, row)[2], by);
  tail_of_row(to, row)[0] = bias;
}

}  // namespace

void launch_catch_up(const StepView& step, const TableView& table, const PlanView& plan, int side,
                     const CatchUpView& catch_up, std::uint32_t batch, const Stream& stream) {
  with_row_shape(table.vectors, [&]<int L, int K>() {
    device::launch(catch_up_kernel<L, K>, blocks_for_rows<L>(min(batch, table.count)), block_threads, 0, stream, step,
                   table, plan, side, catch_up);
  });
}

void launch_tile_sums(const TileSums& sums, std::uint32_t batch, const Stream& stream) {
  with_row_shape(sums.vectors, [&]<int L, int K>() {
    device::launch(tile_sums_kernel<L, K>, blocks_for_rows<L>(batch), block_threads, 0, stream, sums);
  });
}

void launch_update_rows(const UpdateRows& update, std::uint32_t batch, const Stream& stream) {
  with_row_shape(update.table.vectors, [&]<int L, int K>() {
    device::launch(update_rows_kernel<L, K>, blocks_for_rows<L>(min(batch, update.table.count)), block_threads, 0,
                   stream, update);
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
