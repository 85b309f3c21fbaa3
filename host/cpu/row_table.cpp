#include "cpu/row_table.h"

#include <algorithm>

#include "cpu/vector.h"

namespace anirec {
namespace {

ANIREC_CLONES void catch_up_row(float* __restrict to, const float* __restrict w, const float* __restrict m,
                                const float* __restrict v, int width, const CatchUp& by) {
  const CatchUp scalars = by;
  for (int k = 0; k < width; ++k) to[k] = catch_up(w[k], m[k], v[k], scalars);
}

}  // namespace

RowTable::Layout RowTable::layout_of(int dim, bool has_bias, Optimizer optimizer) {
  Layout layout;
  const int padded = padded_width(dim);
  int width = padded;
  if (optimizer == Optimizer::adam || optimizer == Optimizer::lazy_adam) {
    layout.first_at = width;
    width += padded;
  }
  if (layout.first_at >= 0 || optimizer == Optimizer::adagrad) {
    layout.second_at = width;
    width += padded;
  }
  layout.tail_at = width;
  if (has_bias || optimizer == Optimizer::rowwise_adagrad) width += lanes;
  layout.stride = width;
  return layout;
}

std::uint64_t RowTable::memory(std::uint32_t rows, int dim, bool has_bias, Optimizer optimizer) {
  return bytes_of_lines(static_cast<std::size_t>(layout_of(dim, has_bias, optimizer).stride) * sizeof(float) *
                        rows) +
         (optimizer == Optimizer::adam ? std::uint64_t{rows} * sizeof(std::uint32_t) : 0);
}

RowTable::RowTable(std::uint32_t rows, int dim, bool has_bias, Optimizer optimizer)
    : rows_(rows), dim_(dim), padded_(padded_width(dim)), has_bias_(has_bias), optimizer_(optimizer) {
  const Layout layout = layout_of(dim, has_bias, optimizer);
  first_at_ = layout.first_at;
  second_at_ = layout.second_at;
  tail_at_ = layout.tail_at;
  stride_ = static_cast<std::size_t>(layout.stride);
  data_.resize(stride_ * rows);
  if (puts_updates_off()) last_step.assign(rows, 0);
}

void RowTable::set_last_steps(const std::vector<std::uint32_t>& steps, std::uint64_t now) {
  last_step = steps;
  moved_until_ = now;
}

int RowTable::column_at(int column) const {
  return column == 0 ? 0 : column == 1 ? first_at_ : rowwise(column) ? tail_at_ + tail_row_second : second_at_;
}

void RowTable::set(int column, const std::vector<float>& values, const std::vector<float>& biases) {
  const std::size_t width = rowwise(column) ? 1 : static_cast<std::size_t>(dim_);
  for (std::uint32_t r = 0; r < rows_; ++r) {
    if (!values.empty()) std::copy_n(values.data() + r * width, width, row(r) + column_at(column));
    if (!biases.empty()) row(r)[tail_at_ + column] = biases[r];
  }
}

void RowTable::get_moments(int column, std::vector<float>& values, std::vector<float>& biases) const {
  values.clear();
  biases.clear();
  if (column_at(column) < 0) return;
  const std::size_t width = rowwise(column) ? 1 : static_cast<std::size_t>(dim_);
  values.resize(rows_ * width);
  if (has_bias_) biases.resize(rows_);
  for (std::uint32_t r = 0; r < rows_; ++r) {
    std::copy_n(row(r) + column_at(column), width, values.data() + r * width);
    if (has_bias_) biases[r] = row(r)[tail_at_ + column];
  }
}

void RowTable::brought_forward(std::uint32_t index, const CatchUpTable& table, std::uint64_t now, float* to,
                               float& bias) const {
  const float* from = row(index);
  bias = has_bias_ ? from[tail_at_ + tail_bias] : 0.0f;
  CatchUp by;
  if (!puts_updates_off() || !movement(last_step[index], now, table, by)) {
    std::copy_n(from, padded_, to);
    return;
  }
  catch_up_row(to, from, from + first_at_, from + second_at_, padded_, by);
  if (has_bias_) {
    const float* tail = from + tail_at_;
    bias = catch_up(tail[tail_bias], tail[tail_bias_first], tail[tail_bias_second], by);
  }
}

}  // namespace anirec
