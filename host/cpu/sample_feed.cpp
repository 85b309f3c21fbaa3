#include "cpu/sample_feed.h"

#include <algorithm>

#include "cpu/vector.h"

namespace anirec {
namespace {

// The samples at `count` positions of a chunk, from its `first` on, as sample_at() gives them: one step of all of
// a block's indices at a time, which vectorises, until none lies beyond the chunk's samples.
ANIREC_CLONES void samples_of_chunk(const ChunkOrder& chunk, std::uint32_t first, std::uint32_t count,
                                    std::uint32_t* __restrict to) {
  constexpr std::uint32_t block = 64;
  const ChunkOrder order = chunk;
  const std::uint32_t first_sample = static_cast<std::uint32_t>(order.first_sample);
  if (!order.shuffle) {
    for (std::uint32_t i = 0; i < count; ++i) to[i] = first_sample + first + i;
    return;
  }
  for (std::uint32_t begin = 0; begin < count; begin += block) {
    std::uint32_t index[block], beyond;
    const std::uint32_t in_block = std::min(block, count - begin);
    // Of places there are not the walk would not have to end: the last one stands in for them.
    for (std::uint32_t k = 0; k < block; ++k)
      index[k] = permutation_step(first + begin + std::min(k, in_block - 1), order.bits, order.key);
    do {
      beyond = 0;
      for (std::uint32_t k = 0; k < block; ++k) {
        const std::uint32_t next = permutation_step(index[k], order.bits, order.key);
        const bool walks_on = index[k] >= order.size;
        index[k] = walks_on ? next : index[k];
        beyond |= index[k] >= order.size;
      }
    } while (beyond != 0);
    for (std::uint32_t k = 0; k < in_block; ++k) to[begin + k] = first_sample + index[k];
  }
}

}  // namespace

void feed_samples(const Samples& samples, const PassOrder& order, std::uint64_t first_position_in_pass,
                  std::uint32_t count, FedSamples& to) {
  const Sample* rows = samples.rows.data() + samples.train.begin;
  const std::uint32_t first_index = static_cast<std::uint32_t>(samples.train.begin);
  for (std::uint32_t place = 0; place < count;) {
    const std::uint64_t position = first_position_in_pass + place;
    const ChunkOrder chunk = chunk_order(order, chunk_place(order, position));
    const std::uint32_t in_chunk = static_cast<std::uint32_t>(position - chunk.first_position);
    const std::uint32_t stop = place + std::min(chunk.size - in_chunk, count - place);
    // The order first, then the rows: the loads of many samples are then on their way at once.
    samples_of_chunk(chunk, in_chunk, stop - place, to.sample.data() + place);
    constexpr std::uint32_t ahead = 24;
    for (std::uint32_t i = place; i < stop; ++i) {
      if (i + ahead < stop) __builtin_prefetch(rows + to.sample[i + ahead]);
      const Sample& row = rows[to.sample[i]];
      to.user[i] = row.user;
      to.item[i] = row.item;
      to.rating[i] = row.rating;
      to.label[i] = row.label;
      to.sample[i] += first_index;
    }
    place = stop;
  }
}

void reorder_samples(const FedSamples& from, std::size_t first_from, const std::uint32_t* order,
                     std::uint32_t count, FedSamples& to, std::size_t first_to) {
  for (std::uint32_t k = 0; k < count; ++k) {
    const std::size_t source = first_from + order[k], place = first_to + k;
    to.user[place] = from.user[source];
    to.item[place] = from.item[source];
    to.sample[place] = from.sample[source];
    to.rating[place] = from.rating[source];
    to.label[place] = from.label[source];
  }
}

}  // namespace anirec
