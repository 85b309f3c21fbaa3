#include "cpu/mlp_step.h"

#include <algorithm>

#include "cpu/heads.h"
#include "cpu/row_sums.h"

namespace anirec {
namespace {

// Writes whole vectors: the lanes beyond D of a sample's user side are overwritten by its item side, and those of
// the item side by the next sample's user side; a vector lies behind the last.
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

ANIREC_CLONES void gather(const Batch& batch, std::uint32_t begin, std::uint32_t end, const RowTable& users,
                          const RowTable& items, const DropoutMasks& masks, float scale, float* inputs) {
  const int dim = users.dim(), vectors = users.padded() / lanes;
  for (std::uint32_t i = begin; i < end; ++i, inputs += 2 * dim) {
    if (i + samples_fetched_ahead < end) fetch_rows_of(batch, i + samples_fetched_ahead, users, items);
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

template <bool Masked>
ANIREC_INLINE void update_side(RowTable& table, const RowRuns& runs, RunShare share, const DropoutMasks& masks,
                               int side, const float* input_gradients, float scale, const RowStep& step,
                               RowsAhead ahead, float* g) {
  const int vectors = table.padded() / lanes;
  const std::size_t dim = static_cast<std::size_t>(table.dim());
  const float* from = input_gradients + static_cast<std::size_t>(side) * dim;
  for (std::uint32_t r = share.first; r < share.last; ++r) {
    ahead.fetch_one();
    sum_row<Masked>(
        runs, r, masks, side, vectors, g,
        [&](std::uint32_t place, int n, Vec& value) __attribute__((always_inline)) {
          load(value, from + place * 2 * dim + static_cast<std::size_t>(n) * lanes);
        },
        [&](std::uint32_t place) __attribute__((always_inline)) {
          for (std::size_t k = 0; k < dim; k += lanes) __builtin_prefetch(from + place * 2 * dim + k);
        });
    for (int k = 0; k < table.padded(); ++k) g[k] *= scale;
    update_row(table, runs.row[r], runs.begin[r + 1] - runs.begin[r], g, 0.0f, step);
  }
}

ANIREC_CLONES void update_table(RowTable& table, const RowRuns& runs, RunShare share, const DropoutMasks& masks,
                                int side, const float* input_gradients, float scale, const RowStep& step,
                                RowsAhead ahead, float* g) {
  if (masks.any())
    update_side<true>(table, runs, share, masks, side, input_gradients, scale, step, ahead, g);
  else
    update_side<false>(table, runs, share, masks, side, input_gradients, scale, step, ahead, g);
}

}  // namespace

MlpStep::MlpStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
                 DenseState& dense, int members)
    : model_(model),
      settings_(settings),
      users_(users),
      items_(items),
      dense_(dense),
      layers_(model),
      masks_(model.dim, settings.dropout, settings.seed, settings.batch_size, false),
      scale_(dropout_scale(settings.dropout)),
      dense_stride_(static_cast<std::size_t>(padded_width(static_cast<int>(dense.values.size())))),
      scratch_(static_cast<std::size_t>(members)) {
  const Tiling tiling = Tiling::room_for(settings.batch_size);
  const std::size_t inputs = 2 * static_cast<std::size_t>(model.dim), tile = tiling.tile_size;
  input_gradients_.resize(settings.batch_size * inputs + lanes);
  dense_gradients_.resize(tiling.groups * dense_stride_);
  tile_sums_.resize(tiling.tiles);
  for (Scratch& scratch : scratch_) {
    scratch.inputs.resize(tile * inputs + lanes);
    for (int l = 0; l < layers_.layers(); ++l)
      scratch.hidden.emplace_back(tile * static_cast<std::size_t>(layers_.width(l)));
    for (int l = 0; l < layers_.layers(); ++l)
      scratch.turned.emplace_back(skips_zeros_of_inputs(l) ? static_cast<std::size_t>(layers_.inputs(l)) *
                                                                 static_cast<std::size_t>(layers_.width(l))
                                                           : 0);
    scratch.nonzero = NonZeros(tiling.tile_size, std::max(2 * model.dim, layers_.widest()));
    for (LineVector& error : scratch.error) error.resize(tile * static_cast<std::size_t>(layers_.widest()));
    scratch.score.resize(tile);
    scratch.slope.resize(tile * model.heads.size());
  }
}

void MlpStep::forward_backward(const Batch& batch, int member, int members) {
  const Tiling tiling(batch.size);
  Scratch& scratch = scratch_[static_cast<std::size_t>(member)];
  const float* dense = dense_.values.data();
  const std::size_t inputs = 2 * static_cast<std::size_t>(model_.dim);
  const int layers = layers_.layers();
  const auto hidden = [&](int layer) { return scratch.hidden[static_cast<std::size_t>(layer)].data(); };
  const std::uint32_t first = share_begin(tiling.groups, member, members);
  const std::uint32_t last = share_begin(tiling.groups, member + 1, members);
  for (int layer = 0; layer < layers && first < last; ++layer)
    if (skips_zeros_of_inputs(layer))
      layers_.turn_weight(layer, dense, scratch.turned[static_cast<std::size_t>(layer)].data());
  for (std::uint32_t group = first; group < last; ++group) {
    float* gradient = dense_gradients_.data() + group * dense_stride_;
    std::fill_n(gradient, dense_.values.size(), 0.0f);
    for (std::uint32_t tile = tiling.first_tile(group); tile < tiling.first_tile(group + 1); ++tile) {
      const std::uint32_t begin = tile * tiling.tile_size, end = std::min(batch.size, begin + tiling.tile_size);
      const std::uint32_t size = end - begin;
      masks_.fill(static_cast<std::uint32_t>(batch.row_step.step), batch.sample, begin, end);
      gather(batch, begin, end, users_, items_, masks_, scale_, scratch.inputs.data());

      const float* below = scratch.inputs.data();
      for (int layer = 0; layer < layers; ++layer) {
        if (skips_zeros_of_inputs(layer)) {
          scratch.nonzero.find(below, size, layers_.inputs(layer));
          layers_.forward(layer, dense, scratch.turned[static_cast<std::size_t>(layer)].data(), below,
                          scratch.nonzero, size, hidden(layer));
        } else {
          layers_.forward(layer, dense, below, size, hidden(layer));
        }
        below = hidden(layer);
      }
      TrainSums& sums = tile_sums_[tile];
      sums = TrainSums{};
      sums.samples = static_cast<double>(size);
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
      layers_.backward(0, dense, scratch.inputs.data(), error, size, scratch.nonzero,
                       input_gradients_.data() + begin * inputs, gradient);
    }
  }
}

void MlpStep::update_rows(const Batch& batch, int member, int members) {
  std::vector<float> g(static_cast<std::size_t>(users_.padded()));
  // Runs lie in the order of their first samples: a member's share of either table is mostly of the samples whose
  // gradients it has just computed, and of the rows it has brought forward.
  const auto update = [&](RowTable& table, const RowRuns& runs, const RowRuns& next, int side) {
    const RunShare share = share_of_runs(runs, member, members);
    update_table(table, runs, share, masks_, side, input_gradients_.data(), scale_, batch.row_step,
                 rows_ahead(table, runs, share, next, member, members), g.data());
  };
  update(users_, batch.user_runs, batch.next_user_runs, 0);
  update(items_, batch.item_runs, batch.next_item_runs, 1);
}

}  // namespace anirec
