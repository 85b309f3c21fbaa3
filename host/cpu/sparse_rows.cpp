#include "cpu/sparse_rows.h"

#include <algorithm>
#include <bit>

#include "cpu/vector.h"

namespace anirec {
namespace {

constexpr int word_bits = 64;

std::size_t words_for(std::size_t bits) { return (bits + word_bits - 1) / word_bits; }

typedef std::uint32_t Words16 __attribute__((vector_size(64)));
typedef std::uint32_t Words8 __attribute__((vector_size(32)));
typedef std::uint32_t Words4 __attribute__((vector_size(16)));

// All ones where a lane is neither 0 nor −0, by arithmetic: a comparison of such vectors GCC makes a lane at a
// time where the machine's are shorter.
ANIREC_INLINE void set_where_nonzero(Words16& set, const float* values) {
  constexpr std::uint32_t all_but_sign = 0x7FFFFFFF;
  std::memcpy(&set, values, sizeof set);
  set = 0 - (((set & all_but_sign) + all_but_sign) >> 31);
}

// Bits of the lanes of two vectors, or of one, that are not zero.
ANIREC_INLINE std::uint32_t nonzero_lanes(const float* values, bool both) {
  const Words16 lane_bit = {1u << 0, 1u << 1, 1u << 2,  1u << 3,  1u << 4,  1u << 5,  1u << 6,  1u << 7,
                            1u << 8, 1u << 9, 1u << 10, 1u << 11, 1u << 12, 1u << 13, 1u << 14, 1u << 15};
  Words16 low, high = {};
  set_where_nonzero(low, values);
  if (both) set_where_nonzero(high, values + lanes);
  const Words16 set = (low & lane_bit) | ((high & lane_bit) << 16);
  Words8 eight, upper_eight;
  take_half(eight, set, false);
  take_half(upper_eight, set, true);
  eight |= upper_eight;
  Words4 four, upper_four;
  take_half(four, eight, false);
  take_half(upper_four, eight, true);
  four |= upper_four;
  return (four[0] | four[2]) | (four[1] | four[3]);
}

ANIREC_CLONES void find_nonzeros(const float* values, std::uint32_t rows, int width, std::uint64_t* bits) {
  for (std::uint32_t r = 0; r < rows; ++r, values += width)
    for (int first = 0; first < width; first += word_bits, ++bits) {
      *bits = nonzero_lanes(values + first, first + lanes < width);
      if (first + 2 * lanes < width)
        *bits |= std::uint64_t{nonzero_lanes(values + first + 2 * lanes, first + 3 * lanes < width)} << 32;
    }
}

// A 64 × 64 block turned in place, by swapping ever smaller quarters (Warren, Hacker's Delight, 7-3).
void turn_block(std::uint64_t* block) {
  std::uint64_t mask = 0x00000000FFFFFFFFu;
  for (unsigned j = 32; j != 0; j /= 2, mask ^= mask << j)
    for (unsigned k = 0; k < word_bits; k = (k + j + 1) & ~j) {
      const std::uint64_t swapped = ((block[k] >> j) ^ block[k + j]) & mask;
      block[k] ^= swapped << j;
      block[k + j] ^= swapped;
    }
}

// Vectors [0, N) of Σ coefficient[c · step] · matrix[c, ·] over the set bits c of a word.
template <int N>
ANIREC_INLINE void add_rows_of_word(std::uint64_t bits, const float* coefficient, std::size_t step,
                                    const float* matrix, std::size_t stride, Vec* sum) {
  for (; bits != 0; bits &= bits - 1) {
    const std::size_t c = static_cast<std::size_t>(std::countr_zero(bits));
    const float factor = coefficient[c * step];
    const float* const row = matrix + c * stride;
    for (int n = 0; n < N; ++n) {
      Vec value;
      load(value, row + n * lanes);
      sum[n] += factor * value;
    }
  }
}

template <int N>
ANIREC_INLINE void multiply_columns(const float* a, const std::uint64_t* bits, std::size_t words,
                                    std::uint32_t rows, std::size_t depth, const float* b, std::size_t width,
                                    float* out) {
  for (std::uint32_t r = 0; r < rows; ++r, a += depth, bits += words, out += width) {
    Vec sum[N] = {};
    for (std::size_t w = 0; w < words; ++w)
      add_rows_of_word<N>(bits[w], a + w * word_bits, 1, b + w * word_bits * width, width, sum);
    for (int n = 0; n < N; ++n) store(out + n * lanes, sum[n]);
  }
}

template <int N>
ANIREC_INLINE void add_transposed_columns(const float* a, const std::uint64_t* bits, std::size_t words,
                                          std::size_t depth, const float* c, std::size_t width, float* out) {
  // A word's rows of c stay in the nearest cache for all of a's columns.
  for (std::size_t w = 0; w < words; ++w, a += word_bits * depth, c += word_bits * width)
    for (std::size_t k = 0; k < depth; ++k) {
      const std::uint64_t word = bits[k * words + w];
      if (word == 0) continue;
      float* const to = out + k * width;
      Vec sum[N];
      for (int n = 0; n < N; ++n) load(sum[n], to + n * lanes);
      add_rows_of_word<N>(word, a + k, depth, c, width, sum);
      for (int n = 0; n < N; ++n) store(to + n * lanes, sum[n]);
    }
}

// Vectors of the product's columns that are summed at a time: as many as AVX2 has registers for.
constexpr int block_vectors = 4, block_columns = block_vectors * lanes;

ANIREC_CLONES void multiply_all(const float* a, const std::uint64_t* bits, std::size_t words, std::uint32_t rows,
                                std::size_t depth, const float* b, std::size_t width, float* out) {
  std::size_t first = 0;
  for (; first + block_columns <= width; first += block_columns)
    multiply_columns<block_vectors>(a, bits, words, rows, depth, b + first, width, out + first);
  for (; first < width; first += lanes)
    multiply_columns<1>(a, bits, words, rows, depth, b + first, width, out + first);
}

ANIREC_CLONES void add_transposed_all(const float* a, const std::uint64_t* bits, std::size_t words,
                                      std::size_t depth, const float* c, std::size_t width, float* out) {
  std::size_t first = 0;
  for (; first + block_columns <= width; first += block_columns)
    add_transposed_columns<block_vectors>(a, bits, words, depth, c + first, width, out + first);
  for (; first < width; first += lanes)
    add_transposed_columns<1>(a, bits, words, depth, c + first, width, out + first);
}

// Swaps what lies off the diagonal of pairs of squares of S × S: log2(16) rounds turn sixteen vectors.
template <int S>
ANIREC_INLINE void swap_squares(Vec* rows) {
  VecInt low, high;  // of a pair's sixteen and sixteen lanes, which go to the first and to the second vector
  for (int lane = 0; lane < lanes; ++lane) {
    low[lane] = (lane & S) != 0 ? lane - S + lanes : lane;
    high[lane] = (lane & S) != 0 ? lane + lanes : lane + S;
  }
  for (int r = 0; r < lanes; ++r) {
    if ((r & S) != 0) continue;
    const Vec first = rows[r], second = rows[r + S];
    rows[r] = __builtin_shuffle(first, second, low);
    rows[r + S] = __builtin_shuffle(first, second, high);
  }
}

ANIREC_CLONES void transpose_all(const float* from, std::size_t rows, std::size_t columns, float* to) {
  for (std::size_t r = 0; r < rows; r += lanes)
    for (std::size_t c = 0; c < columns; c += lanes) {
      Vec block[lanes];
      for (std::size_t i = 0; i < lanes; ++i) load(block[i], from + (r + i) * columns + c);
      swap_squares<8>(block);
      swap_squares<4>(block);
      swap_squares<2>(block);
      swap_squares<1>(block);
      for (std::size_t i = 0; i < lanes; ++i) store(to + (c + i) * rows + r, block[i]);
    }
}

}  // namespace

NonZeros::NonZeros(std::uint32_t most_rows, int most_width)
    : bits_(std::size_t{most_rows} * words_for(static_cast<std::size_t>(most_width))),
      turned_(static_cast<std::size_t>(most_width) * words_for(most_rows)) {}

void NonZeros::find(const float* values, std::uint32_t rows, int width) {
  rows_ = rows;
  width_ = width;
  words_ = words_for(static_cast<std::size_t>(width));
  find_nonzeros(values, rows, width, bits_.data());
}

void NonZeros::turn() {
  turned_words_ = words_for(rows_);
  for (std::size_t down = 0; down < turned_words_; ++down)
    for (std::size_t across = 0; across < words_; ++across) {
      std::uint64_t block[word_bits] = {};
      const std::size_t rows = std::min<std::size_t>(word_bits, rows_ - down * word_bits);
      for (std::size_t r = 0; r < rows; ++r) block[r] = bits_[(down * word_bits + r) * words_ + across];
      turn_block(block);
      const std::size_t columns =
          std::min<std::size_t>(word_bits, static_cast<std::size_t>(width_) - across * word_bits);
      for (std::size_t c = 0; c < columns; ++c)
        turned_[(across * word_bits + c) * turned_words_ + down] = block[c];
    }
}

void multiply_sparse(const float* a, const NonZeros& nonzero, std::uint32_t rows, int depth, const float* b,
                     int width, float* out) {
  multiply_all(a, nonzero.of_row(0), nonzero.row_words(), rows, static_cast<std::size_t>(depth), b,
               static_cast<std::size_t>(width), out);
}

void add_transposed_sparse(const float* a, const NonZeros& nonzero, int depth, const float* c, int width,
                           float* out) {
  add_transposed_all(a, nonzero.of_column(0), nonzero.column_words(), static_cast<std::size_t>(depth), c,
                     static_cast<std::size_t>(width), out);
}

void transpose(const float* from, int rows, int columns, float* to) {
  transpose_all(from, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns), to);
}

}  // namespace anirec
