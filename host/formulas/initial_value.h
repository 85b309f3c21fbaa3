// Initial parameters, each a function of (seed, tensor, element) alone.
#pragma once

#include <cmath>
#include <cstdint>

#include "formulas/host_device.h"
#include "formulas/philox.h"

namespace anirec {

constexpr float embedding_limit = 0.05f;

// Which tensor a value belongs to, in its counter; hidden layer l is initial_hidden + l.
enum InitialTensor : std::uint32_t {
  initial_user_embedding = 0,
  initial_item_embedding = 1,
  initial_user_bias = 2,
  initial_item_bias = 3,
  initial_rating_head = 4,
  initial_interaction_head = 5,
  initial_hidden = 16,
};

// Limit of Glorot's uniform distribution. Glorot, Bengio: "Understanding the difficulty of training deep
// feedforward neural networks", AISTATS 2010, eq. 16.
ANIREC_FORMULA float glorot_limit(double inputs, double outputs) {
  return static_cast<float>(std::sqrt(6.0 / (inputs + outputs)));
}

// Elements 4 · four to 4 · four + 3: uniform in [−limit, limit), 24 random bits each.
struct InitialFour {
  float value[4];
};
ANIREC_FORMULA InitialFour initial_four(std::uint64_t seed, std::uint32_t tensor, std::uint64_t four,
                                        float limit) {
  const Words4 words = philox(seed, static_cast<std::uint32_t>(four), static_cast<std::uint32_t>(four >> 32),
                              tensor, purpose_initial_value);
  InitialFour initial;
  for (int i = 0; i < 4; ++i) {
    const float unit = static_cast<float>(words.word[i] >> 8) * 0x1p-24f;  // [0, 1)
    initial.value[i] = limit * (2.0f * unit - 1.0f);
  }
  return initial;
}

}  // namespace anirec
