#include "commands/step_bytes.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "engine/dense_slice.h"

namespace anirec {
namespace {

constexpr double sample_bytes = 16, place_bytes = 4, signal_bytes = 4, tail_bytes = 16;
constexpr double run_bytes = 16;  // a run's row, beginning and tiles

double columns(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::adam:
    case Optimizer::lazy_adam: return 3;
    case Optimizer::adagrad: return 2;
    default: return 1;
  }
}

// Feed, masks and, for each table, keys, sort (a pass for 8 bits of the key), runs and tiles.
double plan_bytes(const ModelConfig& model, const StepShape& shape) {
  const auto table = [&](std::uint32_t rows) {
    const std::uint32_t batches = std::max(1u, (1u << 20) / shape.batch);
    const int bits =
        std::max(1, static_cast<int>(std::bit_width(rows - 1))) + static_cast<int>(std::bit_width(batches - 1));
    const double pair = 12, keys_and_histogram = 28 + 8, runs_and_tiles = 60;
    return keys_and_histogram + runs_and_tiles + 2 * pair * ((bits + 7) / 8);
  };
  return shape.batch *
         (2 * sample_bytes + place_bytes + shape.mask_bytes + table(model.users) + table(model.items));
}

}  // namespace

double row_bytes(const ModelConfig& model, const StepShape& shape) {
  const double floats = columns(shape.optimizer) * (model.dim + (model.has_row_bias() ? 1 : 0));
  return 2 * 4 * floats * (shape.users + shape.items);
}

std::vector<PhaseBytes> step_bytes(const ModelConfig& model, const StepShape& shape) {
  const double batch = shape.batch, rows = shape.users + shape.items, mask = shape.mask_bytes;
  const double row = 4.0 * ((model.dim + 3) / 4 * 4), tail = model.has_row_bias() ? tail_bytes : 0;
  const double inputs = 8.0 * model.dim, heads = static_cast<double>(model.heads.size());
  std::vector<PhaseBytes> phases = {{"plan", plan_bytes(model, shape)}};
  const double kept = columns(shape.optimizer);
  const auto update = [&](double count) { return count * (2 * kept * row + 2 * tail + run_bytes); };
  // Exact Adam reads w, m, v and the last step, and writes w.
  const auto catch_up = [&](double count) { return count * (4 * row + 1.25 * tail + 4); };
  const bool exact = shape.optimizer == Optimizer::adam;
  if (model.trunk() == Trunk::dot) {
    if (exact) phases.push_back({"catch up", catch_up(shape.items)});
    // Users are updated on the way, and their rows of before written for the items.
    const double of_sample = place_bytes + sample_bytes + mask + 2 * signal_bytes + place_bytes;
    phases.push_back(
        {"dot users", update(shape.users) + shape.users * row + shape.items * (row + tail) + batch * of_sample});
    const double gradients = shape.users * row + batch * (2 * place_bytes + signal_bytes + mask);
    phases.push_back({"row sums", shape.long_items * gradients});
    phases.push_back({"row update", update(shape.items) + (1 - shape.long_items) * gradients});
  } else {
    if (exact) phases.push_back({"catch up", catch_up(rows)});
    const std::uint64_t slice = std::min(shape.batch, dense_slice_samples(model));
    const double moved = slice * 4 * activation_floats(model) <= dense_slice_bytes ? 0 : 1;
    std::vector<double> widths = {moved * inputs};  // bytes that a sample's activations move, layer by layer
    for (const int width : model.hidden) widths.push_back(moved * 4 * width);
    double forward = 0, backward = inputs;  // dX
    for (std::size_t l = 1; l < widths.size(); ++l) {
      forward += widths[l - 1] + widths[l];
      backward += 2 * widths[l] + widths[l - 1];  // dW reads the error and the input, the error below the error
      if (l > 1) backward += 4 * widths[l - 1];   // that is written, and relu's mask laid on it
    }
    phases.push_back({"gather", rows * row + batch * (2 * sample_bytes + mask + widths.front())});
    phases.push_back({"mlp forward", batch * forward});
    phases.push_back({"heads", batch * ((2 + heads) * widths.back() + sample_bytes + 2 * heads * signal_bytes)});
    phases.push_back({"mlp backward", batch * backward});
    const double gradients = batch * (inputs + 2 * (place_bytes + mask));
    const double in_long = (shape.long_users + shape.long_items) / 2;
    phases.push_back({"row sums", in_long * gradients});
    phases.push_back({"row update", update(rows) + (1 - in_long) * gradients});
  }
  return phases;
}

}  // namespace anirec
