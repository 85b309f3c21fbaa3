#include "cpu/mlp_step.h"

#include <algorithm>

#include "cpu/heads.h"
#include "cpu/row_sums.h"

namespace anirec {
namespace {

// One side of a sample, in whole vectors.
template <bool Masked>
ANIREC_INLINE void gather_side(const float* row, const std::uint16_t* bits, int vectors, float scale, float* to) {
  for (int n = 0; n < vectors; ++n) {
    Vec value;
    load(value, row + n * lanes);
    if (Masked) keep_lanes(value, bits[n]);
    value *= scale;
    store(to + n * lanes, value);
  }
}

// X of samples [begin, end), [samples, 2D] and a vector behind: the lanes beyond D of a sample's user side are
// overwritten by its item side, and those of the item side by the next sample's user side. Rows of samples up to
// `fetched_until` are asked for.
ANIREC_CLONES void gather(const Batch& batch, std::uint32_t begin, std::uint32_t end, std::uint32_t fetched_until,
                          const RowTable& users, const RowTable& items, const DropoutMasks& masks, float scale,
                          float* inputs) {
  const int dim = users.dim(), vectors = users.padded() / lanes;
  for (std::uint32_t i = begin; i < end; ++i, inputs += 2 * dim) {
    if (i + samples_fetched_ahead < fetched_until) fetch_rows_of(batch, i + samples_fetched_ahead, users, items);
    const float *x = users.row(batch.user[i]), *y = items.row(batch.item[i]);
    if (masks.any()) {
      gather_side<true>(x, masks.of(i, 0), vectors, scale, inputs);
      gather_side<true>(y, masks.of(i, 1), vectors, scale, inputs + dim);
    } else {
      gather_side<false>(x, nullptr, vectors, scale, inputs);
      gather_side<false>(y, nullptr, vectors, scale, inputs + dim);
    }
  }
}

// dX of a chunk's samples, from place `begin` on.
struct InputGradients {
  const float* values;  // [samples, 2D]
  std::uint32_t begin, end;
  const DropoutMasks& masks;
  float scale;
};

// Keeps the item side of a chunk's gradients for the items' sums.
ANIREC_CLONES void keep_item_side(const InputGradients& from, int dim, int padded, float* to) {
  for (std::uint32_t i = from.begin; i < from.end; ++i) {
    const float* const side = from.values + (std::size_t{i - from.begin} * 2 + 1) * static_cast<std::size_t>(dim);
    float* const kept = to + std::size_t{i} * static_cast<std::size_t>(padded);
    if (from.masks.any())
      gather_side<true>(side, from.masks.of(i, 1), padded / lanes, from.scale, kept);
    else
      gather_side<false>(side, nullptr, padded / lanes, from.scale, kept);
  }
}

// Adds a chunk's gradients to those of its users, from run r on, in `g` [P], and updates each user whose samples
// end in the chunk; gives the run whose samples go on beyond it.
template <bool Masked>
ANIREC_INLINE std::uint32_t update_users(RowTable& table, const RowRuns& runs, std::uint32_t r,
                                         const InputGradients& from, const RowStep& step, RowsAhead& ahead,
                                         float* g) {
  const int vectors = table.padded() / lanes;
  const std::size_t width = 2 * static_cast<std::size_t>(table.dim());
  for (; r < runs.count && runs.begin[r] < from.end; ++r) {
    const std::uint32_t begin = std::max(runs.begin[r], from.begin), end = std::min(runs.begin[r + 1], from.end);
    sum_row<Masked>(
        runs, begin, end, begin == runs.begin[r], &from.masks, 0, vectors, g,
        [&](std::uint32_t place, int n, Vec& value) __attribute__((always_inline)) {
          load(value, from.values + (place - from.begin) * width + static_cast<std::size_t>(n) * lanes);
        },
        [](std::uint32_t) {});
    if (end < runs.begin[r + 1]) break;
    ahead.fetch_one();
    for (int k = 0; k < table.padded(); ++k) g[k] *= from.scale;
    update_row<0>(table, runs.row[r], runs.begin[r + 1] - runs.begin[r], g, 0.0f, step);
  }
  return r;
}

ANIREC_CLONES std::uint32_t update_users_of(RowTable& table, const RowRuns& runs, std::uint32_t r,
                                            const InputGradients& from, const RowStep& step, RowsAhead& ahead,
                                            float* g) {
  return from.masks.any() ? update_users<true>(table, runs, r, from, step, ahead, g)
                          : update_users<false>(table, runs, r, from, step, ahead, g);
}

ANIREC_CLONES void update_rows(RowTable& table, const RowRuns& runs, RunShare share, const float* gradients,
                               const RowStep& step, RowsAhead& ahead, float* g) {
  const std::size_t padded = static_cast<std::size_t>(table.padded());
  const auto fetch = [&](std::uint32_t place) __attribute__((always_inline)) {
    for (std::size_t k = 0; k < padded; k += lanes) __builtin_prefetch(gradients + place * padded + k);
  };
  fetch_first(runs, share, fetch);
  for (std::uint32_t r = share.first; r < share.last; ++r) {
    ahead.fetch_one();
    sum_row<false>(
        runs, runs.begin[r], runs.begin[r + 1], true, nullptr, 1, table.padded() / lanes, g,
        [&](std::uint32_t place, int n, Vec& value) __attribute__((always_inline)) {
          load(value, gradients + place * padded + static_cast<std::size_t>(n) * lanes);
        },
        fetch);
    update_row<0>(table, runs.row[r], runs.begin[r + 1] - runs.begin[r], g, 0.0f, step);
  }
}

// A tile has as many samples as its users: most have little more than the tile size.
std::uint32_t most_in_chunk(std::uint32_t tile_size) { return tile_size / 4 * 5; }

}  // namespace

MlpStep::MlpStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
                 DenseState& dense, int members)
    : ModelStep(model, settings, users, items, dense, members, false),
      layers_(model),
      scale_(dropout_scale(settings.dropout)),
      item_gradients_(std::size_t{settings.batch_size} * static_cast<std::size_t>(items.padded())),
      scratch_(static_cast<std::size_t>(members)) {
  const std::size_t inputs = 2 * static_cast<std::size_t>(model.dim);
  const std::uint32_t chunk = most_in_chunk(Tiling::room_for(settings.batch_size).tile_size);
  for (Scratch& scratch : scratch_) {
    scratch.inputs.resize(chunk * inputs + lanes);
    scratch.input_gradients.resize(chunk * inputs + lanes);
    for (int l = 0; l < layers_.layers(); ++l)
      scratch.hidden.emplace_back(chunk * static_cast<std::size_t>(layers_.width(l)));
    for (int l = 0; l < layers_.layers(); ++l)
      scratch.turned.emplace_back(skips_zeros_of_inputs(l) ? static_cast<std::size_t>(layers_.inputs(l)) *
                                                                 static_cast<std::size_t>(layers_.width(l))
                                                           : 0);
    scratch.nonzero = NonZeros(chunk, std::max(2 * model.dim, layers_.widest()));
    for (LineVector& error : scratch.error) error.resize(chunk * static_cast<std::size_t>(layers_.widest()));
    scratch.score.resize(chunk);
    scratch.slope.resize(chunk * model.heads.size());
  }
}

