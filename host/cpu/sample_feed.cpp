#include "cpu/sample_feed.h"

#include <algorithm>

namespace anirec {

void feed_samples(const Samples& samples, const PassOrder& order, std::uint64_t first_position_in_pass,
                  std::uint32_t begin, std::uint32_t end, FedSamples& to) {
  const Sample* rows = samples.rows.data() + samples.train.begin;
  const std::uint32_t first_index = static_cast<std::uint32_t>(samples.train.begin);
  for (std::uint32_t place = begin; place < end;) {
    const std::uint64_t position = first_position_in_pass + place;
    const ChunkOrder chunk = chunk_order(order, chunk_place(order, position));
    const std::uint64_t left = chunk.first_position + chunk.size - position;
    const std::uint32_t stop = place + static_cast<std::uint32_t>(std::min<std::uint64_t>(left, end - place));
    // The order first, then the rows: the loads of many samples are then on their way at once.
    for (std::uint32_t i = place; i < stop; ++i) to.sample[i] = sample_at(chunk, first_position_in_pass + i);
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

}  // namespace anirec
