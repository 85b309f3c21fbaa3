#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

constexpr float left_out = -3.402823466e38f;  // below every score that training can make

std::uint32_t blocks_for(std::uint64_t threads) {
  return static_cast<std::uint32_t>((threads + block_threads - 1) / block_threads);
}

template <int L, int K>
__global__ void dot_scores_kernel(DotScores d) {
  const std::uint32_t i = row_of_group<L>();
  if (i >= d.count) return;
  const Sample pair = d.pairs[i];
  const float user_bias = bias_of_row(d.users, pair.user), item_bias = bias_of_row(d.items, pair.item);
  const float inside = d.additive ? 0.0f : 1.0f;
  float dot = 0;
  for (int k = 0; k < K; ++k) {
    const int v = lane_of_group<L>() + k * L;
    if (v >= d.users.vectors) continue;
    const float4 x = add(part_of_row(d.users, pair.user, 0)[v], inside * user_bias);
    const float4 y = add(part_of_row(d.items, pair.item, 0)[v], inside * item_bias);
    dot += sum_of(keep(product(x, y), within(d.users.dim, v)));
  }
  dot = group_sum<L>(dot);
  const float beside = d.additive ? user_bias + item_bias : 0.0f;
  if (lane_of_group<L>() == 0) d.score[i] = dot + beside + d.bias[0];
}

__global__ void rows_to_matrix_kernel(TableView table, const std::uint32_t* row, std::uint32_t count, bool add_bias,
                                      float* matrix) {
  const std::uint64_t thread = static_cast<std::uint64_t>(blockIdx.x) * block_threads + threadIdx.x;
  const std::uint32_t i = static_cast<std::uint32_t>(thread / static_cast<std::uint64_t>(table.dim));
  const std::uint32_t d = static_cast<std::uint32_t>(thread % static_cast<std::uint64_t>(table.dim));
  if (i >= count) return;
  const std::uint32_t from = row == nullptr ? i : row[i];
  const float value = reinterpret_cast<const float*>(part_of_row(table, from, 0))[d];
  matrix[thread] = value + (add_bias ? bias_of_row(table, from) : 0.0f);
}

__global__ void add_biases_kernel(float* score, TableView users, const std::uint32_t* user, std::uint32_t user_count,
                                  TableView items, const float* bias, bool additive) {
  const std::uint32_t u = blockIdx.y, i = blockIdx.x * block_threads + threadIdx.x;
  if (u >= user_count || i >= items.count) return;
  const float beside = additive ? bias_of_row(users, user[u]) + bias_of_row(items, i) : 0.0f;
  score[static_cast<std::size_t>(u) * items.count + i] += beside + bias[0];
}

constexpr std::uint32_t users_a_read = 4;  // that share a read of the items' products

// Blocks (items, users / users_a_read), a thread an item; the users' products and the head's weights in shared memory.
__global__ void split_scores_kernel(const float* user_product, const float* item_product, const float* dense,
                                    std::uint32_t bias_at, std::uint32_t weight_at, std::uint32_t head_bias_at,
                                    std::int32_t width, std::uint32_t users, std::uint32_t items, float* score) {
  float* const product = device::shared_memory<float>();  // [users_a_read][H], then the weights [H]
  const std::uint32_t h = static_cast<std::uint32_t>(width), first = blockIdx.y * users_a_read;
  for (std::uint32_t k = threadIdx.x; k < (users_a_read + 1) * h; k += block_threads) {
    const std::uint32_t u = k / h, j = k % h;
    if (u == users_a_read)
      product[k] = dense[weight_at + j];
    else
      product[k] = first + u < users ? user_product[static_cast<std::size_t>(first + u) * h + j] + dense[bias_at + j] : 0.0f;
  }
  __syncthreads();
  const std::uint32_t i = blockIdx.x * block_threads + threadIdx.x;
  if (i >= items) return;
  float sum[users_a_read] = {};
  for (std::uint32_t j = 0; j < h; ++j) {
    const float q = item_product[static_cast<std::size_t>(j) * items + i], w = product[users_a_read * h + j];
    for (std::uint32_t u = 0; u < users_a_read; ++u) {
      const float z = product[u * h + j] + q;
      sum[u] = fmaf(w, z > 0 ? z : 0.0f, sum[u]);
    }
  }
  for (std::uint32_t u = 0; u < users_a_read && first + u < users; ++u)
    score[static_cast<std::size_t>(first + u) * items + i] = sum[u] + dense[head_bias_at];
}