std::uint64_t MlpStep::scratch_floats(const ModelConfig& model, std::uint32_t batch_size) {
  const MlpLayers layers(model);
  std::uint64_t a_sample = 4 * static_cast<std::uint64_t>(model.dim) + model.heads.size() + 1, turned = 0;
  a_sample += 2 * static_cast<std::uint64_t>(layers.widest());
  for (int l = 0; l < layers.layers(); ++l) {
    a_sample += static_cast<std::uint64_t>(layers.width(l));
    if (layers.skips_zeros(l))
      turned += static_cast<std::uint64_t>(layers.inputs(l)) * static_cast<std::uint64_t>(layers.width(l));
  }
  return most_in_chunk(Tiling::room_for(batch_size).tile_size) * a_sample + turned;
}

void MlpStep::train_users(const Batch& batch, int member, int members) {
  Scratch& scratch = scratch_[static_cast<std::size_t>(member)];
  RowsAhead ahead = users_ahead(users_, batch, member, members);
  const std::uint32_t most = most_in_chunk(Tiling(batch.size).tile_size);
  bool turned = false;  // by its first tile: there may be none
  for_tiles(batch, member, members, [&](const Tile& tile) {
    if (!turned) turn_weights(scratch);
    turned = true;
    const std::uint32_t size = tile.end - tile.begin, chunks = (size + most - 1) / most;
    for (std::uint32_t chunk = 0, r = tile.users.first; chunk < chunks; ++chunk) {
      const std::uint32_t begin =
          tile.begin + share_begin(size, static_cast<int>(chunk), static_cast<int>(chunks));
      const std::uint32_t end =
          tile.begin + share_begin(size, static_cast<int>(chunk) + 1, static_cast<int>(chunks));
      forward_backward(batch, begin, end, tile.fetched_until, scratch, tile.dense_gradient, tile.sums);
      const InputGradients gradients = {scratch.input_gradients.data(), begin, end, masks_, scale_};
      keep_item_side(gradients, items_.dim(), items_.padded(), item_gradients_.data());
      r = update_users_of(users_, batch.user_runs, r, gradients, batch.row_step, ahead, row_gradient(member));
    }
  });
}

