// How lanes share a row: L neighbouring lanes of a warp hold it, K float4 each, so that a row is read in 16-byte pieces
// that lie side by side. A warp has 32 / L rows in flight.
#pragma once

#include "device/kernel.h"
#include "views.h"

namespace anirec::cuda {

constexpr std::uint32_t block_threads = 256;

// Calls body.template operator()<L, K>() for rows of `vectors` float4; up to 512 elements.
template <class Body>
void with_row_shape(int vectors, Body&& body) {
  if (vectors <= 1) return body.template operator()<1, 1>();
  if (vectors <= 2) return body.template operator()<2, 1>();
  if (vectors <= 4) return body.template operator()<4, 1>();
  if (vectors <= 8) return body.template operator()<8, 1>();
  if (vectors <= 16) return body.template operator()<16, 1>();
  if (vectors <= 32) return body.template operator()<32, 1>();
  if (vectors <= 64) return body.template operator()<32, 2>();
  return body.template operator()<32, 4>();
}

constexpr int widest_row = 512;

// Blocks for `rows` rows.
template <int L>
std::uint32_t blocks_for_rows(std::uint64_t rows) {
  constexpr std::uint64_t rows_a_block = block_threads / L;
  return static_cast<std::uint32_t>((rows + rows_a_block - 1) / rows_a_block);
}

template <int L>
__device__ inline std::uint32_t row_of_group() {
  return blockIdx.x * (block_threads / L) + threadIdx.x / L;
}
template <int L>
__device__ inline int lane_of_group() {
  return static_cast<int>(threadIdx.x % L);
}
// The lanes of this group: those that shuffle together.
template <int L>
__device__ inline unsigned group_mask() {
  return (0xffffffffu >> (32 - L)) << (threadIdx.x % 32 / L * L);
}

// Sum over the group, as a butterfly: every lane has it, in an order that never changes.
template <int L>
__device__ inline float group_sum(float value) {
  for (int distance = L / 2; distance > 0; distance /= 2)
    value += __shfl_xor_sync(group_mask<L>(), value, distance);
  return value;
}

__device__ inline float4* part_of_row(const TableView& table, std::uint32_t row, int column) {
  const std::size_t at = (static_cast<std::size_t>(row) * static_cast<std::size_t>(table.columns) + static_cast<std::size_t>(column)) *
                         static_cast<std::size_t>(table.vectors);
  return reinterpret_cast<float4*>(table.rows) + at;
}
__device__ inline float* tail_of_row(const TableView& table, std::uint32_t row) {
  return table.tail + static_cast<std::size_t>(row) * 4;
}
__device__ inline float bias_of_row(const TableView& table, std::uint32_t row) {
  return table.has_bias ? tail_of_row(table, row)[0] : 0.0f;
}

// Which of elements 4·vector … are there, in the low four bits: those from D on are not.
__device__ inline unsigned within(int dim, int vector) {
  const int left = dim - 4 * vector;
  return left >= 4 ? 0xfu : left > 0 ? (1u << left) - 1u : 0u;
}
// Which of elements 4·vector … of a side are there and kept.
__device__ inline unsigned kept_of(const FedView& fed, std::uint32_t place, int side, int dim, int vector) {
  const unsigned valid = within(dim, vector);
  if (fed.kept == nullptr) return valid;
  const std::uint32_t* words = fed.kept + static_cast<std::size_t>(place) * static_cast<std::size_t>(fed.words);
  const int bit = side * dim + 4 * vector, word = bit / 32, shift = bit % 32;
  unsigned bits = words[word] >> shift;
  if (shift > 28 && word + 1 < fed.words) bits |= words[word + 1] << (32 - shift);
  return bits & valid;
}

// Elements 4·vector … of `dim` floats that do not begin at 16 bytes.
__device__ inline float4 load_elements(const float* from, int dim, int vector) {
  const int at = 4 * vector;
  return make_float4(at < dim ? from[at] : 0.0f, at + 1 < dim ? from[at + 1] : 0.0f, at + 2 < dim ? from[at + 2] : 0.0f,
                     at + 3 < dim ? from[at + 3] : 0.0f);
}
__device__ inline void store_elements(float* to, int dim, int vector, float4 value) {
  const int at = 4 * vector;
  if (at < dim) to[at] = value.x;
  if (at + 1 < dim) to[at + 1] = value.y;
  if (at + 2 < dim) to[at + 2] = value.z;
  if (at + 3 < dim) to[at + 3] = value.w;
}

__device__ inline float4 keep(float4 value, unsigned bits) {
  return make_float4(bits & 1u ? value.x : 0.0f, bits & 2u ? value.y : 0.0f, bits & 4u ? value.z : 0.0f,
                     bits & 8u ? value.w : 0.0f);
}
__device__ inline float4 add(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }
__device__ inline float4 add(float4 a, float b) { return make_float4(a.x + b, a.y + b, a.z + b, a.w + b); }
__device__ inline float4 scaled(float4 a, float by) { return make_float4(a.x * by, a.y * by, a.z * by, a.w * by); }
__device__ inline float4 product(float4 a, float4 b) { return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w); }
__device__ inline float sum_of(float4 a) { return (a.x + a.y) + (a.z + a.w); }
__device__ inline float squares_of(float4 a) { return sum_of(product(a, a)); }

__device__ inline const StepScalars& current(const StepView& view) { return view.steps[*view.cursor]; }

}  // namespace anirec::cuda
