#include "cpu/dot_step.h"

#include <algorithm>
#include <type_traits>

#include "cpu/heads.h"
#include "cpu/row_sums.h"

namespace anirec {
namespace {

// Calls body(width, masked) with the rows' padded width, where it is a common one and a loop over it need not be
// one, else 0, and whether there are masks, both as constants.
template <class Body>
ANIREC_INLINE void for_width(int padded, bool masked, Body&& body) {
  const auto with = [&](auto width) __attribute__((always_inline)) {
    masked ? body(width, std::true_type()) : body(width, std::false_type());
  };
  if (padded == 16)
    with(std::integral_constant<int, 16>());
  else if (padded == 32)
    with(std::integral_constant<int, 32>());
  else if (padded == 64)
    with(std::integral_constant<int, 64>());
  else
    with(std::integral_constant<int, 0>());
}

// What the gradient of a row of one side is made of: the other side's rows, each w[P] with its bias, where that is
// to be added, somewhere behind it.
struct OtherSide {
  const float* rows;
  std::size_t stride;
  int width, bias_at;          // P; where the bias lies in a row, −1: none is added
  const std::uint32_t* index;  // [B] the row of each sample
  const float* slope;          // [B]
  const DropoutMasks& masks;
  float scale;
  bool additive;
  bool near;  // the rows have just been read: nothing to ask for

