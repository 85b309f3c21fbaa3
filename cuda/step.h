// Every launcher in the order a step runs them: the table of contents. Shapes: B batch, D dim, P = D rounded up to 4,
// S samples of a slice, H a hidden width. A row's work is shared by L lanes, as many as its float4 pieces (row_access.cuh).
#pragma once

#include <span>

#include "device/device.h"
#include "views.h"

namespace anirec::cuda {

using device::Stream;

// --- the plan of a window, on the side stream, ahead of the compute ---

// A window's samples in the order of the pass, and their dropout masks. chunks [count]: those the window reads.
struct FeedWindow {
  const WindowChunk* chunks;
  std::uint32_t chunk_count;
  std::uint64_t first_position;  // in the pass
  std::uint32_t size, batch;
  std::uint32_t first_step;
  std::uint32_t first_index;     // of the train split, in split order
  std::uint64_t seed;
  DropoutRate dropout;
  FedView fed;
};
void launch_feed(const FeedWindow& feed, const Stream& stream);

// (batch, row) of every place as sort keys, places as values.
void launch_plan_keys(const FedView& fed, std::uint32_t size, std::uint32_t batch, int row_bits, bool of_users,
                      std::uint64_t* key, std::uint32_t* place, const Stream& stream);
// Behind the sort: where runs begin, as flags; what exclusive_sum then numbers.
void launch_run_heads(const std::uint64_t* key, std::uint32_t size, std::uint32_t* head, const Stream& stream);
// number = exclusive sum of the heads [size + 1]: rows and beginnings of runs; then where tiles begin, as flags.
void launch_runs(const std::uint64_t* key, std::uint32_t size, int row_bits, const std::uint32_t* number,
                 const PlanView& plan, std::uint32_t* tile_head, const Stream& stream);
// tile_number = exclusive sum of the tile heads [size + 1]; counts each batch's long runs and tiles into `steps`.
void launch_tiles(StepScalars* steps, std::uint32_t size, std::uint32_t batch, int side, const std::uint32_t* number,
                  const std::uint32_t* tile_number, const PlanView& plan, const Stream& stream);
// Which runs and tiles are each batch's.
void launch_step_ranges(StepScalars* steps, std::uint32_t batches, const std::uint32_t* number,
                        const std::uint32_t* tile_number, int side, const Stream& stream);

// --- a step ---

// 1. The rows of the batch's runs as they stand after the step before (exact Adam): both tables', or mf's items.
void launch_catch_up(const StepView& step, const RowSides& sides, const CatchUpView& catch_up, std::uint32_t batch,
                     const Stream& stream);

// 2. mf, user by user: scores, losses' slopes, the users' gradients and the update of users with one tile.
struct DotUsers {
  StepView step;
  RowSide side;      // of the users
  TableView items;
  FedView fed;
  HeadsView heads;
  const float* dense;
  float scale;       // of both sides' dropout together
  bool additive;
  CatchUpView catch_up;
  SignalView signal;
  float* user_row;         // [runs of the batch][P], as GradientSource has it
  std::uint32_t* user_of;  // [B]
};
void launch_dot_users(const DotUsers& users, std::uint32_t batch, const Stream& stream);

// 2. nn, hybrid, slice by slice: X [S, 2D] = the rows, dropped and scaled; then products by device/gemm.h; then
void launch_gather(const SliceView& slice, const TableView& users, const TableView& items, const FedView& fed,
                   float scale, float* inputs, float* penalty, std::uint32_t samples, const Stream& stream);
// every head's scores and slopes, and the last hidden layer's error [S, H] with relu's mask.
struct Heads {
  SliceView slice;
  FedView fed;
  HeadsView heads;
  const float* dense;
  const float* hidden;  // [S, H]
  std::int32_t width;   // H
  float* error;         // [S, H]; null: only scores are wanted
  SignalView signal;
};
void launch_heads(const Heads& heads, std::uint32_t samples, const Stream& stream);
// error *= [hidden > 0], for the layers below.
void launch_relu_mask(const SliceView& slice, const float* hidden, std::int32_t width, float* error,
                      std::uint32_t samples, const Stream& stream);
// The head's gradients, in parts of sum_part_samples samples of the batch: Σ slope · hidden for its weights [H], slice
// by slice, and Σ slope for its bias, of the whole batch. slope [B], partials [parts of the batch].
constexpr std::uint32_t sum_part_samples = 256;
void launch_weight_sums(const SliceView& slice, const float* hidden, const float* slope, std::int32_t width,
                        float* partials, std::uint32_t samples, const Stream& stream);
void launch_slope_sums(const StepView& step, const float* slope, float* partials, std::uint32_t batch,
                       const Stream& stream);

// 3. Long runs' gradients, tile by tile.
void launch_tile_sums(const StepView& step, const GradientSource& from, const RowSides& sides, std::uint32_t batch,
                      const Stream& stream);
// 4. The rows' update, from their samples' gradients in order.
void launch_update_rows(const StepView& step, const GradientSource& from, const RowSides& sides,
                        const CatchUpView& catch_up, std::uint32_t batch, const Stream& stream);

// 5. The dense parameters' update; gradients that come in parts are summed first, in order.
struct DenseUpdate {
  StepView step;
  Optimizer optimizer;
  float *values, *first, *second, *gradient;  // [size]
  std::uint32_t size;
  const PartialGradient* partials;  // on the device
  std::uint32_t partial_count;
  std::uint32_t widest_partial;  // of their sizes
};
void launch_dense_update(const DenseUpdate& update, const Stream& stream);
// The cursor moves to the next step of the window.
void launch_tick(std::uint32_t* cursor, const Stream& stream);

// --- the end of a window ---

// Training figures in parts of figure_part_samples samples, each of one batch: parts [batches][parts a batch].
constexpr std::uint32_t figure_part_samples = 256;
struct FigureSums {
  double of[8];  // loss, squared, absolute, cross-entropy, tp, fp, tn, fn
};
void launch_figures(const StepScalars* steps, std::uint32_t batches, std::uint32_t batch, const FedView& fed,
                    const HeadsView& heads, const SignalView& signal, float l2, FigureSums* parts,
                    const Stream& stream);

// --- looking ---

// Rows [0, table.count) as they stand after `now`, into a table of one column; row table.count becomes 0.
void launch_look(const TableView& table, const CatchUpView& catch_up, std::uint32_t now, const TableView& to,
                 const Stream& stream);
// mf: scores of pairs, a group of lanes each, from tables of one column.
struct DotScores {
  TableView users, items;
  const Sample* pairs;
  std::uint32_t count;
  const float* bias;
  bool additive;
  float* score;
};
void launch_dot_scores(const DotScores& scores, const Stream& stream);
// Rows of a one-column table as a matrix [count, D], with the bias added where that is inside the product; `row`
// null: rows 0, 1, …
void launch_rows_to_matrix(const TableView& table, const std::uint32_t* row, std::uint32_t count, bool add_bias,
                           float* matrix, const Stream& stream);
// score [users, items] += b (+ bu + bi beside the product).
void launch_add_biases(float* score, const TableView& users, const std::uint32_t* user, std::uint32_t user_count,
                       const TableView& items, const float* bias, bool additive, const Stream& stream);
// One hidden layer: score [users, items] = Σ_j w_j relu(p[u][j] + q[j][i] + b_j) + c; q [H, items].
void launch_split_scores(const float* user_product, const float* item_product, const float* dense,
                         std::uint32_t bias_at, std::uint32_t weight_at, std::uint32_t head_bias_at,
                         std::int32_t width, std::uint32_t users, std::uint32_t items, float* score,
                         const Stream& stream);
// Whether a block's shared memory holds what that takes, on every GPU.
bool split_scores_fit(std::int32_t width);
// Deeper stacks, and layers too wide for that: hidden [items, H] = relu(p + q[i] + b) for one user; q [items, H].
void launch_first_layer_of_user(const float* user_product, const float* item_product, const float* bias,
                                std::int32_t width, std::uint32_t items, float* hidden, const Stream& stream);
// Seen items' scores become −∞.
void launch_mask_seen(float* score, std::uint32_t items, const std::uint64_t* offsets, const std::uint32_t* seen,
                      std::uint32_t users, const Stream& stream);
// The k best of each user's scores, best first, ties to the lower index; what is taken becomes −∞. Ranks of the best
// relevant items, which do not change the scores, come first.
void launch_first_ranks(const float* score, std::uint32_t items, const std::uint64_t* offsets,
                        const std::uint32_t* relevant, std::uint32_t users, std::uint32_t* rank,
                        const Stream& stream);
void launch_top(float* score, std::uint32_t items, std::uint32_t users, std::uint32_t k, std::uint32_t* item,
                float* best, const Stream& stream);

}  // namespace anirec::cuda
