#include "formulas/permutation.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace anirec {
namespace {

std::vector<std::uint32_t> permutation(std::uint64_t n, std::uint64_t seed) {
  const PermutationKey key = permutation_key(seed, 1, 2, purpose_split);
  const std::uint32_t bits = permutation_bits(n);
  std::vector<std::uint32_t> images(n);
  for (std::uint32_t i = 0; i < n; ++i) images[i] = permuted_index(i, n, bits, key);
  return images;
}

// How many standard deviations a chi-square of equally likely cells lies from its mean.
double deviations(const std::vector<double>& counts, double freedom) {
  double sum = 0, square = 0;
  for (const double count : counts) sum += count;
  const double expected = sum / static_cast<double>(counts.size());
  for (const double count : counts) square += (count - expected) * (count - expected) / expected;
  return (square - freedom) / std::sqrt(2 * freedom);
}

TEST_CASE("a permutation hits every index once") {
  std::vector<std::uint64_t> sizes = {17, 1000, 4095, 4096, 4097, 65535, 1u << 20, (1u << 20) + 1, 3'000'000};
  for (std::uint64_t n = 1; n <= 10; ++n) sizes.push_back(n);
  for (std::uint64_t n = 250; n <= 260; ++n) sizes.push_back(n);
  for (const std::uint64_t n : sizes) {
    CAPTURE(n);
    std::vector<bool> hit(n);
    std::uint64_t distinct = 0;
    for (const std::uint32_t image : permutation(n, 7)) {
      REQUIRE(image < n);
      distinct += hit[image] ? 0 : 1;
      hit[image] = true;
    }
    CHECK(distinct == n);
  }
}

TEST_CASE("a round is a bijection at the full width of 32 bits") {
  const std::uint64_t n = std::uint64_t{1} << 32;
  CHECK(permutation_bits(n) == 32);
  CHECK(permutation_bits(n - 2) == 32);
  const PermutationKey key = permutation_key(3, 0, 0, purpose_split);
  std::vector<std::uint32_t> images;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) images.push_back(permuted_index(i * 4295u, n, 32, key));
  std::sort(images.begin(), images.end());
  CHECK(std::adjacent_find(images.begin(), images.end()) == images.end());
  CHECK(permuted_index(0xfffffffdu, n - 2, 32, key) < n - 2);
}

TEST_CASE("all orders of few indices come about equally often") {
  constexpr std::uint64_t keys = 48'000;
  for (const std::uint64_t n : {3u, 4u, 5u}) {
    CAPTURE(n);
    std::map<std::vector<std::uint32_t>, double> seen;
    for (std::uint64_t seed = 0; seed < keys; ++seed) ++seen[permutation(n, seed)];
    std::size_t orders = 1;
    for (std::size_t i = 2; i <= n; ++i) orders *= i;
    REQUIRE(seen.size() == orders);
    std::vector<double> counts;
    for (const auto& [order, count] : seen) counts.push_back(count);
    CHECK(std::fabs(deviations(counts, static_cast<double>(orders - 1))) < 5);
  }
}

TEST_CASE("no statistic tells a permutation from a random order, whatever the key") {
  constexpr int seeds = 100;
  for (const std::uint64_t n : {1000u, 5000u, 65536u, 100'000u}) {
    CAPTURE(n);
    double buckets_sum = 0, serial_sum = 0, differences_sum = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      CAPTURE(seed);
      const std::vector<std::uint32_t> images = permutation(n, seed);
      constexpr std::size_t side = 16, difference_cells = 40;
      std::vector<double> cells(side * side), differences(difference_cells);
      const double size = static_cast<double>(n), mean = (size - 1) / 2;
      double covariance = 0;
      for (std::size_t i = 0; i < n; ++i) {
        ++cells[i * side / n * side + images[i] * side / n];
        if (i == 0) continue;
        covariance += (images[i] - mean) * (images[i - 1] - mean);
        ++differences[(images[i] + n - images[i - 1]) % n * difference_cells / n];
      }
      const double buckets = deviations(cells, (side - 1) * (side - 1));
      const double serial = covariance / (size * size * size / 12) * std::sqrt(size);
      const double clustering = deviations(differences, difference_cells - 1);
      // A chi-square has a long right tail: 6 is one in some 10,000 for the 39 degrees of freedom.
      CHECK(std::fabs(buckets) < 6);
      CHECK(std::fabs(serial) < 5);
      CHECK(std::fabs(clustering) < 6);
      buckets_sum += buckets;
      serial_sum += serial;
      differences_sum += clustering;
    }
    const double bound = 4 * std::sqrt(static_cast<double>(seeds));  // 4 standard deviations of the mean
    CHECK(std::fabs(buckets_sum) < bound);
    CHECK(std::fabs(serial_sum) < bound);
    CHECK(std::fabs(differences_sum) < bound);
  }
}

TEST_CASE("seeds, numbers and purposes give different permutations") {
  const auto first = [](const PermutationKey& key) {
    std::vector<std::uint32_t> images;
    for (std::uint32_t i = 0; i < 8; ++i) images.push_back(permuted_index(i, 1'000'000, 20, key));
    return images;
  };
  const auto base = first(permutation_key(1, 2, 3, purpose_split));
  CHECK(base == first(permutation_key(1, 2, 3, purpose_split)));
  CHECK(base != first(permutation_key(2, 2, 3, purpose_split)));
  CHECK(base != first(permutation_key(1 + (std::uint64_t{1} << 32), 2, 3, purpose_split)));
  CHECK(base != first(permutation_key(1, 3, 3, purpose_split)));
  CHECK(base != first(permutation_key(1, 2, 4, purpose_split)));
  CHECK(base != first(permutation_key(1, 2, 3, purpose_order)));
}

}  // namespace
}  // namespace anirec
