// What a group of lanes does to one row of a table that it holds in registers: bringing it forward to the step before
// (exact Adam), and the optimizer's update.
#pragma once

#include "row_access.cuh"

namespace anirec::cuda {

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

// A row's vectors of this lane, and its bias.
template <int K>
struct Row {
  float4 w[K];
  float bias;
};

// The row as it lies in memory.
template <int L, int K>
__device__ inline Row<K> row_in_memory(const TableView& table, std::uint32_t row) {
  Row<K> r;
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    r.w[k] = v < table.vectors ? part_of_row(table, row, 0)[v] : make_float4(0, 0, 0, 0);
  }
  r.bias = bias_of_row(table, row);
  return r;
}

// The row as it stands after step `now`.
template <int L, int K>
__device__ inline Row<K> row_after(const TableView& table, std::uint32_t row, const CatchUpView& catch_up_view,
                                   std::uint32_t now) {
  Row<K> r = row_in_memory<L, K>(table, row);
  const std::uint32_t last = table.last_step == nullptr ? 0 : table.last_step[row];
  if (last == 0 || last == now) return r;
  const CatchUp by = catch_up_between(catch_up_view, last, now);
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    if (v >= table.vectors) continue;
    const float4 m = part_of_row(table, row, 1)[v], second = part_of_row(table, row, 2)[v];
    r.w[k] = make_float4(catch_up(r.w[k].x, m.x, second.x, by), catch_up(r.w[k].y, m.y, second.y, by),
                         catch_up(r.w[k].z, m.z, second.z, by), catch_up(r.w[k].w, m.w, second.w, by));
  }
  if (table.has_bias) r.bias = catch_up(r.bias, tail_of_row(table, row)[1], tail_of_row(table, row)[2], by);
  return r;
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

// What a row's samples add up to.
template <int K>
struct RowGradient {
  float4 sum[K];   // before the scale of dropout
  float slopes;    // of a bias beside the product
  float samples;   // how many they are
};

// A tile's sums, in memory.
template <int L, int K>
__device__ inline void store_tile(const RowSide& side, std::uint32_t in_batch, const RowGradient<K>& gradient) {
  const std::size_t vectors = static_cast<std::size_t>(side.table.vectors);
  for (int k = 0; k < K; ++k) {
    const std::size_t v = static_cast<std::size_t>(lane_of_group<L>() + k * L);
    if (v < vectors) reinterpret_cast<float4*>(side.partials)[in_batch * vectors + v] = gradient.sum[k];
  }
  if (lane_of_group<L>() == 0) side.bias_partials[in_batch] = gradient.slopes;
}
template <int L, int K>
__device__ inline void add_tile(const RowSide& side, std::uint32_t in_batch, RowGradient<K>& to) {
  const std::size_t vectors = static_cast<std::size_t>(side.table.vectors);
  for (int k = 0; k < K; ++k) {
    const std::size_t v = static_cast<std::size_t>(lane_of_group<L>() + k * L);
    if (v < vectors) to.sum[k] = add(to.sum[k], reinterpret_cast<const float4*>(side.partials)[in_batch * vectors + v]);
  }
  to.slopes += side.bias_partials[in_batch];
}

// Moves row r: `scale` · sum and l2's part, through the optimizer. bias_inside: the bias's gradient is the sum of the
// row's. Each lane of the group comes here.
template <int L, int K>
__device__ inline void update_row(const TableView& table, std::uint32_t row, Row<K> r, RowGradient<K> g, float scale,
                                  bool bias_inside, const StepScalars& step, const CatchUpView& catch_up_view) {
  const int lane = lane_of_group<L>();
  float total = 0, squares = 0;
  for (int k = 0; k < K; ++k) {
    g.sum[k] = scaled(g.sum[k], scale);
    total += sum_of(g.sum[k]);
    g.sum[k] = add(g.sum[k], scaled(r.w[k], step.l2 * g.samples));
    squares += squares_of(g.sum[k]);
  }
  const float bias_gradient = bias_inside ? group_sum<L>(total) : g.slopes;

  float* const tail = table.tail == nullptr ? nullptr : tail_of_row(table, row);
  AdamStep adam = {static_cast<float>(adam_beta1), static_cast<float>(adam_beta2), step.adam_rate};
  float row_rate = step.rate;
  if (table.optimizer == Optimizer::adam) {
    const std::uint32_t steps = step.step - table.last_step[row];
    adam.decay1 = decay1(catch_up_view, steps);
    adam.decay2 = decay2(catch_up_view, steps);
    __syncwarp(group_mask<L>());  // every lane has read the last step
    if (lane == 0) table.last_step[row] = step.step;
  } else if (table.optimizer == Optimizer::rowwise_adagrad) {
    squares = group_sum<L>(squares);
    const float second = tail[3] + squares / static_cast<float>(table.dim);
    row_rate = step.rate / (sqrtf(second) + optimizer_epsilon);
    __syncwarp(group_mask<L>());  // every lane has read the old one
    if (lane == 0) tail[3] = second;
  }
  for (int k = 0; k < K; ++k) {
    const int v = lane + k * L;
    if (v >= table.vectors) continue;
    float4& w = r.w[k];
    const float4 gradient = g.sum[k];
    switch (table.optimizer) {
      case Optimizer::adam:
      case Optimizer::lazy_adam: {
        float4 *const m = part_of_row(table, row, 1) + v, *const second = part_of_row(table, row, 2) + v;
        float4 first_moment = *m, second_moment = *second;
        adam4(w, first_moment, second_moment, gradient, adam);
        *m = first_moment;
        *second = second_moment;
        break;
      }
      case Optimizer::adagrad: {
        float4* const second = part_of_row(table, row, 1) + v;
        float4 accumulator = *second;
        adagrad4(w, accumulator, gradient, step.rate);
        *second = accumulator;
        break;
      }
      case Optimizer::rowwise_adagrad:
      case Optimizer::sgd: w = add(w, scaled(gradient, -row_rate)); break;
    }
    part_of_row(table, row, 0)[v] = w;
  }
  if (!table.has_bias) return;
  __syncwarp(group_mask<L>());  // every lane has read the bias
  if (lane != 0) return;
  switch (table.optimizer) {
    case Optimizer::adam:
    case Optimizer::lazy_adam: adam_update(r.bias, tail[1], tail[2], bias_gradient, adam); break;
    case Optimizer::adagrad:
    case Optimizer::rowwise_adagrad: adagrad_update(r.bias, tail[2], bias_gradient, step.rate); break;
    case Optimizer::sgd: sgd_update(r.bias, bias_gradient, step.rate); break;
  }
  tail[0] = r.bias;
}

}  // namespace anirec::cuda
