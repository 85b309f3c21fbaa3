#include "formulas/philox.h"

#include <doctest/doctest.h>

namespace anirec {
namespace {

// Counters and keys of several parts are checked against the vectors that Random123 ships (kat_vectors, philox4x32
// 10).
void check_words(const Words4& got, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  CHECK(got.word[0] == a);
  CHECK(got.word[1] == b);
  CHECK(got.word[2] == c);
  CHECK(got.word[3] == d);
}

TEST_CASE("philox gives the published words") {
  check_words(philox(0, 0, 0, 0, 0), 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u);
  constexpr std::uint32_t ones = 0xffffffffu;
  check_words(philox(0xffffffffffffffffu, ones, ones, ones, ones), 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u,
              0x6d5451fdu);
  // The key is (low word, high word) of the seed.
  check_words(philox(0x299f31d0a4093822u, 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u), 0xd16cfe09u,
              0x94fdccebu, 0x5001e420u, 0x24126ea1u);
}

}  // namespace
}  // namespace anirec
