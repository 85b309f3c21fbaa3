// An embedding table on the device, with what its optimizer keeps.
#pragma once

#include <cstdint>
#include <vector>

#include "device/device.h"
#include "views.h"

namespace anirec::cuda {

class DeviceTable {
 public:
  DeviceTable(std::uint32_t rows, int dim, bool has_bias, Optimizer optimizer);
  static std::uint64_t bytes_needed(std::uint32_t rows, int dim, bool has_bias, Optimizer optimizer);

  const TableView& view() const { return view_; }
  bool keeps_last_step() const { return view_.optimizer == Optimizer::adam; }

  // Values [rows, D] (row-wise moments [rows]) and biases [rows] of a column: 0 w, 1 m, 2 v. Empty ones are left at 0.
  void upload(int column, const std::vector<float>& values, const std::vector<float>& biases, const device::Stream& stream);
  void download(int column, std::vector<float>& values, std::vector<float>& biases, const device::Stream& stream) const;
  void upload_last_steps(const std::vector<std::uint32_t>& steps, const device::Stream& stream);
  std::vector<std::uint32_t> download_last_steps(const device::Stream& stream) const;

 private:
  int part_of(int column) const;  // of a row; −1: the optimizer has none an element
  TableView view_;
  device::Buffer<float> rows_, tail_;
  device::Buffer<std::uint32_t> last_step_;
};

}  // namespace anirec::cuda