__global__ void first_layer_kernel(const float* user_product, const float* item_product, const float* bias,
                                   std::int32_t width, std::uint32_t items, float* hidden) {
  const std::size_t k = static_cast<std::size_t>(blockIdx.x) * block_threads + threadIdx.x;
  if (k >= static_cast<std::size_t>(items) * static_cast<std::size_t>(width)) return;
  const std::size_t j = k % static_cast<std::size_t>(width);
  const float z = item_product[k] + user_product[j] + bias[j];
  hidden[k] = z > 0 ? z : 0.0f;
}

// A block a user.
__global__ void mask_seen_kernel(float* score, std::uint32_t items, const std::uint64_t* offsets,
                                 const std::uint32_t* seen) {
  float* const row = score + static_cast<std::size_t>(blockIdx.x) * items;
  for (std::uint64_t k = offsets[blockIdx.x] + threadIdx.x; k < offsets[blockIdx.x + 1]; k += block_threads)
    row[seen[k]] = left_out;
}

struct Candidate {
  float score;
  std::uint32_t item;
};

__device__ inline bool comes_before(const Candidate& a, const Candidate& b) {
  return a.score > b.score || (a.score == b.score && a.item < b.item);
}

// The first of all threads' candidates, for every thread. shared [warps].
__device__ inline Candidate first_of_block(Candidate own, Candidate* shared) {
  for (int distance = 16; distance > 0; distance /= 2) {
    const Candidate other = {__shfl_xor_sync(0xffffffffu, own.score, distance), __shfl_xor_sync(0xffffffffu, own.item, distance)};
    if (comes_before(other, own)) own = other;
  }
  __syncthreads();  // the last round's candidates have been read
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = own;
  __syncthreads();
  own = shared[0];
  for (std::uint32_t warp = 1; warp < block_threads / 32; ++warp)
    if (comes_before(shared[warp], own)) own = shared[warp];
  return own;
}

// A block a user: k rounds over its scores, which lie in L2.
__global__ void top_kernel(float* score, std::uint32_t items, std::uint32_t k, std::uint32_t* item, float* best) {
  Candidate* const shared = device::shared_memory<Candidate>();
  float* const row = score + static_cast<std::size_t>(blockIdx.x) * items;
  for (std::uint32_t place = 0; place < k; ++place) {
    Candidate own = {left_out, 0xFFFFFFFFu};
    for (std::uint32_t i = threadIdx.x; i < items; i += block_threads)
      if (row[i] > left_out && comes_before({row[i], i}, own)) own = {row[i], i};
    own = first_of_block(own, shared);
    if (threadIdx.x == 0) {
      const std::size_t at = static_cast<std::size_t>(blockIdx.x) * k + place;
      item[at] = own.item;
      best[at] = own.item == 0xFFFFFFFFu ? 0.0f : own.score;
    }
    // Each score is read and written by the one thread it belongs to.
    if (own.item != 0xFFFFFFFFu && own.item % block_threads == threadIdx.x) row[own.item] = left_out;
  }
}

// A block a user: the best relevant item, then how many come before it.
__global__ void first_ranks_kernel(const float* score, std::uint32_t items, const std::uint64_t* offsets,
                                   const std::uint32_t* relevant, std::uint32_t* rank) {
  Candidate* const shared = device::shared_memory<Candidate>();
  std::uint32_t* const counts = reinterpret_cast<std::uint32_t*>(shared + block_threads / 32);
  const float* const row = score + static_cast<std::size_t>(blockIdx.x) * items;
  Candidate own = {left_out, 0xFFFFFFFFu};
  for (std::uint64_t k = offsets[blockIdx.x] + threadIdx.x; k < offsets[blockIdx.x + 1]; k += block_threads) {
    const Candidate candidate = {row[relevant[k]], relevant[k]};
    if (candidate.score > left_out && comes_before(candidate, own)) own = candidate;
  }
  own = first_of_block(own, shared);
  std::uint32_t before = 0;
  for (std::uint32_t i = threadIdx.x; i < items; i += block_threads) before += comes_before({row[i], i}, own) ? 1 : 0;
  for (int distance = 16; distance > 0; distance /= 2) before += __shfl_xor_sync(0xffffffffu, before, distance);
  if (threadIdx.x % 32 == 0) counts[threadIdx.x / 32] = before;
  __syncthreads();
  if (threadIdx.x != 0) return;
  std::uint32_t all = 1;
  for (std::uint32_t warp = 0; warp < block_threads / 32; ++warp) all += counts[warp];
  rank[blockIdx.x] = own.item == 0xFFFFFFFFu ? 0 : all;
}

