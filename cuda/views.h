// What kernels are given: addresses on the device and a few numbers, by value.
#pragma once

#include <cstdint>

#include "dataset/split.h"
#include "engine/train_settings.h"
#include "formulas/dropout.h"
#include "formulas/epoch_order.h"
#include "formulas/optimizer.h"
#include "model/model_config.h"

namespace anirec::cuda {

// An embedding table: `columns` parts of P floats a row (w, then what the optimizer keeps an element), P = D rounded
// up to 4, so that a row is read in 16-byte pieces; the padding is always 0.
struct TableView {
  float* rows = nullptr;               // [rows][columns][P]
  float* tail = nullptr;               // [rows][4]: the bias, its m, its v, the row's one v; null: none of these
  std::uint32_t* last_step = nullptr;  // [rows], exact Adam; 0: never touched
  std::uint32_t count = 0;             // rows
  std::int32_t columns = 1, dim = 0, vectors = 0;  // vectors = P / 4
  Optimizer optimizer = Optimizer::sgd;
  bool has_bias = false;
};

// The tables of CatchUpTable on the device.
struct CatchUpView {
  const CatchUpSums* sums = nullptr;            // G of all blocks, end to end
  const std::uint32_t* block_begin = nullptr;   // where a block of 2^16 steps begins in `sums`
  const std::uint32_t* block_mask = nullptr;    // 0xFFFF, or 0 where one entry stands for the block
  const CatchUpSums* rho = nullptr;             // [1024] ρ_aⁿ
  const float* beta1 = nullptr;                 // [1024] β1ⁿ
  const double* beta2_low = nullptr;            // [1024]
  const double* beta2_high = nullptr;           // [128]
};

// A step's numbers. They lie in device memory because a replayed graph freezes its arguments.
struct StepScalars {
  std::uint32_t size;           // samples in the batch
  std::uint32_t first;          // its first place in the window
  std::uint32_t step;           // from 1
  float inverse_size;           // 1 / size
  float rate;                   // of the optimizers that are not Adam
  float adam_rate;              // lr'
  float l2;                     // 2 λ / size
  std::uint32_t run_begin[2];   // users, items: the batch's runs among the window's …
  std::uint32_t run_end[2];
  std::uint32_t tile_begin[2];  // … and tiles
  std::uint32_t tile_end[2];
  std::uint32_t long_runs[2];   // runs of several tiles …
  std::uint32_t long_tiles[2];  // … and their tiles
};

struct StepView {
  const StepScalars* steps = nullptr;     // of the window
  const std::uint32_t* cursor = nullptr;  // which of them is being made
};

// The part of a batch that goes through the dense layers at once (engine/dense_slice.h): samples from `begin` on. Its
// buffers begin with its first sample. A slice that is not the batch's last is of whole blocks, so the batch's size
// is the only end a kernel has to look at.
struct SliceView {
  StepView step;
  std::uint32_t begin = 0;  // in the batch; a multiple of dense_slice_multiple
};

// One table's plan for a window: positions in order of (batch, row, place), cut into runs of one row of one batch,
// and runs into tiles of at most tile_samples.
struct PlanView {
  std::uint32_t* place = nullptr;       // [samples] places in the window
  std::uint32_t* run_row = nullptr;     // [runs]
  std::uint32_t* run_begin = nullptr;   // [runs + 1] positions
  std::uint32_t* run_tile = nullptr;    // [runs + 1] first tile
  std::uint32_t* tile_run = nullptr;    // [tiles]
  std::uint32_t* tile_begin = nullptr;  // [tiles + 1] positions
  // Runs of several tiles, and those tiles: a batch's from first_long_run() and first_long_tile() on, in any order.
  std::uint32_t* long_run = nullptr;
  std::uint32_t* long_tile = nullptr;
};

// Samples a tile sums up in one go; a longer run is summed in a second level, tile by tile.
constexpr std::uint32_t tile_samples = 32;

// Where the lists of the batch that begins at `place` begin. Of n samples at most n/33 are a long run's first, and as a
// run of 33 has two tiles, at most 2n/33 are a long tile's: what n/32 and n/16 places hold, wherever a batch begins.
constexpr std::uint32_t first_long_run(std::uint32_t place) { return place / tile_samples; }
constexpr std::uint32_t first_long_tile(std::uint32_t place) { return place / (tile_samples / 2); }

// A window's samples.
struct FedView {
  Sample* sample = nullptr;        // [samples]
  std::uint32_t* index = nullptr;  // [samples] in split order: what dropout is keyed by
  std::uint32_t* kept = nullptr;   // [samples][words]: bit E of a sample is set where element E is kept; null: all are
  std::int32_t words = 0;
};

// A chunk of the pass that a window reads, and where its samples lie on the device.
struct WindowChunk {
  ChunkOrder order;
  const Sample* samples;  // of order.first_sample
};

struct HeadView {
  Target target;
  Activation activation;
  Loss loss;
  float weight;
  std::uint32_t weight_at, bias_at;  // in the dense parameters; mf has bias_at only
};

constexpr int most_heads = 2;

struct HeadsView {
  HeadView head[most_heads];
  std::int32_t count = 0;
  Bounds bounds;
  float class_weight[2] = {1, 1};
};

// Where everything that a step's forward pass leaves behind lies.
struct SignalView {
  float* score = nullptr;    // [heads][window samples]
  float* slope = nullptr;    // [heads][B] d loss / d score; null: only scores are wanted
  float* penalty = nullptr;  // [window samples] the rows' squared norms; null: no l2
  std::uint32_t window = 0;  // samples a window can hold
  std::uint32_t batch = 0;   // B
};

// One side of the row kernels' work.
struct RowSide {
  std::int32_t number = 0;  // 0 users, 1 items
  TableView table;
  PlanView plan;
  float* partials = nullptr;       // [tiles of the batch][P], of long runs
  float* bias_partials = nullptr;  // [tiles of the batch]
  bool brought_forward = false;    // rows in memory stand after the step before
  bool only_long = false;          // short runs have been updated by the forward pass
};
struct RowSides {
  RowSide users, items;
  std::int32_t first = 0;    // 0: both, 1: items alone
  float scale = 1;           // of dropout
  bool bias_inside = false;  // a bias's gradient is the sum of its row's
};

// Where the gradients of rows come from.
struct GradientSource {
  FedView fed;
  const float* input_error = nullptr;       // nn, hybrid: dX [B, 2D]
  const float* slope = nullptr;             // mf: [B],
  const float* user_row = nullptr;          // users' rows before the step [runs of the batch][P], biases inside added,
  const std::uint32_t* user_of = nullptr;   // and whose is which sample [B]
};

// A stretch of the dense parameters whose gradient is a sum of partial ones, in their order.
struct PartialGradient {
  std::uint32_t begin, size;  // in the dense parameters
  const float* partials;      // [parts][stride]
  std::uint32_t parts_for;    // samples that one part stands for: ⌈batch size / parts_for⌉ parts
  std::uint32_t stride;
};

}  // namespace anirec::cuda
