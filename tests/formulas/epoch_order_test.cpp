#include "formulas/epoch_order.h"

#include <doctest/doctest.h>
#include <vector>

namespace anirec {
namespace {

// The samples of a pass, asked for position by position.
std::vector<std::uint32_t> visited(std::uint64_t seed, std::uint32_t pass, std::uint64_t samples, bool shuffle) {
  const PassOrder order = pass_order(seed, pass, samples, shuffle);
  std::vector<std::uint32_t> result(samples);
  std::uint32_t place = 0;
  ChunkOrder chunk = chunk_order(order, place);
  for (std::uint64_t position = 0; position < samples; ++position) {
    if (position == chunk.first_position + chunk.size) chunk = chunk_order(order, ++place);
    result[position] = sample_at(chunk, position);
  }
  return result;
}

std::uint64_t distinct_below(const std::vector<std::uint32_t>& samples) {
  std::vector<bool> hit(samples.size());
  std::uint64_t distinct = 0;
  for (const std::uint32_t sample : samples) {
    if (sample >= samples.size() || hit[sample]) continue;
    hit[sample] = true;
    ++distinct;
  }
  return distinct;
}

TEST_CASE("a pass visits every sample once") {
  for (const std::uint64_t samples :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{100}, order_chunk_size - 1, order_chunk_size,
        order_chunk_size + 1, 2 * order_chunk_size, 2 * order_chunk_size + 12345}) {
    for (const std::uint32_t pass : {0u, 1u, 2u}) {
      CAPTURE(samples);
      CAPTURE(pass);
      CHECK(distinct_below(visited(42, pass, samples, true)) == samples);
    }
  }
}

TEST_CASE("passes and seeds have different orders, the same pass has the same") {
  constexpr std::uint64_t samples = 5000;
  const auto base = visited(1, 0, samples, true);
  CHECK(base == visited(1, 0, samples, true));
  for (const auto& other : {visited(1, 1, samples, true), visited(2, 0, samples, true)}) {
    std::size_t equal = 0;
    for (std::size_t i = 0; i < samples; ++i) equal += base[i] == other[i] ? 1 : 0;
    CHECK(equal < 20);  // one on average
  }
}

TEST_CASE("chunks follow one another without a gap, whatever place the short one has") {
  constexpr std::uint64_t last_size = 77, samples = 6 * order_chunk_size + last_size;
  bool short_first = false, short_last = false, short_inside = false;
  for (std::uint32_t pass = 0; pass < 60; ++pass) {
    CAPTURE(pass);
    const PassOrder order = pass_order(9, pass, samples, true);
    REQUIRE(order.chunks == 7);
    std::uint64_t position = 0;
    std::vector<bool> hit(7);
    for (std::uint32_t place = 0; place < 7; ++place) {
      const ChunkOrder chunk = chunk_order(order, place);
      CHECK(chunk.first_position == position);
      CHECK(chunk.first_sample % order_chunk_size == 0);
      const std::uint64_t number = chunk.first_sample / order_chunk_size;
      REQUIRE(number < 7);
      hit[number] = true;
      CHECK(chunk.size == (number == 6 ? last_size : order_chunk_size));
      CHECK(chunk_place(order, position) == place);
      CHECK(chunk_place(order, position + chunk.size / 2) == place);
      CHECK(chunk_place(order, position + chunk.size - 1) == place);
      for (const std::uint64_t local : {std::uint64_t{0}, std::uint64_t{chunk.size} - 1}) {
        const std::uint32_t sample = sample_at(chunk, position + local);
        CHECK(sample >= chunk.first_sample);
        CHECK(sample < chunk.first_sample + chunk.size);
      }
      if (number == 6) (place == 0 ? short_first : place == 6 ? short_last : short_inside) = true;
      position += chunk.size;
    }
    CHECK(position == samples);
    CHECK(hit == std::vector<bool>(7, true));
  }
  CHECK(short_first);
  CHECK(short_last);
  CHECK(short_inside);
}

TEST_CASE("without shuffling a pass is the split order") {
  constexpr std::uint64_t samples = 2 * order_chunk_size + 5;
  const auto order = visited(42, 3, samples, false);
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < samples; ++i) wrong += order[i] == i ? 0 : 1;
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace anirec
