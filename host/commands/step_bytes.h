// The bytes that the phases of a training step must move, on paper: what their measured times are set against.
#pragma once

#include <cstdint>
#include <vector>

#include "formulas/optimizer.h"
#include "model/model_config.h"

namespace anirec {

struct PhaseBytes {
  const char* name;  // as the profiler's timeline has it (cuda/train_step.cu)
  double bytes;
};

struct StepShape {
  std::uint32_t batch = 0;
  double users = 0, items = 0;            // distinct rows in a batch
  double long_users = 0, long_items = 0;  // share of the samples whose row has more than step_tile_samples
  std::uint32_t mask_bytes = 0;           // of a sample's dropout masks
  Optimizer optimizer = Optimizer::adam;
};

// Samples of a row that a GPU sums in one go (cuda/views.h, tile_samples).
constexpr std::uint32_t step_tile_samples = 32;

// What each phase reads and writes, everything once a phase: rows that several samples share come from memory
// once, and nothing stays in a cache from one phase to the next, with one exception: what the dense layers of nn
// and hybrid write and read again within a slice of samples (X, hidden layers, errors) stays in L2 and is no
// traffic of memory, where a slice's activations fit dense_slice_bytes. dX, which the row sums read for the whole
// batch, does move. Dense parameters and their gradients count as nothing. In the order of the step.
std::vector<PhaseBytes> step_bytes(const ModelConfig& model, const StepShape& shape);

// Parameters and moments of the rows in a batch, read and written once: less than this no step can move.
double row_bytes(const ModelConfig& model, const StepShape& shape);

}  // namespace anirec
