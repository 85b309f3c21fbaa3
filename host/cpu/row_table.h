// The rows of one embedding table with everything their optimizer keeps, side by side in memory: a row is read
// and written as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/line_vector.h"
#include "engine/catch_up_table.h"
#include "engine/train_settings.h"

namespace anirec {

class RowTable {
 public:
  // A row is w[P], then m[P] and v[P] as the optimizer has them, then a tail of 16 floats where there is a bias or
  // row-wise state: the bias, its m, its v, the row's one v. P = padded_width(dim).
  RowTable(std::uint32_t rows, int dim, bool has_bias, Optimizer optimizer);
  static std::uint64_t memory(std::uint32_t rows, int dim, bool has_bias,
                              Optimizer optimizer);  // bytes it will take

  std::uint32_t rows() const { return rows_; }
  int dim() const { return dim_; }
  int padded() const { return padded_; }
  Optimizer optimizer() const { return optimizer_; }
  bool has_bias() const { return has_bias_; }

  float* row(std::uint32_t index) { return data_.data() + index * stride_; }
  const float* row(std::uint32_t index) const { return data_.data() + index * stride_; }
  // Asks for a row's w, and its bias where it has one, ahead of their use.
  void fetch(std::uint32_t index) const {
    const float* const from = row(index);
    for (int k = 0; k < padded_; k += 16) __builtin_prefetch(from + k);
    if (has_bias_) __builtin_prefetch(from + tail_at_);
  }
  std::size_t stride() const { return stride_; }  // floats from a row to the next
  // Offsets into a row.
  int first_at() const { return first_at_; }    // m; -1: none
  int second_at() const { return second_at_; }  // v an element; -1: none
  int tail_at() const { return tail_at_; }      // bias, m, v, row-wise v

  // Adam only. A step writes a row's m and v alone: w moves when the row is next brought forward, by that update
  // and by the steps since, with one root and one division an element for both, and nobody waits for others to
  // have read w.
  bool puts_updates_off() const { return optimizer_ == Optimizer::adam; }
  // The step that wrote each row last; 0: never touched.
  std::vector<std::uint32_t> last_step;
  // Rows as they come from elsewhere, after step `now`: w has moved.
  void set_last_steps(const std::vector<std::uint32_t>& steps, std::uint64_t now);
  // What w and bias are to be moved by to stand after step `now`, if by anything. The row's last step is `last`.
  bool movement(std::uint64_t last, std::uint64_t now, const CatchUpTable& catch_up, CatchUp& by) const {
    const bool put_off = last > moved_until_;
    if (last == 0 || (last == now && !put_off)) return false;
    by = catch_up.between(last, now);
    if (put_off) by.update = catch_up.rate(last);
    return true;
  }

  // Whole columns, raw. `column`: 0 w, 1 m, 2 v; w to read is raw_row().
  void set(int column, const std::vector<float>& values, const std::vector<float>& biases);
  void get_moments(int column, std::vector<float>& values, std::vector<float>& biases) const;

  // w and bias of a row, into `to` [P], as they stand after step `now` or after the row's own last step; the table
  // is not changed.
  void brought_forward(std::uint32_t index, const CatchUpTable& catch_up, std::uint64_t now, float* to,
                       float& bias) const;
  void raw_row(std::uint32_t index, const CatchUpTable& catch_up, float* to, float& bias) const {
    brought_forward(index, catch_up, puts_updates_off() ? last_step[index] : 0, to, bias);
  }

 private:
  // Where a row has what, in floats.
  struct Layout {
    int first_at = -1, second_at = -1, tail_at, stride;
  };
  static Layout layout_of(int dim, bool has_bias, Optimizer optimizer);
  int column_at(int column) const;
  bool rowwise(int column) const { return column == 2 && optimizer_ == Optimizer::rowwise_adagrad; }

  std::uint32_t rows_;
  int dim_, padded_;
  bool has_bias_;
  Optimizer optimizer_;
  int first_at_ = -1, second_at_ = -1, tail_at_;
  std::size_t stride_;
  std::uint64_t moved_until_ = 0;  // rows last written in later steps have their update before them
  LineVector data_;
};

// Places in a row's tail.
constexpr int tail_bias = 0, tail_bias_first = 1, tail_bias_second = 2, tail_row_second = 3;

}  // namespace anirec
