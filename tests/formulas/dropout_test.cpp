#include "formulas/dropout.h"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace anirec;

namespace {

// Whether the contract keeps element E of a sample at a step: dropped where 0.r0r1... < p, plane j being bit E mod
// 32 of word floor((E mod 128)/32) of Philox keyed by the seed at (sample, step, 256 floor(E/128) + j, 3).
bool is_kept(std::uint64_t seed, DropoutRate rate, std::uint32_t sample, std::uint32_t step,
             std::uint32_t element) {
  double r = 0;
  for (std::uint32_t plane = 0; plane < rate.planes; ++plane) {
    const Words4 words = philox(seed, sample, step, 256 * (element / 128) + plane, 3);
    r += ((words.word[element % 128 / 32] >> (element % 32)) & 1u) * std::ldexp(1.0, -static_cast<int>(plane) - 1);
  }
  return r >= rate.threshold / 256.0;
}

}  // namespace

TEST_CASE("a rate is rounded to a multiple of 1/256, in bits without trailing zeros") {
  const auto check = [](double p, std::uint32_t threshold, std::uint32_t planes) {
    CAPTURE(p);
    CHECK(dropout_rate(p).threshold == threshold);
    CHECK(dropout_rate(p).planes == planes);
  };
  check(0, 0, 0);
  check(0.5, 128, 1);
  check(0.25, 64, 2);
  check(0.75, 192, 2);
  check(0.3, 77, 8);
  check(0.1, 26, 7);
  check(1.0 / 256, 1, 8);
  check(0.998, 255, 8);
  check(0.001, 0, 0);
}

TEST_CASE("the scale is one over the kept share of the rounded rate") {
  CHECK(dropout_scale(dropout_rate(0)) == 1);
  CHECK(dropout_scale(dropout_rate(0.5)) == 2);
  CHECK(static_cast<double>(dropout_scale(dropout_rate(0.3))) == doctest::Approx(256.0 / 179));
}

TEST_CASE("masks are laid out as the contract says, bit by bit") {
  for (const double p : {0.5, 0.25, 0.3, 0.1, 0.9, 1.0 / 256})
    for (const std::uint64_t seed : {std::uint64_t{42}, std::uint64_t{0x123456789abcdef0}})
      for (const std::uint32_t sample : {0u, 7u, 4000000000u})
        for (std::uint32_t element = 0; element < 384; ++element) {
          const DropoutRate rate = dropout_rate(p);
          const Words4 words = kept_bits(seed, rate, sample, 5, element / 128);
          const bool kept = (words.word[element % 128 / 32] >> (element % 32)) & 1u;
          if (kept != is_kept(seed, rate, sample, 5, element)) {
            CAPTURE(p);
            CAPTURE(element);
            REQUIRE(kept == is_kept(seed, rate, sample, 5, element));
          }
        }
}

TEST_CASE("the share of dropped elements is the rate") {
  for (const double p : {0.5, 0.3, 0.1, 0.998}) {
    const DropoutRate rate = dropout_rate(p);
    double dropped = 0;
    const int samples = 2000;
    for (std::uint32_t sample = 0; sample < samples; ++sample)
      for (const std::uint32_t word : kept_bits(1, rate, sample, 1, 0).word)
        dropped += 32 - __builtin_popcount(word);
    const double wanted = rate.threshold / 256.0, n = samples * 128.0;
    CHECK(std::fabs(dropped / n - wanted) < 4.5 * std::sqrt(wanted * (1 - wanted) / n));
  }
}

TEST_CASE("masks differ from step to step and from sample to sample") {
  const auto first_word = [](std::uint32_t sample, std::uint32_t step) {
    return kept_bits(1, dropout_rate(0.5), sample, step, 0).word[0];
  };
  CHECK(first_word(1, 1) != first_word(1, 2));
  CHECK(first_word(1, 1) != first_word(2, 1));
  CHECK(first_word(1, 1) == first_word(1, 1));
}

TEST_CASE("no dropout keeps everything") {
  for (const std::uint32_t word : kept_bits(1, dropout_rate(0), 3, 4, 0).word) CHECK(word == 0xffffffffu);
}
