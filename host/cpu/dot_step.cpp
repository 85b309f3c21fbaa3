#include "cpu/dot_step.h"

#include <algorithm>

#include "cpu/heads.h"
#include "cpu/row_sums.h"

namespace anirec {
namespace {

// What the gradient of a row of one side is made of.
struct OtherSide {
  const RowTable& table;
  const std::uint32_t* index;  // [B] the other side's row of each sample
  const float* slope;          // [B]
  const DropoutMasks& masks;
  float scale;
  bool additive;
};

template <bool Masked>
ANIREC_INLINE float masked_dot(const float* x, const float* y, float x_bias, float y_bias, int vectors,
                               const std::uint16_t* user_bits, const std::uint16_t* item_bits) {
  Vec sum = {};
  for (int n = 0; n < vectors; ++n) {
    Vec a, b;
    load(a, x + n * lanes);
    load(b, y + n * lanes);
    a += x_bias;
    b += y_bias;
    a *= b;
    if (Masked) keep_lanes(a, static_cast<std::uint32_t>(user_bits[n] & item_bits[n]));
    sum += a;
  }
  return lane_sum(sum);
}

template <bool Masked>
ANIREC_INLINE void score_samples(const Batch& batch, std::uint32_t begin, std::uint32_t end, const RowTable& users,
                                 const RowTable& items, const DropoutMasks& masks, float scale, bool additive,
                                 float bias, float* score) {
  const int vectors = users.padded() / lanes, tail = users.tail_at();
  for (std::uint32_t i = begin; i < end; ++i) {
    if (i + samples_fetched_ahead < end) fetch_rows_of(batch, i + samples_fetched_ahead, users, items);
    const float *x = users.row(batch.user[i]), *y = items.row(batch.item[i]);
    const float x_bias = x[tail + tail_bias], y_bias = y[tail + tail_bias];
    const float inside = additive ? 0.0f : 1.0f;
    const float dot = masked_dot<Masked>(x, y, inside * x_bias, inside * y_bias, vectors,
                                         Masked ? masks.of(i, 0) : nullptr, Masked ? masks.of(i, 1) : nullptr);
    score[i - begin] = scale * dot + (additive ? x_bias + y_bias : 0.0f) + bias;
  }
}

ANIREC_CLONES void score_samples_of(const Batch& batch, std::uint32_t begin, std::uint32_t end,
                                    const RowTable& users, const RowTable& items, const DropoutMasks& masks,
                                    float scale, bool additive, float bias, float* score) {
  if (masks.any())
    score_samples<true>(batch, begin, end, users, items, masks, scale, additive, bias, score);
  else
    score_samples<false>(batch, begin, end, users, items, masks, scale, additive, bias, score);
}

// d loss / d row = scale Σ over its samples of slope · kept y, y with its bias where that is inside the product;
// gives the gradient of the row's own bias.
template <bool Masked>
ANIREC_INLINE float row_gradient(const RowRuns& runs, std::uint32_t r, const OtherSide& other, float* g) {
  const int vectors = other.table.padded() / lanes, tail = other.table.tail_at();
  const float inside = other.additive ? 0.0f : 1.0f;
  sum_row<Masked>(
      runs, r, other.masks, -1, vectors, g,
      [&](std::uint32_t place, int n, Vec& value) __attribute__((always_inline)) {
        const float* y = other.table.row(other.index[place]);
        load(value, y + n * lanes);
        value += inside * y[tail + tail_bias];
        value *= other.slope[place];
      },
      [&](std::uint32_t place) __attribute__((always_inline)) { other.table.fetch(other.index[place]); });
  Vec total = {};
  for (int n = 0; n < vectors; ++n) {
    Vec part;
    load(part, g + n * lanes);
    part *= other.scale;
    store(g + n * lanes, part);
    total += part;
  }
  if (!other.additive) return lane_sum(total);
  float slopes = 0;
  for (std::uint32_t s = runs.begin[r]; s < runs.begin[r + 1]; ++s) slopes += other.slope[runs.sample[s]];
  return slopes;
}

ANIREC_CLONES void sum_rows(const RowRuns& runs, RunShare share, const OtherSide& other, float* gradients,
                            std::size_t stride) {
  const std::size_t bias_at = stride - 1;
  for (std::uint32_t r = share.first; r < share.last; ++r) {
    float* g = gradients + r * stride;
    g[bias_at] =
        other.masks.any() ? row_gradient<true>(runs, r, other, g) : row_gradient<false>(runs, r, other, g);
  }
}

ANIREC_CLONES void sum_and_update_rows(RowTable& table, const RowRuns& runs, RunShare share,
                                       const OtherSide& other, const RowStep& step, RowsAhead ahead, float* g) {
  for (std::uint32_t r = share.first; r < share.last; ++r) {
    ahead.fetch_one();
    const float bias =
        other.masks.any() ? row_gradient<true>(runs, r, other, g) : row_gradient<false>(runs, r, other, g);
    update_row(table, runs.row[r], runs.begin[r + 1] - runs.begin[r], g, bias, step);
  }
}

ANIREC_CLONES void update_rows(RowTable& table, const RowRuns& runs, RunShare share, const RowStep& step,
                               RowsAhead ahead, float* gradients, std::size_t stride) {
  for (std::uint32_t r = share.first; r < share.last; ++r) {
    ahead.fetch_one();
    float* g = gradients + r * stride;
    update_row(table, runs.row[r], runs.begin[r + 1] - runs.begin[r], g, g[stride - 1], step);
  }
}

}  // namespace

DotStep::DotStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
                 DenseState& dense)
    : model_(model),
      settings_(settings),
      users_(users),
      items_(items),
      dense_(dense),
      masks_(model.dim, settings.dropout, settings.seed, settings.batch_size, model.additive_bias),
      scale_(dropout_scale(settings.dropout) * dropout_scale(settings.dropout)),
      slope_(settings.batch_size),
      item_gradients_(updates_at_once() ? 0
                                        : static_cast<std::size_t>(items.padded() + lanes) *
                                              std::min<std::size_t>(settings.batch_size, model.items)),
      dense_gradients_(Tiling::room_for(settings.batch_size).groups),
      tile_sums_(Tiling::room_for(settings.batch_size).tiles) {}

