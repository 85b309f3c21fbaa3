// Parameters of an engine beside those of the reference.
#pragma once

#include <doctest/doctest.h>

#include "engines/reference_trainer.h"
#include "engines/small_problem.h"

namespace anirec {

// Each tensor within 1e-4 of its whole movement.
inline void check_parameters(const Parameters& trained, const ReferenceTrainer& reference,
                             const Parameters& start) {
  CHECK(relative_to_movement(trained.user_embedding, reference.user_embedding(), start.user_embedding) < 1e-4);
  CHECK(relative_to_movement(trained.item_embedding, reference.item_embedding(), start.item_embedding) < 1e-4);
  CHECK(relative_to_movement(trained.user_bias, reference.user_bias(), start.user_bias) < 1e-4);
  CHECK(relative_to_movement(trained.item_bias, reference.item_bias(), start.item_bias) < 1e-4);
  CHECK(relative_to_movement(trained.dense, reference.dense(), start.dense) < 1e-4);
}

}  // namespace anirec
