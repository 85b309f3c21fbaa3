// Dropout masks in bits: recomputed wherever they are needed, never stored with a run.
#pragma once

#include <cmath>
#include <cstdint>

#include "formulas/host_device.h"
#include "formulas/philox.h"

namespace anirec {

// The rate p as threshold/256, of which only the leading `planes` bits matter (0.5: one bit).
struct DropoutRate {
  std::uint32_t threshold = 0;  // 0 .. 255; 0: no dropout
  std::uint32_t planes = 0;
};

ANIREC_FORMULA DropoutRate dropout_rate(double p) {
  DropoutRate rate;
  rate.threshold = static_cast<std::uint32_t>(std::lround(p * 256.0));
  if (rate.threshold > 0) {
    rate.planes = 8;
    for (std::uint32_t t = rate.threshold; t % 2 == 0; t /= 2) --rate.planes;
  }
  return rate;
}

// What kept elements are multiplied by: 1/(1−p), p the rounded rate.
ANIREC_FORMULA float dropout_scale(DropoutRate rate) {
  return static_cast<float>(256.0 / (256.0 - static_cast<double>(rate.threshold)));
}

// Bits of the 128 elements E = 128·block .. 128·block + 127 of a sample, set where an element is *kept*; bit
// E mod 32 of word ⌊(E mod 128)/32⌋. E = side·D + element, side 0 the user. An element is dropped where the
// number 0.r₀r₁… (plane j gives bit r_j) is below p, decided for all lanes at once from the last plane to the
// first.
ANIREC_FORMULA Words4 kept_bits(std::uint64_t seed, DropoutRate rate, std::uint32_t sample, std::uint32_t step,
                                std::uint32_t block) {
  Words4 below = {{0, 0, 0, 0}};
  for (std::uint32_t plane = rate.planes; plane-- > 0;) {
    const Words4 r = philox(seed, sample, step, 256 * block + plane, purpose_dropout);
    const bool one = (rate.threshold >> (7 - plane)) & 1u;
    for (int i = 0; i < 4; ++i) below.word[i] = one ? ~r.word[i] | below.word[i] : ~r.word[i] & below.word[i];
  }
  for (int i = 0; i < 4; ++i) below.word[i] = ~below.word[i];
  return below;
}

}  // namespace anirec
