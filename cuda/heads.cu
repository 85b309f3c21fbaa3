#include "head_access.cuh"
#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

// A warp a sample: reads its hidden row once, writes the error's once.
__global__ void heads_kernel(Heads h) {
  const StepScalars& step = current(h.slice.step);
  const std::uint32_t in_slice = row_of_group<32>(), i = h.slice.begin + in_slice;
  if (i >= step.size) return;
  const int lane = lane_of_group<32>();
  const std::uint32_t place = step.first + i;
  const float* const hidden = h.hidden + static_cast<std::size_t>(in_slice) * static_cast<std::size_t>(h.width);
  const Sample sample = h.fed.sample[place];
  float slope[most_heads] = {};
  for (int head = 0; head < h.heads.count; ++head) {
    const float* const weight = h.dense + h.heads.head[head].weight_at;
    float score = 0;
    for (int j = lane; j < h.width; j += 32) score += weight[j] * hidden[j];
    score = group_sum<32>(score) + h.dense[h.heads.head[head].bias_at];
    if (lane == 0) h.signal.score[static_cast<std::size_t>(head) * h.signal.window + place] = score;
    if (h.error == nullptr) continue;
    slope[head] = slope_of(h.heads, head, score, sample, step.inverse_size);
    if (lane == 0) h.signal.slope[static_cast<std::size_t>(head) * h.signal.batch + i] = slope[head];
  }
  if (h.error == nullptr) return;
  float* const error = h.error + static_cast<std::size_t>(in_slice) * static_cast<std::size_t>(h.width);
  for (int j = lane; j < h.width; j += 32) {
    float sum = slope[0] * h.dense[h.heads.head[0].weight_at + static_cast<std::uint32_t>(j)];
    if (h.heads.count > 1) sum += slope[1] * h.dense[h.heads.head[1].weight_at + static_cast<std::uint32_t>(j)];
    error[j] = hidden[j] > 0 ? sum : 0.0f;
  }
}

// Blocks (part, 32 columns): a warp takes every eighth sample, a lane a column, so that neighbours read neighbours;
// then the warps' sums in order.
__global__ void weight_sums_kernel(SliceView slice, const float* hidden, const float* slope, std::int32_t width,
                                   float* partials) {
  constexpr std::uint32_t warps = block_threads / 32;
  float* const sums = device::shared_memory<float>();  // [warps][32]
  const StepScalars& step = current(slice.step);
  const std::uint32_t warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const std::int32_t column = static_cast<std::int32_t>(blockIdx.y * 32 + lane);
  const std::uint32_t begin = slice.begin + blockIdx.x * sum_part_samples, end = min(step.size, begin + sum_part_samples);
  float sum = 0;
  if (column < width)
    for (std::uint32_t i = begin + warp; i < end; i += warps)
      sum += slope[i] * hidden[static_cast<std::size_t>(i - slice.begin) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column)];
  sums[threadIdx.x] = sum;
  __syncthreads();
  if (warp != 0 || column >= width) return;
  for (std::uint32_t w = 1; w < warps; ++w) sum += sums[w * 32 + lane];
  partials[static_cast<std::size_t>(begin / sum_part_samples) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column)] = sum;
}

// A warp a part.
__global__ void slope_sums_kernel(StepView view, const float* slope, float* partials) {
  const StepScalars& step = current(view);
  const std::uint32_t part = row_of_group<32>(), begin = part * sum_part_samples;
  if (begin >= step.size) return;
  float sum = 0;
  for (std::uint32_t i = begin + threadIdx.x % 32; i < min(step.size, begin + sum_part_samples); i += 32) sum += slope[i];
  sum = group_sum<32>(sum);
  if (threadIdx.x % 32 == 0) partials[part] = sum;
}

// Sum over a warp in double, as a butterfly.
__device__ inline double warp_sum(double value) {
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffffu, value, distance);
  return value;
}