void DotStep::forward(const Batch& batch, int member, int members) {
  const Tiling tiling(batch.size);
  const std::uint32_t first = share_begin(tiling.groups, member, members);
  const std::uint32_t last = share_begin(tiling.groups, member + 1, members);
  for (std::uint32_t group = first; group < last; ++group) {
    float bias_gradient = 0;
    for (std::uint32_t tile = tiling.first_tile(group); tile < tiling.first_tile(group + 1); ++tile) {
      const std::uint32_t begin = tile * tiling.tile_size, end = std::min(batch.size, begin + tiling.tile_size);
      masks_.fill(static_cast<std::uint32_t>(batch.row_step.step), batch.sample, begin, end);
      float score[128];
      score_samples_of(batch, begin, end, users_, items_, masks_, scale_, model_.additive_bias, dense_.values[0],
                       score);
      TrainSums& sums = tile_sums_[tile];
      sums = TrainSums{};
      sums.samples = static_cast<double>(end - begin);
      head_losses(model_, model_.heads[0], settings_, batch, begin, end, score, slope_.data() + begin, sums);
      if (settings_.l2 > 0)
        sums.loss += static_cast<double>(settings_.l2) * squared_norms(batch, begin, end, users_, items_);
      for (std::uint32_t i = begin; i < end; ++i) bias_gradient += slope_[i];
    }
    dense_gradients_[group] = bias_gradient;
  }
}

void DotStep::sum_items(const Batch& batch, int member, int members) {
  if (updates_at_once()) return;
  const OtherSide other = {users_, batch.user, slope_.data(), masks_, scale_, model_.additive_bias};
  sum_rows(batch.item_runs, share_of_runs(batch.item_runs, member, members), other, item_gradients_.data(),
           item_gradient_stride());
}

void DotStep::update_users(const Batch& batch, int member, int members) {
  const OtherSide other = {items_, batch.item, slope_.data(), masks_, scale_, model_.additive_bias};
  const RunShare share = share_of_runs(batch.user_runs, member, members);
  std::vector<float> g(static_cast<std::size_t>(users_.padded()));
  sum_and_update_rows(users_, batch.user_runs, share, other, batch.row_step,
                      rows_ahead(users_, batch.user_runs, share, batch.next_user_runs, member, members), g.data());
}

void DotStep::update_items(const Batch& batch, int member, int members) {
  const RunShare share = share_of_runs(batch.item_runs, member, members);
  const RowsAhead ahead = rows_ahead(items_, batch.item_runs, share, batch.next_item_runs, member, members);
  if (updates_at_once()) {
    const OtherSide other = {users_, batch.user, slope_.data(), masks_, scale_, model_.additive_bias};
    std::vector<float> g(static_cast<std::size_t>(items_.padded()));
    sum_and_update_rows(items_, batch.item_runs, share, other, batch.row_step, ahead, g.data());
  } else {
    update_rows(items_, batch.item_runs, share, batch.row_step, ahead, item_gradients_.data(),
                item_gradient_stride());
  }
}

}  // namespace anirec
