#include "formulas/loss.h"
#include "head_access.cuh"
#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

// A block has dot_part_samples samples, a group of lanes one of them at a time. Per sample: both rows once, the masks,
// 4 bytes of slope and of score written.
template <int L, int K>
__global__ void dot_forward_kernel(DotForward f) {
  const StepScalars& step = current(f.step);
  float* const slopes = device::shared_memory<float>();  // [dot_part_samples]
  const int lane = lane_of_group<L>();
  const float inside = f.additive ? 0.0f : 1.0f;
  for (std::uint32_t s = threadIdx.x / L; s < dot_part_samples; s += block_threads / L) {
    const std::uint32_t i = blockIdx.x * dot_part_samples + s;
    if (i >= step.size) {
      if (lane == 0) slopes[s] = 0.0f;
      continue;
    }
    const std::uint32_t place = step.first + i;
    const Sample sample = f.fed.sample[place];
    const float x_bias = bias_of_row(f.users, sample.user), y_bias = bias_of_row(f.items, sample.item);
    float dot = 0, squares = 0;
    for (int k = 0; k < K; ++k) {
      const int v = lane + k * L;
      if (v >= f.users.vectors) continue;
      const float4 x = part_of_row(f.users, sample.user, 0)[v], y = part_of_row(f.items, sample.item, 0)[v];
      const unsigned kept = kept_of(f.fed, place, 0, f.users.dim, v) & kept_of(f.fed, place, 1, f.users.dim, v);
      dot += sum_of(keep(product(add(x, inside * x_bias), add(y, inside * y_bias)), kept));
      squares += squares_of(x) + squares_of(y);
    }
    dot = group_sum<L>(dot);
    if (f.signal.penalty != nullptr) squares = group_sum<L>(squares);
    if (lane != 0) continue;
    const float beside = f.additive ? x_bias + y_bias : 0.0f;
    const float score = f.scale * dot + beside + f.dense[f.heads.head[0].bias_at];
    f.signal.score[place] = score;
    if (f.signal.penalty != nullptr) f.signal.penalty[place] = squares;
    if (f.signal.slope == nullptr) continue;
    const float slope = slope_of(f.heads, 0, score, sample, step.inverse_size);
    f.signal.slope[i] = slope;
    slopes[s] = slope;
  }
  if (f.signal.slope == nullptr) return;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  const float sum = group_sum<32>(slopes[threadIdx.x] + slopes[threadIdx.x + 32]);
  if (threadIdx.x == 0) f.bias_partials[blockIdx.x] = sum;
}

}  // namespace

void launch_dot_forward(const DotForward& forward, std::uint32_t batch, const Stream& stream) {
  static_assert(dot_part_samples == 64);
  const std::uint32_t blocks = (batch + dot_part_samples - 1) / dot_part_samples;
  with_row_shape(forward.users.vectors, [&]<int L, int K>() {
    device::launch(dot_forward_kernel<L, K>, blocks, block_threads, dot_part_samples * sizeof(float), stream, forward);
  });
}

}  // namespace anirec::cuda
