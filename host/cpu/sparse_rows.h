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

  std::size_t rows() const { return rows_; }
  std::size_t width() const { return width_; }
  const std::uint64_t* bits() const { return bits_.data(); }
  std::size_t words() const { return words_; }  // a row
  const std::uint64_t* turned_bits() const { return turned_.data(); }
  std::size_t turned_words() const { return turned_words_; }

 private:
  std::vector<std::uint64_t> bits_, turned_;
  std::size_t rows_ = 0, width_ = 0, words_ = 0, turned_words_ = 0;
};

// Of an `a` [rows, depth] whose zeros `nonzero` has found, in the order of its elements; `width` is a multiple
// of 16. out [rows, width] = a · b [depth, width].
void multiply_sparse(const float* a, const NonZeros& nonzero, const float* b, int width, float* out);
// out [depth, width] += aᵀ · c [rows, width]; the bits have been turned.
void add_transposed_sparse(const float* a, const NonZeros& nonzero, const float* c, int width, float* out);
// to [columns, rows] = from [rows, columns]ᵀ; both multiples of 16.
void transpose(const float* from, int rows, int columns, float* to);

}  // namespace anirec
