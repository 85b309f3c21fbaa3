// Products with a matrix of which many elements are zero: inputs that dropout has dropped, errors of hidden units
// that relu has switched off. Zeros are skipped, so that half of them halves the work; BLAS would multiply them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace anirec {

// Which elements of a matrix [rows, width] are not zero, a bit each: [rows][⌈width / 64⌉] and, turned,
// [width][⌈rows / 64⌉]. `width` is a multiple of 16.
class NonZeros {
 public:
  NonZeros() = default;
  NonZeros(std::uint32_t most_rows, int most_width);

  void find(const float* values, std::uint32_t rows, int width);
  // Of the same matrix seen the other way round; find() comes first.
  void turn();

  const std::uint64_t* of_row(std::uint32_t row) const { return bits_.data() + row * words_; }
  const std::uint64_t* of_column(int column) const {
    return turned_.data() + static_cast<std::size_t>(column) * turned_words_;
  }
  std::size_t row_words() const { return words_; }
  std::size_t column_words() const { return turned_words_; }

 private:
  std::vector<std::uint64_t> bits_, turned_;
  std::uint32_t rows_ = 0;
  int width_ = 0;
  std::size_t words_ = 0, turned_words_ = 0;
};

// out [rows, width] = a [rows, depth] · b [depth, width], over the elements of a that are not zero, in their
// order. `width` is a multiple of 16.
void multiply_sparse(const float* a, const NonZeros& nonzero, std::uint32_t rows, int depth, const float* b,
                     int width, float* out);
// out [depth, width] += aᵀ · c [rows, width], for the same a and its turned bits.
void add_transposed_sparse(const float* a, const NonZeros& nonzero, int depth, const float* c, int width,
                           float* out);

// to [columns, rows] = from [rows, columns]ᵀ; both multiples of 16.
void transpose(const float* from, int rows, int columns, float* to);

}  // namespace anirec