constexpr std::size_t candidates_bytes = block_threads / 32 * sizeof(Candidate);

// Of a block's shared memory.
std::size_t split_scores_bytes(std::int32_t width) {
  return (users_a_read + 1) * static_cast<std::size_t>(width) * sizeof(float);
}

}  // namespace

void launch_dot_scores(const DotScores& scores, const Stream& stream) {
  with_row_shape(scores.users.vectors, [&]<int L, int K>() {
    device::launch(dot_scores_kernel<L, K>, blocks_for_rows<L>(scores.count), block_threads, 0, stream, scores);
  });
}

void launch_rows_to_matrix(const TableView& table, const std::uint32_t* row, std::uint32_t count, bool add_bias,
                           float* matrix, const Stream& stream) {
  device::launch(rows_to_matrix_kernel, blocks_for(std::uint64_t{count} * static_cast<std::uint64_t>(table.dim)),
                 block_threads, 0, stream, table, row, count, add_bias, matrix);
}

void launch_add_biases(float* score, const TableView& users, const std::uint32_t* user, std::uint32_t user_count,
                       const TableView& items, const float* bias, bool additive, const Stream& stream) {
  device::launch(add_biases_kernel, {blocks_for(items.count), user_count}, block_threads, 0, stream, score, users, user,
                 user_count, items, bias, additive);
}

bool split_scores_fit(std::int32_t width) { return split_scores_bytes(width) <= 48 * 1024; }

void launch_split_scores(const float* user_product, const float* item_product, const float* dense,
                         std::uint32_t bias_at, std::uint32_t weight_at, std::uint32_t head_bias_at,
                         std::int32_t width, std::uint32_t users, std::uint32_t items, float* score,
                         const Stream& stream) {
  device::launch(split_scores_kernel, {blocks_for(items), (users + users_a_read - 1) / users_a_read}, block_threads,
                 split_scores_bytes(width), stream, user_product, item_product, dense, bias_at, weight_at, head_bias_at, width, users, items, score);
}

void launch_first_layer_of_user(const float* user_product, const float* item_product, const float* bias,
                                std::int32_t width, std::uint32_t items, float* hidden, const Stream& stream) {
  device::launch(first_layer_kernel, blocks_for(std::uint64_t{items} * static_cast<std::uint64_t>(width)), block_threads,
                 0, stream, user_product, item_product, bias, width, items, hidden);
}

void launch_mask_seen(float* score, std::uint32_t items, const std::uint64_t* offsets, const std::uint32_t* seen,
                      std::uint32_t users, const Stream& stream) {
  device::launch(mask_seen_kernel, users, block_threads, 0, stream, score, items, offsets, seen);
}

void launch_first_ranks(const float* score, std::uint32_t items, const std::uint64_t* offsets,
                        const std::uint32_t* relevant, std::uint32_t users, std::uint32_t* rank,
                        const Stream& stream) {
  device::launch(first_ranks_kernel, users, block_threads, candidates_bytes + block_threads / 32 * sizeof(std::uint32_t),
                 stream, score, items, offsets, relevant, rank);
}

void launch_top(float* score, std::uint32_t items, std::uint32_t users, std::uint32_t k, std::uint32_t* item,
                float* best, const Stream& stream) {
  device::launch(top_kernel, users, block_threads, candidates_bytes, stream, score, items, k, item, best);
}

}  // namespace anirec::cuda
