#include "device_table.h"

#include <algorithm>

namespace anirec::cuda {
namespace {

int columns_of(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::adam:
    case Optimizer::lazy_adam: return 3;
    case Optimizer::adagrad: return 2;
    case Optimizer::rowwise_adagrad:
    case Optimizer::sgd: break;
  }
  return 1;
}

bool needs_tail(bool has_bias, Optimizer optimizer) { return has_bias || optimizer == Optimizer::rowwise_adagrad; }

// Rows that are moved at once between the host's layout and the device's.
constexpr std::uint32_t rows_a_piece = 65536;

}  // namespace

DeviceTable::DeviceTable(std::uint32_t rows, int dim, bool has_bias, Optimizer optimizer) {
  view_.count = rows;
  view_.columns = columns_of(optimizer);
  view_.dim = dim;
  view_.vectors = (dim + 3) / 4;
  view_.optimizer = optimizer;
  view_.has_bias = has_bias;
  rows_ = device::Buffer<float>(std::size_t{rows} * static_cast<std::size_t>(view_.columns * view_.vectors) * 4);
  if (needs_tail(has_bias, optimizer)) tail_ = device::Buffer<float>(std::size_t{rows} * 4);
  if (keeps_last_step()) last_step_ = device::Buffer<std::uint32_t>(rows);
  view_.rows = rows_.data();
  view_.tail = tail_.data();
  view_.last_step = last_step_.data();
  const device::Stream stream;
  rows_.clear(stream);
  tail_.clear(stream);
  last_step_.clear(stream);
  stream.synchronize();
}

std::uint64_t DeviceTable::bytes_needed(std::uint32_t rows, int dim, bool has_bias, Optimizer optimizer) {
  const std::uint64_t row = static_cast<std::uint64_t>(columns_of(optimizer)) * static_cast<std::uint64_t>((dim + 3) / 4) * 16;
  return rows * (row + (needs_tail(has_bias, optimizer) ? 16 : 0) + (optimizer == Optimizer::adam ? 4 : 0));
}

int DeviceTable::part_of(int column) const {
  if (column == 0) return 0;
  if (view_.columns == 3) return column;
  return view_.columns == 2 && column == 2 ? 1 : -1;
}

void DeviceTable::upload(int column, const std::vector<float>& values, const std::vector<float>& biases,
                         const device::Stream& stream) {
  const std::size_t dim = static_cast<std::size_t>(view_.dim), padded = static_cast<std::size_t>(view_.vectors) * 4;
  const std::size_t stride = padded * static_cast<std::size_t>(view_.columns);
  const bool rowwise = column == 2 && view_.optimizer == Optimizer::rowwise_adagrad;
  std::vector<float> rows, tail;
  for (std::uint32_t first = 0; first < view_.count; first += rows_a_piece) {
    const std::uint32_t count = std::min(rows_a_piece, view_.count - first);
    const int part = part_of(column);
    if (!values.empty() && part >= 0) {
      rows.resize(count * stride);
      rows_.download(rows, stream, first * stride);  // the other columns stay
      stream.synchronize();
      for (std::size_t r = 0; r < count; ++r)
        std::copy_n(values.data() + (first + r) * dim, dim, rows.data() + r * stride + static_cast<std::size_t>(part) * padded);
      rows_.upload(rows, stream, first * stride);
    }
    if (tail_.size() > 0) {
      tail.resize(std::size_t{count} * 4);
      tail_.download(tail, stream, std::size_t{first} * 4);
      stream.synchronize();
      for (std::size_t r = 0; r < count; ++r) {
        if (!biases.empty()) tail[r * 4 + static_cast<std::size_t>(column)] = biases[first + r];
        if (!values.empty() && rowwise) tail[r * 4 + 3] = values[first + r];
      }
      tail_.upload(tail, stream, std::size_t{first} * 4);
    }
    stream.synchronize();
  }
}

void DeviceTable::download(int column, std::vector<float>& values, std::vector<float>& biases,
                           const device::Stream& stream) const {
  values.clear();
  biases.clear();
  const bool rowwise = column == 2 && view_.optimizer == Optimizer::rowwise_adagrad;
  const int part = part_of(column);
  if (part < 0 && !rowwise) return;
  const std::size_t dim = static_cast<std::size_t>(view_.dim), padded = static_cast<std::size_t>(view_.vectors) * 4;
  const std::size_t stride = padded * static_cast<std::size_t>(view_.columns);
  values.resize(view_.count * (rowwise ? 1 : dim));
  if (view_.has_bias) biases.resize(view_.count);
  std::vector<float> rows, tail;
  for (std::uint32_t first = 0; first < view_.count; first += rows_a_piece) {
    const std::uint32_t count = std::min(rows_a_piece, view_.count - first);
    if (!rowwise) {
      rows.resize(count * stride);
      rows_.download(rows, stream, first * stride);
    }
    if (tail_.size() > 0) {
      tail.resize(std::size_t{count} * 4);
      tail_.download(tail, stream, std::size_t{first} * 4);
    }
    stream.synchronize();
    for (std::size_t r = 0; r < count; ++r) {
      if (rowwise)
        values[first + r] = tail[r * 4 + 3];
      else
        std::copy_n(rows.data() + r * stride + static_cast<std::size_t>(part) * padded, dim, values.data() + (first + r) * dim);
      if (view_.has_bias) biases[first + r] = tail[r * 4 + static_cast<std::size_t>(column)];
    }
  }
}

void DeviceTable::upload_last_steps(const std::vector<std::uint32_t>& steps, const device::Stream& stream) {
  last_step_.upload(steps, stream);
  stream.synchronize();
}

std::vector<std::uint32_t> DeviceTable::download_last_steps(const device::Stream& stream) const {
  std::vector<std::uint32_t> steps(last_step_.size());
  last_step_.download(steps, stream);
  stream.synchronize();
  return steps;
}

}  // namespace anirec::cuda
