// The dense parameters and what their optimizer keeps; one gradient a group of tiles, summed in group order.
#pragma once

#include <cstdint>
#include "cpu/line_vector.h"
#include "engine/catch_up_table.h"
#include "engine/train_settings.h"

namespace anirec {

struct DenseState {
  LineVector values, first, second;
};

// Updates elements [begin, end) by the sum of `groups` gradients, each [values.size()], `stride` elements apart.
void update_dense(DenseState& dense, Optimizer optimizer, const AdamStep& adam, float rate, const float* gradients,
                  std::size_t stride, std::uint32_t groups, std::size_t begin, std::size_t end);

}  // namespace anirec