// Blocks (part of a batch, batch), a thread a sample; figures as host/cpu/heads.cpp adds them.
__global__ void figures_kernel(const StepScalars* steps, FedView fed, HeadsView heads, SignalView signal, float l2,
                               FigureSums* parts) {
  double* const sums = device::shared_memory<double>();  // [warps][8]
  const StepScalars& step = steps[blockIdx.y];
  const std::uint32_t i = blockIdx.x * figure_part_samples + threadIdx.x;
  double of[8] = {};
  if (i < step.size) {
    const std::uint32_t place = step.first + i;
    const Sample sample = fed.sample[place];
    for (int h = 0; h < heads.count; ++h) {
      const HeadView& head = heads.head[h];
      const float score = signal.score[static_cast<std::size_t>(h) * signal.window + place];
      const LossAndSlope result = head_loss(head.loss, head.activation, score, target_of(head, sample), heads.bounds);
      of[0] += static_cast<double>(weight_of(heads, head, sample) * result.loss);
      if (head.target == Target::label) {
        const bool predicted = score > 0, positive = sample.label > 0.5f;
        of[3] = static_cast<double>(result.loss);
        of[4] = predicted && positive;
        of[5] = predicted && !positive;
        of[6] = !predicted && !positive;
        of[7] = !predicted && positive;
      } else {
        of[1] = static_cast<double>(result.loss);
        of[2] = sqrt(static_cast<double>(result.loss));
      }
    }
    if (signal.penalty != nullptr) of[0] += static_cast<double>(l2) * static_cast<double>(signal.penalty[place]);
  }
  const std::uint32_t warp = threadIdx.x / 32;
  for (int f = 0; f < 8; ++f) {
    const double sum = warp_sum(of[f]);
    if (threadIdx.x % 32 == 0) sums[warp * 8 + static_cast<std::uint32_t>(f)] = sum;
  }
  __syncthreads();
  if (threadIdx.x >= 8) return;
  double sum = 0;
  for (std::uint32_t w = 0; w < figure_part_samples / 32; ++w) sum += sums[w * 8 + threadIdx.x];
  parts[static_cast<std::size_t>(blockIdx.y) * gridDim.x + blockIdx.x].of[threadIdx.x] = sum;
}

}  // namespace

void launch_heads(const Heads& heads, std::uint32_t samples, const Stream& stream) {
  device::launch(heads_kernel, blocks_for_rows<32>(samples), block_threads, 0, stream, heads);
}

void launch_weight_sums(const SliceView& slice, const float* hidden, const float* slope, std::int32_t width,
                        float* partials, std::uint32_t samples, const Stream& stream) {
  const std::uint32_t parts = (samples + sum_part_samples - 1) / sum_part_samples;
  const std::uint32_t columns = (static_cast<std::uint32_t>(width) + 31) / 32;
  device::launch(weight_sums_kernel, {parts, columns}, block_threads, block_threads * sizeof(float), stream, slice, hidden,
                 slope, width, partials);
}

void launch_slope_sums(const StepView& step, const float* slope, float* partials, std::uint32_t batch,
                       const Stream& stream) {
  const std::uint32_t parts = (batch + sum_part_samples - 1) / sum_part_samples;
  device::launch(slope_sums_kernel, blocks_for_rows<32>(parts), block_threads, 0, stream, step, slope, partials);
}

void launch_figures(const StepScalars* steps, std::uint32_t batches, std::uint32_t batch, const FedView& fed,
                    const HeadsView& heads, const SignalView& signal, float l2, FigureSums* parts,
                    const Stream& stream) {
  const std::uint32_t parts_a_batch = (batch + figure_part_samples - 1) / figure_part_samples;
  constexpr std::size_t shared = figure_part_samples / 32 * sizeof(FigureSums);
  device::launch(figures_kernel, {parts_a_batch, batches}, figure_part_samples, shared, stream, steps, fed, heads, signal, l2, parts);
}

}  // namespace anirec::cuda