void MlpStep::turn_weights(Scratch& scratch) {
  for (int layer = 0; layer < layers_.layers(); ++layer)
    if (skips_zeros_of_inputs(layer))
      layers_.turn_weight(layer, dense_.values.data(), scratch.turned[static_cast<std::size_t>(layer)].data());
}

void MlpStep::forward_backward(const Batch& batch, std::uint32_t begin, std::uint32_t end,
                               std::uint32_t fetched_until, Scratch& scratch, float* gradient, TrainSums& sums) {
  const float* dense = dense_.values.data();
  const int layers = layers_.layers();
  const std::uint32_t size = end - begin;
  const auto hidden = [&](int layer) { return scratch.hidden[static_cast<std::size_t>(layer)].data(); };
  gather(batch, begin, end, fetched_until, users_, items_, masks_, scale_, scratch.inputs.data());

  const float* below = scratch.inputs.data();
  for (int layer = 0; layer < layers; ++layer) {
    if (skips_zeros_of_inputs(layer)) {
      scratch.nonzero.find(below, size, layers_.inputs(layer));
      layers_.forward(layer, dense, scratch.turned[static_cast<std::size_t>(layer)].data(), below, scratch.nonzero,
                      size, hidden(layer));
    } else {
      layers_.forward(layer, dense, below, size, hidden(layer));
    }
    below = hidden(layer);
  }
  for (std::size_t h = 0; h < model_.heads.size(); ++h) {
    layers_.head_scores(h, dense, below, size, scratch.score.data());
    head_losses(model_, model_.heads[h], settings_, batch, begin, end, scratch.score.data(),
                scratch.slope.data() + h * size, sums);
  }
  if (settings_.l2 > 0)
    sums.loss += static_cast<double>(settings_.l2) * squared_norms(batch, begin, end, users_, items_);

  float *error = scratch.error[0].data(), *spare = scratch.error[1].data();
  layers_.backward_heads(dense, below, scratch.slope.data(), size, error, gradient);
  for (int layer = layers - 1; layer > 0; --layer) {
    layers_.backward(layer, dense, hidden(layer - 1), error, size, scratch.nonzero, spare, gradient);
    std::swap(error, spare);
    layers_.mask_error(layer - 1, hidden(layer - 1), size, error);
  }
  layers_.backward(0, dense, scratch.inputs.data(), error, size, scratch.nonzero, scratch.input_gradients.data(),
                   gradient);
}

void MlpStep::update_items(const Batch& batch, int member, int members) {
  const RunShare share = share_of_runs(batch.item_runs, member, members);
  RowsAhead ahead = items_ahead(items_, batch, share, member, members);
  update_rows(items_, batch.item_runs, share, item_gradients_.data(), batch.row_step, ahead, row_gradient(member));
}

}  // namespace anirec