  const float* row(std::uint32_t place) const { return rows + index[place] * stride; }
  ANIREC_INLINE void fetch(std::uint32_t place) const {
    if (near) return;
    const float* const from = row(place);
    for (int k = 0; k < width; k += lanes) __builtin_prefetch(from + k);
    if (bias_at >= 0) __builtin_prefetch(from + bias_at);
  }
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

// Scores of samples [begin, end). Rows of samples up to `fetched_until` are asked for.
template <int Width, bool Masked>
ANIREC_INLINE void score_samples(const Batch& batch, std::uint32_t begin, std::uint32_t end,
                                 std::uint32_t fetched_until, const RowTable& users, const RowTable& items,
                                 const DropoutMasks& masks, float scale, bool additive, float bias, float* score) {
  const int vectors = (Width > 0 ? Width : users.padded()) / lanes, tail = users.tail_at();
  for (std::uint32_t i = begin; i < end; ++i) {
    if (i + samples_fetched_ahead < fetched_until) fetch_rows_of(batch, i + samples_fetched_ahead, users, items);
    const float *x = users.row(batch.user[i]), *y = items.row(batch.item[i]);
    const float x_bias = x[tail + tail_bias], y_bias = y[tail + tail_bias];
    const float inside = additive ? 0.0f : 1.0f;
    const float dot = masked_dot<Masked>(x, y, inside * x_bias, inside * y_bias, vectors,
                                         Masked ? masks.of(i, 0) : nullptr, Masked ? masks.of(i, 1) : nullptr);
    score[i] = scale * dot + (additive ? x_bias + y_bias : 0.0f) + bias;
  }
}

ANIREC_CLONES void score_samples_of(const Batch& batch, std::uint32_t begin, std::uint32_t end,
                                    std::uint32_t fetched_until, const RowTable& users, const RowTable& items,
                                    const DropoutMasks& masks, float scale, bool additive, float bias,
                                    float* score) {
  for_width(
      users.padded(), masks.any(), [&](auto width, auto masked) __attribute__((always_inline)) {
        score_samples<width(), masked()>(batch, begin, end, fetched_until, users, items, masks, scale, additive,
                                         bias, score);
      });
}

// d loss / d row = scale Σ over its samples of slope · kept y, y with its bias where that is inside the product;
// gives the gradient of the row's own bias.
template <int Width, bool Masked>
ANIREC_INLINE float row_gradient(const RowRuns& runs, std::uint32_t r, const OtherSide& other, float* g) {
  const int vectors = (Width > 0 ? Width : other.width) / lanes;
  sum_row<Masked>(
      runs, runs.begin[r], runs.begin[r + 1], true, &other.masks, -1, vectors, g,
      [&](std::uint32_t place, int n, Vec& value) __attribute__((always_inline)) {
        const float* y = other.row(place);
        load(value, y + n * lanes);
        if (other.bias_at >= 0) value += y[other.bias_at];
        value *= other.slope[place];
      },
      [&](std::uint32_t place) __attribute__((always_inline)) { other.fetch(place); });
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
  for (std::uint32_t s = runs.begin[r]; s < runs.begin[r + 1]; ++s) slopes += other.slope[runs.place(s)];
  return slopes;
}

// Updates the rows of a share by their gradients, which `g` [P] has room for. `old` [runs][P], where there is any,
// gets the rows as they were before, with their biases where those are inside the product.
template <int Width, bool Masked>
ANIREC_INLINE void update_rows(RowTable& table, const RowRuns& runs, RunShare share, const OtherSide& other,
                               const RowStep& step, RowsAhead& ahead, float* old, float* g) {
  const int width = Width > 0 ? Width : table.padded();
  for (std::uint32_t r = share.first; r < share.last; ++r) {
    ahead.fetch_one();
    const float bias = row_gradient<Width, Masked>(runs, r, other, g);
    if (old != nullptr) {
      const float* const from = table.row(runs.row[r]);
      const float inside = other.additive ? 0.0f : from[table.tail_at() + tail_bias];
      float* __restrict to = old + r * static_cast<std::size_t>(width);
      for (int k = 0; k < width; ++k) to[k] = from[k] + inside;
    }
    update_row<Width>(table, runs.row[r], runs.begin[r + 1] - runs.begin[r], g, bias, step);
  }
}

ANIREC_CLONES void update_rows_of(RowTable& table, const RowRuns& runs, RunShare share, const OtherSide& other,
                                  const RowStep& step, RowsAhead& ahead, float* old, float* g) {
  for_width(
      table.padded(), other.masks.any(), [&](auto width, auto masked) __attribute__((always_inline)) {
        update_rows<width(), masked()>(table, runs, share, other, step, ahead, old, g);
      });
}

}  // namespace

DotStep::DotStep(const ModelConfig& model, const TrainSettings& settings, RowTable& users, RowTable& items,
                 DenseState& dense, int members)
    : ModelStep(model, settings, users, items, dense, members, model.additive_bias),
      scale_(dropout_scale(settings.dropout) * dropout_scale(settings.dropout)),
      score_(settings.batch_size),
      slope_(settings.batch_size) {
  if (users.puts_updates_off()) return;
  old_users_.resize(static_cast<std::size_t>(users.padded()) *
                    std::min<std::size_t>(settings.batch_size, model.users));
  user_run_.resize(settings.batch_size);
}

void DotStep::train_users(const Batch& batch, int member, int members) {
  const RowRuns& runs = batch.user_runs;
  const bool inside = !model_.additive_bias, keeps_old = !users_.puts_updates_off();
  const OtherSide other = {.rows = items_.row(0),
                           .stride = items_.stride(),
                           .width = items_.padded(),
                           .bias_at = inside ? items_.tail_at() + tail_bias : -1,
                           .index = batch.item,
                           .slope = slope_.data(),
                           .masks = masks_,
                           .scale = scale_,
                           .additive = !inside,
                           .near = true};
  RowsAhead ahead = users_ahead(users_, batch, member, members);
  for_tiles(batch, member, members, [&](const Tile& tile) {
    const std::uint32_t begin = tile.begin, end = tile.end;
    score_samples_of(batch, begin, end, tile.fetched_until, users_, items_, masks_, scale_, model_.additive_bias,
                     dense_.values[0], score_.data());
    head_losses(model_, model_.heads[0], settings_, batch, begin, end, score_.data() + begin,
                slope_.data() + begin, tile.sums);
    if (settings_.l2 > 0)
      tile.sums.loss += static_cast<double>(settings_.l2) * squared_norms(batch, begin, end, users_, items_);
    for (std::uint32_t i = begin; i < end; ++i) tile.dense_gradient[0] += slope_[i];
    update_rows_of(users_, runs, tile.users, other, batch.row_step, ahead, keeps_old ? old_users_.data() : nullptr,
                   row_gradient(member));
    if (keeps_old)
      for (std::uint32_t r = tile.users.first; r < tile.users.last; ++r)
        std::fill(user_run_.data() + runs.begin[r], user_run_.data() + runs.begin[r + 1], r);
  });
}

void DotStep::update_items(const Batch& batch, int member, int members) {
  const RunShare share = share_of_runs(batch.item_runs, member, members);
  OtherSide other = {.rows = users_.row(0),
                     .stride = users_.stride(),
                     .width = users_.padded(),
                     .bias_at = model_.additive_bias ? -1 : users_.tail_at() + tail_bias,
                     .index = batch.user,
                     .slope = slope_.data(),
                     .masks = masks_,
                     .scale = scale_,
                     .additive = model_.additive_bias,
                     .near = false};
  if (!users_.puts_updates_off()) {
    other.rows = old_users_.data();
    other.stride = static_cast<std::size_t>(users_.padded());
    other.bias_at = -1;
    other.index = user_run_.data();
  }
  RowsAhead ahead = items_ahead(items_, batch, share, member, members);
  fetch_first(batch.item_runs, share, [&](std::uint32_t place) { other.fetch(place); });
  update_rows_of(items_, batch.item_runs, share, other, batch.row_step, ahead, nullptr, row_gradient(member));
}

}  // namespace anirec
