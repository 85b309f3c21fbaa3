#include "head_access.cuh"
#include "row_optimizer.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

// A group of lanes a tile of a user's samples. The user's row is read once; each sample reads the item's, most of them
// from L2. A user with one tile is moved on the spot, a longer one leaves its tiles' sums for launch_update_rows. The
// row of before stays behind for the items' gradients.
template <int L, int K>
__global__ void dot_users_kernel(DotUsers u) {
  const StepScalars& step = current(u.step);
  const std::uint32_t in_batch = row_of_group<L>(), tile = step.tile_begin[0] + in_batch;
  if (tile >= step.tile_end[0]) return;
  const int lane = lane_of_group<L>();
  const PlanView& plan = u.side.plan;
  const TableView& users = u.side.table;
  const std::uint32_t run = plan.tile_run[tile], user = plan.run_row[run], slot = run - step.run_begin[0];
  const std::uint32_t begin = plan.tile_begin[tile], run_begin = plan.run_begin[run], run_end = plan.run_begin[run + 1];
  const bool whole = run_end - run_begin <= tile_samples;
  const float inside = u.additive ? 0.0f : 1.0f;

  const Row<K> row = row_after<L, K>(users, user, u.catch_up, step.step - 1);
  for (int k = 0; k < K; ++k) {
    const int v = lane + k * L;
    if (begin == run_begin && v < users.vectors)
      reinterpret_cast<float4*>(u.user_row)[static_cast<std::size_t>(slot) * static_cast<std::size_t>(users.vectors) + static_cast<std::size_t>(v)] = add(row.w[k], inside * row.bias);
  }

  RowGradient<K> gradient = {};
  for (std::uint32_t position = begin; position < min(begin + tile_samples, run_end); ++position) {
    const std::uint32_t place = plan.place[position], i = place - step.first;
    const Sample sample = u.fed.sample[place];
    const float item_bias = bias_of_row(u.items, sample.item);
    float4 y[K];
    float dot = 0, squares = 0;
    for (int k = 0; k < K; ++k) {
      const int v = lane + k * L;
      y[k] = make_float4(0, 0, 0, 0);
      if (v >= users.vectors) continue;
      y[k] = part_of_row(u.items, sample.item, 0)[v];
      squares += squares_of(row.w[k]) + squares_of(y[k]);
      const unsigned kept = kept_of(u.fed, place, 0, users.dim, v) & kept_of(u.fed, place, 1, users.dim, v);
      y[k] = keep(add(y[k], inside * item_bias), kept);
      dot += sum_of(product(add(row.w[k], inside * row.bias), y[k]));
    }
    dot = group_sum<L>(dot);
    if (u.signal.penalty != nullptr) squares = group_sum<L>(squares);
    const float beside = u.additive ? row.bias + item_bias : 0.0f;
    const float score = u.scale * dot + beside + u.dense[u.heads.head[0].bias_at];
    const float slope = slope_of(u.heads, 0, score, sample, step.inverse_size);
    gradient.slopes += slope;
    for (int k = 0; k < K; ++k) gradient.sum[k] = add(gradient.sum[k], scaled(y[k], slope));
    if (lane != 0) continue;
    u.signal.score[place] = score;
    if (u.signal.penalty != nullptr) u.signal.penalty[place] = squares;
    u.signal.slope[i] = slope;
    u.user_of[i] = slot;
  }
  gradient.samples = static_cast<float>(run_end - run_begin);
  if (whole) return update_row<L, K>(users, user, row, gradient, u.scale, !u.additive, step, u.catch_up);
  store_tile<L, K>(u.side, in_batch, gradient);
}

}  // namespace

void launch_dot_users(const DotUsers& users, std::uint32_t batch, const Stream& stream) {
  with_row_shape(users.side.table.vectors, [&]<int L, int K>() {
    device::launch(dot_users_kernel<L, K>, blocks_for_rows<L>(batch), block_threads, 0, stream, users);
  });
}

}  // namespace anirec::cuda
