// What happens to the rows a batch touches: brought forward before it reads them, updated after it.
#pragma once

#include <cstdint>

#include "cpu/batch_plan.h"
#include "cpu/row_table.h"
#include "cpu/vector.h"
#include "engine/catch_up_table.h"
#include "formulas/optimizer.h"

namespace anirec {

// Runs [first, last).
struct RunShare {
  std::uint32_t first, last;
};

struct RowStep {
  const CatchUpTable* catch_up;
  std::uint64_t step;  // the one being made
  float rate;          // of the optimizers that are not Adam
  float l2;            // 2 λ / B: times a row's samples and its values, added to its gradient
};

// Exact Adam: w and bias of a share's runs as they stand after step − 1. Moments are left: the update decays them
// once for all the steps between. Rows that come after the share, up to run `fetched_until`, are asked for.
void bring_rows_forward(RowTable& table, const RowRuns& runs, RunShare share, std::uint32_t fetched_until,
                        const RowStep& step);

// Rows that memory brings in one by one while others are updated.
class RowsAhead {
 public:
  RowsAhead(const RowTable& table, const RowRuns& runs, RunShare share)
      : table_(table), row_(runs.row), at_(share.first), end_(share.last) {}
  ANIREC_INLINE void fetch_one() {
    if (at_ == end_) return;
    const std::uint32_t index = row_[at_++];
    const float* const row = table_.row(index);
    for (int k = 0; k < table_.tail_at() + lanes; k += lanes) __builtin_prefetch(row + k, 1, 2);
    if (table_.puts_updates_off()) __builtin_prefetch(&table_.last_step[index], 1, 2);
  }

 private:
  const RowTable& table_;
  const std::uint32_t* row_;
  std::uint32_t at_, end_;
};

// One row's update (of exact Adam what is not put off: RowTable) by its summed gradient g [padded] and bias
// gradient. Width: the padded width where the caller knows it, else 0.
template <int Width>
ANIREC_INLINE void update_row(RowTable& table, std::uint32_t index, std::uint32_t samples, float* __restrict g,
                              float bias_gradient, const RowStep& by) {
  float* const row = table.row(index);
  float* __restrict w = row;
  float* const tail = row + table.tail_at();
  const int width = Width > 0 ? Width : table.padded();
  // g has just been written in halves of vectors: read at once as whole ones, it would have to get to the cache
  // first.
  if (by.l2 > 0) {
    const float factor = by.l2 * static_cast<float>(samples);
    for (int k = 0; k < width; k += half_lanes) {
      Half at_g, at_w;
      load_half(at_g, g + k);
      load_half(at_w, w + k);
      at_g += factor * at_w;
      store_half(g + k, at_g);
    }
  }
  const auto descend = [&](float rate) __attribute__((always_inline)) {
    for (int k = 0; k < width; k += half_lanes) {
      Half at_w, at_g;
      load_half(at_w, w + k);
      load_half(at_g, g + k);
      sgd_update(at_w, at_g, rate);
      store_half(w + k, at_w);
    }
  };
  switch (table.optimizer()) {
    case Optimizer::adam: {
      float* __restrict m = row + table.first_at();
      float* __restrict v = row + table.second_at();
      const std::uint64_t steps = by.step - table.last_step[index];
      table.last_step[index] = static_cast<std::uint32_t>(by.step);
      const float decay1 = by.catch_up->decay1(steps), decay2 = by.catch_up->decay2(steps);
      for (int k = 0; k < width; k += half_lanes) {
        Half at_m, at_v, at_g;
        load_half(at_m, m + k);
        load_half(at_v, v + k);
        load_half(at_g, g + k);
        adam_moments(at_m, at_v, at_g, decay1, decay2);
        store_half(m + k, at_m);
        store_half(v + k, at_v);
      }
      if (table.has_bias())
        adam_moments(tail[tail_bias_first], tail[tail_bias_second], bias_gradient, decay1, decay2);
      return;
    }
    case Optimizer::lazy_adam: {
      float* __restrict m = row + table.first_at();
      float* __restrict v = row + table.second_at();
      const AdamStep step = by.catch_up->step(by.step);
      for (int k = 0; k < width; ++k) adam_update(w[k], m[k], v[k], g[k], step);
      if (table.has_bias())
        adam_update(tail[tail_bias], tail[tail_bias_first], tail[tail_bias_second], bias_gradient, step);
      return;
    }
    case Optimizer::adagrad: {
      float* __restrict v = row + table.second_at();
      for (int k = 0; k < width; ++k) adagrad_update(w[k], v[k], g[k], by.rate);
      if (table.has_bias()) adagrad_update(tail[tail_bias], tail[tail_bias_second], bias_gradient, by.rate);
      return;
    }
    case Optimizer::rowwise_adagrad: {
      Vec squares = {};
      for (int k = 0; k < width; k += lanes) {
        Vec part;
        load(part, g + k);
        squares.add_product(part, part);
      }
      // The mean of g² is added to the row's one accumulator; then its rate is the same for all elements.
      tail[tail_row_second] += lane_sum(squares) / static_cast<float>(table.dim());
      descend(by.rate / (std::sqrt(tail[tail_row_second]) + optimizer_epsilon));
      if (table.has_bias()) adagrad_update(tail[tail_bias], tail[tail_bias_second], bias_gradient, by.rate);
      return;
    }
    case Optimizer::sgd: {
      descend(by.rate);
      if (table.has_bias()) sgd_update(tail[tail_bias], bias_gradient, by.rate);
      return;
    }
  }
}

// The share of member `member` of `members` in `runs`, by samples and rows together.
RunShare share_of_runs(const RowRuns& runs, int member, int members);

}  // namespace anirec
