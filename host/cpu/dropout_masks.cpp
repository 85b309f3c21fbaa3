#include "cpu/dropout_masks.h"

#include <algorithm>
#include <cstring>

#include "cpu/vector.h"

namespace anirec {
namespace {

constexpr std::uint32_t group = 16;  // samples whose words are drawn together, a lane each

// kept_bits() of one block for a group of samples at once: the loop over lanes is what vectorises.
ANIREC_CLONES void draw_group(std::uint64_t seed, DropoutRate rate, const std::uint32_t* __restrict sample,
                              std::uint32_t step, std::uint32_t block, std::uint32_t* __restrict words) {
  for (std::uint32_t lane = 0; lane < group; ++lane) {
    const Words4 kept = kept_bits(seed, rate, sample[lane], step, block);
    for (std::uint32_t w = 0; w < 4; ++w) words[w * group + lane] = kept.word[w];
  }
}

}  // namespace

DropoutMasks::DropoutMasks(int dim, DropoutRate rate, std::uint64_t seed, std::uint32_t batch, bool zero_padded)
    : dim_(dim),
      words_(padded_width(dim) / lanes),
      rate_(rate),
      seed_(seed),
      masked_(rate.threshold > 0 || (dim % lanes != 0 && !zero_padded)) {
  if (masked_) bits_.resize(std::size_t{batch} * 2 * static_cast<std::size_t>(words_));
}

std::uint32_t DropoutMasks::fill_at_least(std::uint32_t step, const std::uint32_t* sample, std::uint32_t begin,
                                          std::uint32_t end, std::uint32_t last) {
  if (begin >= end) return begin;
  const std::uint32_t to = std::min(last, begin + (end - begin + group - 1) / group * group);
  fill(step, sample, begin, to);
  return to;
}

void DropoutMasks::fill(std::uint32_t step, const std::uint32_t* sample, std::uint32_t begin, std::uint32_t end) {
  if (!masked_) return;
  const std::uint32_t blocks = static_cast<std::uint32_t>(2 * dim_ + 127) / 128;
  // [block][word][lane], and one word behind so that a window of two words can always be read.
  std::vector<std::uint32_t> drawn((blocks * 4 + 1) * group, 0xFFFFFFFFu);
  for (std::uint32_t first = begin; first < end; first += group) {
    const std::uint32_t count = std::min(group, end - first);
    std::uint32_t padded_sample[group] = {};
    std::copy_n(sample + first, count, padded_sample);
    if (rate_.threshold > 0)
      for (std::uint32_t block = 0; block < blocks; ++block)
        draw_group(seed_, rate_, padded_sample, step, block, drawn.data() + block * 4 * group);
    // Where no word is shared by two sides, a sample's words are those that were drawn.
    if (dim_ % lanes == 0) {
      const std::uint32_t whole = static_cast<std::uint32_t>(words_);  // of 32 bits, both sides together
      for (std::uint32_t lane = 0; lane < count; ++lane)
        for (std::uint32_t w = 0; w < whole; ++w)
          std::memcpy(bits_.data() + 2 * (std::size_t{first + lane} * whole + w), &drawn[w * group + lane],
                      sizeof(std::uint32_t));
      continue;
    }
    for (std::uint32_t lane = 0; lane < count; ++lane)
      for (int side = 0; side < 2; ++side)
        for (int w = 0; w < words_; ++w) {
          const std::uint32_t bit = static_cast<std::uint32_t>(side * dim_ + w * lanes);
          const std::uint32_t at = bit / 32 * group + lane;
          const std::uint64_t two = drawn[at] | std::uint64_t{drawn[at + group]} << 32;
          const int left = dim_ - w * lanes;
          const std::uint32_t valid = left >= lanes ? 0xFFFFu : (1u << left) - 1;
          bits_[(std::size_t{first + lane} * 2 + static_cast<std::size_t>(side)) *
                    static_cast<std::size_t>(words_) +
                static_cast<std::size_t>(w)] = static_cast<std::uint16_t>(two >> (bit % 32) & valid);
        }
  }
}

}  // namespace anirec
