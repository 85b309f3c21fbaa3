// The order of a pass: chunks of 2^20 positions of the split order, permuted among themselves and inside, so
// that a chunk is one contiguous copy where data is streamed. See docs/design.md, "Order".
#pragma once

#include <cstdint>

#include "formulas/host_device.h"
#include "formulas/permutation.h"

namespace anirec {

constexpr std::uint32_t order_chunk_bits = 20;
constexpr std::uint64_t order_chunk_size = std::uint64_t{1} << order_chunk_bits;

// Chunks are cut from the split order: chunk c holds split indices c·2^20 .. The permutation of the chunks puts
// the one short chunk anywhere, so positions behind it are shifted.
struct PassOrder {
  std::uint64_t seed;
  std::uint32_t pass;     // from 0
  std::uint64_t samples;  // in the train split
  std::uint32_t chunks;
  std::uint32_t short_chunk_at;  // place of the last (short) chunk among the visited
  PermutationKey chunk_key;
  bool shuffle;
};

// The keys of one visited chunk.
struct ChunkOrder {
  std::uint64_t first_position;  // in the pass
  std::uint64_t first_sample;    // in the split order
  std::uint32_t size;
  std::uint32_t bits;
  PermutationKey key;
  bool shuffle;
};

ANIREC_FORMULA std::uint32_t visited_chunk(const PassOrder& order, std::uint32_t place) {
  if (!order.shuffle) return place;
  return permuted_index(place, order.chunks, permutation_bits(order.chunks), order.chunk_key);
}

ANIREC_FORMULA PassOrder pass_order(std::uint64_t seed, std::uint32_t pass, std::uint64_t samples, bool shuffle) {
  PassOrder order;
  order.seed = seed;
  order.pass = pass;
  order.samples = samples;
  order.chunks = static_cast<std::uint32_t>((samples + order_chunk_size - 1) >> order_chunk_bits);
  order.shuffle = shuffle;
  order.chunk_key = permutation_key(seed, pass, 0xFFFFFFFFu, purpose_order);
  order.short_chunk_at = 0;
  while (visited_chunk(order, order.short_chunk_at) != order.chunks - 1) ++order.short_chunk_at;
  return order;
}

// The chunk that the pass visits at `place` (from 0).
ANIREC_FORMULA ChunkOrder chunk_order(const PassOrder& order, std::uint32_t place) {
  const std::uint32_t chunk = visited_chunk(order, place);
  const std::uint64_t last_size = order.samples - (std::uint64_t{order.chunks - 1} << order_chunk_bits);
  ChunkOrder result;
  result.first_position = std::uint64_t{place} << order_chunk_bits;
  if (place > order.short_chunk_at) result.first_position -= order_chunk_size - last_size;
  result.first_sample = std::uint64_t{chunk} << order_chunk_bits;
  result.size = static_cast<std::uint32_t>(chunk == order.chunks - 1 ? last_size : order_chunk_size);
  result.bits = permutation_bits(result.size);
  result.key = permutation_key(order.seed, order.pass, chunk, purpose_order);
  result.shuffle = order.shuffle;
  return result;
}

// Which place's chunk holds a position of the pass.
ANIREC_FORMULA std::uint32_t chunk_place(const PassOrder& order, std::uint64_t position) {
  const std::uint64_t last_size = order.samples - (std::uint64_t{order.chunks - 1} << order_chunk_bits);
  const std::uint64_t short_begin = std::uint64_t{order.short_chunk_at} << order_chunk_bits;
  if (position >= short_begin + last_size) position += order_chunk_size - last_size;
  return static_cast<std::uint32_t>(position >> order_chunk_bits);
}

// The sample (index in split order) at a position of the pass that lies in this chunk.
ANIREC_FORMULA std::uint32_t sample_at(const ChunkOrder& chunk, std::uint64_t position) {
  const std::uint32_t local = static_cast<std::uint32_t>(position - chunk.first_position);
  if (!chunk.shuffle) return static_cast<std::uint32_t>(chunk.first_sample) + local;
  return static_cast<std::uint32_t>(chunk.first_sample) + permuted_index(local, chunk.size, chunk.bits, chunk.key);
}

}  // namespace anirec
