#include "cpu/sparse_rows.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "cpu/vector.h"

namespace anirec {
namespace {

constexpr int word_bits = 64;

std::size_t words_for(std::size_t bits) { return (bits + word_bits - 1) / word_bits; }

// Bits of the elements that are neither 0 nor −0: of 32, or of 16.
ANIREC_INLINE std::uint32_t nonzero_lanes(const float* values, int count) {
  typedef std::int32_t Quarter __attribute__((vector_size(16)));
  const HalfInt lane_bit = {1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7};
  HalfInt set = {};
  for (int n = 0; n < count; n += half_lanes) {
    Half value;
    std::memcpy(&value, values + n, sizeof value);
    set |= ((value != 0) & lane_bit) << n;
  }
  Quarter four, upper_four;
  take_half(four, set, false);
  take_half(upper_four, set, true);
  four |= upper_four;
  return static_cast<std::uint32_t>((four[0] | four[2]) | (four[1] | four[3]));
}

ANIREC_CLONES void find_nonzeros(const float* values, std::uint32_t rows, int width, std::uint64_t* bits) {
  for (std::uint32_t r = 0; r < rows; ++r, values += width)
    for (int first = 0; first < width; first += word_bits, ++bits) {
      *bits = 0;
      for (int n = 0; n < word_bits && first + n < width; n += 2 * lanes) {
        const bool both = first + n + lanes < width;
        const std::uint32_t set =
            both ? nonzero_lanes(values + first + n, 2 * lanes) : nonzero_lanes(values + first + n, lanes);
        *bits |= std::uint64_t{set} << n;
      }
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

// One product: `a` [rows, depth] with the bits of its rows, or of its columns, and the other factor [·, width].
struct Product {
  const float* a;
  const std::uint64_t* bits;
  std::size_t words, rows, depth;
  const float* b;
  std::size_t width;
  float* out;
};

// Parts [0, N) of a row: sum += Σ coefficient[c · step] · matrix[c, ·] over the set bits c of a word.
template <class Part, int N>
ANIREC_INLINE void add_rows_of_word(std::uint64_t bits, const float* coefficient, std::size_t step,
                                    const float* matrix, std::size_t stride, Part* sum) {
  constexpr std::size_t width = sizeof(Part) / sizeof(float);
  for (; bits != 0; bits &= bits - 1) {
    const std::size_t c = static_cast<std::size_t>(std::countr_zero(bits));
    const float factor = coefficient[c * step];
    const float* const row = matrix + c * stride;
#pragma GCC unroll 8
    for (std::size_t n = 0; n < N; ++n) {
      Part value;
      std::memcpy(&value, row + n * width, sizeof value);
      sum[n] += factor * value;
    }
  }
}

template <class Part, int N>
ANIREC_INLINE void multiply_columns(const Product& product, std::size_t first) {
  const float *a = product.a, *const b = product.b + first;
  const std::uint64_t* bits = product.bits;
  float* out = product.out + first;
  for (std::size_t r = 0; r < product.rows; ++r, a += product.depth, bits += product.words, out += product.width) {
    Part sum[N] = {};
    for (std::size_t w = 0; w < product.words; ++w)
      add_rows_of_word<Part, N>(bits[w], a + w * word_bits, 1, b + w * word_bits * product.width, product.width,
                                sum);
#pragma GCC unroll 8
    for (std::size_t n = 0; n < N; ++n) std::memcpy(out + n * sizeof(Part) / sizeof(float), &sum[n], sizeof(Part));
  }
}

template <class Part, int N>
ANIREC_INLINE void add_transposed_columns(const Product& product, std::size_t first) {
  const float *a = product.a, *c = product.b + first;
  // A word's rows of c stay in the nearest cache for all of a's columns.
  for (std::size_t w = 0; w < product.words; ++w, a += word_bits * product.depth, c += word_bits * product.width)
    for (std::size_t k = 0; k < product.depth; ++k) {
      const std::uint64_t word = product.bits[k * product.words + w];
      if (word == 0) continue;
      float* const to = product.out + k * product.width + first;
      Part sum[N];
#pragma GCC unroll 8
      for (std::size_t n = 0; n < N; ++n)
        std::memcpy(&sum[n], to + n * sizeof(Part) / sizeof(float), sizeof(Part));
      add_rows_of_word<Part, N>(word, a + k, product.depth, c, product.width, sum);
#pragma GCC unroll 8
      for (std::size_t n = 0; n < N; ++n)
        std::memcpy(to + n * sizeof(Part) / sizeof(float), &sum[n], sizeof(Part));
    }
}

// Blocks of `Columns` columns from `first` on, while whole ones are left.
template <class Part, std::size_t Columns>
ANIREC_INLINE void run_columns(const Product& product, bool transposed, std::size_t& first) {
  constexpr int parts = Columns * sizeof(float) / sizeof(Part);
  for (; first + Columns <= product.width; first += Columns) {
    if (transposed)
      add_transposed_columns<Part, parts>(product, first);
    else
      multiply_columns<Part, parts>(product, first);
  }
}

template <class Part>
ANIREC_INLINE void run_blocks(const Product& product, bool transposed) {
  std::size_t first = 0;
  // Eight sums at a time hide how long an addition takes, and AVX2 has registers for no more.
  run_columns<Part, 8 * sizeof(Part) / sizeof(float)>(product, transposed, first);
  run_columns<Part, 64>(product, transposed, first);
  run_columns<Part, lanes>(product, transposed, first);
}

// What ANIREC_CLONES does, but for AVX-512 with vectors of its own width: here the instructions are what takes
// time.
// Clang has no versions of a function by these names.
#if defined(__x86_64__) && !defined(ANIREC_SINGLE_VERSION) && !defined(__clang__)
typedef float Whole __attribute__((vector_size(64)));
__attribute__((target("arch=x86-64-v4"))) void run(const Product& product, bool transposed) {
  run_blocks<Whole>(product, transposed);
}
__attribute__((target("arch=x86-64-v3"))) void run(const Product& product, bool transposed) {
  run_blocks<Half>(product, transposed);
}
__attribute__((target("default")))
#endif
void run(const Product& product, bool transposed) {
  run_blocks<Half>(product, transposed);
}

// Swaps what lies off the diagonal of pairs of squares of S × S: three rounds turn eight vectors of eight.
template <std::size_t S, std::size_t... Lane>
ANIREC_INLINE void swap_squares(Half* rows, std::index_sequence<Lane...>) {
  for (std::size_t r = 0; r < half_lanes; ++r) {
    if ((r & S) != 0) continue;
    const Half first = rows[r], second = rows[r + S];  // lanes from half_lanes on are the second's
    rows[r] = __builtin_shufflevector(first, second, ((Lane & S) != 0 ? Lane - S + half_lanes : Lane)...);
    rows[r + S] = __builtin_shufflevector(first, second, ((Lane & S) != 0 ? Lane + half_lanes : Lane + S)...);
  }
}

ANIREC_CLONES void transpose_all(const float* from, std::size_t rows, std::size_t columns, float* to) {
  for (std::size_t r = 0; r < rows; r += half_lanes)
    for (std::size_t c = 0; c < columns; c += half_lanes) {
      Half block[half_lanes];
      for (std::size_t i = 0; i < half_lanes; ++i)
        std::memcpy(&block[i], from + (r + i) * columns + c, sizeof block[i]);
      constexpr std::make_index_sequence<half_lanes> all;
      swap_squares<4>(block, all);
      swap_squares<2>(block, all);
      swap_squares<1>(block, all);
      for (std::size_t i = 0; i < half_lanes; ++i)
        std::memcpy(to + (c + i) * rows + r, &block[i], sizeof block[i]);
    }
}

}  // namespace

NonZeros::NonZeros(std::uint32_t most_rows, int most_width)
    : bits_(std::size_t{most_rows} * words_for(static_cast<std::size_t>(most_width))),
      turned_(static_cast<std::size_t>(most_width) * words_for(most_rows)) {}

void NonZeros::find(const float* values, std::uint32_t rows, int width) {
  rows_ = rows;
  width_ = static_cast<std::size_t>(width);
  words_ = words_for(width_);
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
      const std::size_t columns = std::min<std::size_t>(word_bits, width_ - across * word_bits);
      for (std::size_t c = 0; c < columns; ++c)
        turned_[(across * word_bits + c) * turned_words_ + down] = block[c];
    }
}

void multiply_sparse(const float* a, const NonZeros& nonzero, const float* b, int width, float* out) {
  run({a, nonzero.bits(), nonzero.words(), nonzero.rows(), nonzero.width(), b, static_cast<std::size_t>(width),
       out},
      false);
}

void add_transposed_sparse(const float* a, const NonZeros& nonzero, const float* c, int width, float* out) {
  run({a, nonzero.turned_bits(), nonzero.turned_words(), nonzero.rows(), nonzero.width(), c,
       static_cast<std::size_t>(width), out},
      true);
}

void transpose(const float* from, int rows, int columns, float* to) {
  transpose_all(from, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns), to);
}

}  // namespace anirec
