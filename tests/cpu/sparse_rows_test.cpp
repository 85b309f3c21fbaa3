#include "cpu/sparse_rows.h"

#include <doctest/doctest.h>

#include <random>
#include <tuple>
#include <vector>

#include "cpu/line_vector.h"

using namespace anirec;

namespace {

// Small whole numbers, a share of them 0: every sum is exact, whatever its order.
LineVector whole_numbers(std::size_t count, double share_of_zeros, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::bernoulli_distribution zero(share_of_zeros);
  std::uniform_int_distribution<int> value(1, 9);
  LineVector values(count);
  for (float& v : values) v = zero(random) ? 0.0f : static_cast<float>(value(random));
  return values;
}

}  // namespace

TEST_CASE("products that skip zeros are those of every element") {
  for (const double zeros : {0.0, 0.5, 0.97, 1.0})
    for (const auto& [rows, depth, width] : {std::tuple{1u, 16, 16},
                                             {32u, 128, 64},
                                             {63u, 48, 80},
                                             {64u, 64, 128},
                                             {65u, 80, 208},
                                             {128u, 192, 64},
                                             {100u, 144, 48}}) {
      CAPTURE(zeros);
      CAPTURE(rows);
      CAPTURE(depth);
      CAPTURE(width);
      const std::size_t d = static_cast<std::size_t>(depth), w = static_cast<std::size_t>(width);
      const LineVector a = whole_numbers(rows * d, zeros, 1), b = whole_numbers(d * w, 0, 2),
                       c = whole_numbers(rows * w, 0, 3);
      NonZeros nonzero(128, 192);
      nonzero.find(whole_numbers(128 * 192, 0.5, 4).data(), 128, 192);  // what a tile before has left
      nonzero.turn();
      nonzero.find(a.data(), rows, depth);
      nonzero.turn();
      LineVector product(rows * w, -1), sums = whole_numbers(d * w, 0, 5);
      std::vector<float> expected(rows * w), expected_sums(sums.begin(), sums.end());
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t k = 0; k < d; ++k)
          for (std::size_t j = 0; j < w; ++j) {
            expected[r * w + j] += a[r * d + k] * b[k * w + j];
            expected_sums[k * w + j] += a[r * d + k] * c[r * w + j];
          }
      multiply_sparse(a.data(), nonzero, b.data(), width, product.data());
      add_transposed_sparse(a.data(), nonzero, c.data(), width, sums.data());
      CHECK(std::equal(expected.begin(), expected.end(), product.begin()));
      CHECK(std::equal(expected_sums.begin(), expected_sums.end(), sums.begin()));
    }
}

TEST_CASE("a not-a-number is not skipped") {
  LineVector a(16), b(16 * 16, 1.0f), product(16);
  a[3] = std::numeric_limits<float>::quiet_NaN();
  NonZeros nonzero(1, 16);
  nonzero.find(a.data(), 1, 16);
  multiply_sparse(a.data(), nonzero, b.data(), 16, product.data());
  for (const float value : product) CHECK(value != value);
}

TEST_CASE("a matrix is transposed in blocks") {
  for (const auto& [rows, columns] : {std::pair{16, 16}, {64, 128}, {48, 16}, {16, 80}}) {
    LineVector from(static_cast<std::size_t>(rows * columns)), to(from.size());
    for (std::size_t k = 0; k < from.size(); ++k) from[k] = static_cast<float>(k);
    transpose(from.data(), rows, columns, to.data());
    bool equal = true;
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c)
        equal =
            equal && to[static_cast<std::size_t>(c * rows + r)] == from[static_cast<std::size_t>(r * columns + c)];
    CHECK(equal);
  }
}
