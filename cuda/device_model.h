// What training changes, on the device, and what looks things up for it.
#pragma once

#include <cstdint>
#include <vector>

#include "device/device.h"
#include "device/gemm.h"
#include "device_table.h"
#include "engine/catch_up_table.h"
#include "model/parameters.h"
#include "views.h"

namespace anirec::cuda {

// The dense parameters, end to end as in Parameters::dense, with their optimizer's state and the batch's gradient.
struct DeviceDense {
  explicit DeviceDense(std::size_t size) : values(size), first(size), second(size), gradient(size) {}
  device::Buffer<float> values, first, second, gradient;
};

// CatchUpTable on the device.
class DeviceCatchUp {
 public:
  explicit DeviceCatchUp(const device::Stream& stream);
  // Takes over blocks that are new in `table`; true where the view has changed.
  bool follow(const CatchUpTable& table, const device::Stream& stream);
  const CatchUpView& view() const { return view_; }

 private:
  device::Buffer<CatchUpSums> sums_, rho_;
  device::Buffer<std::uint32_t> block_begin_, block_mask_;
  device::Buffer<float> beta1_;
  device::Buffer<double> beta2_low_, beta2_high_;
  std::size_t blocks_ = 0;
  CatchUpView view_;
};

// A model that is looked at.
struct DeviceModel {
  const ModelConfig& model;
  const DeviceTable &users, &items;
  const DeviceDense& dense;
  CatchUpView catch_up;
  std::uint32_t now;  // steps done
};

HeadsView heads_view(const ModelConfig& model, const float class_weight[2]);

// Pointers into the dense parameters are multiples of this many bytes.
inline std::uint32_t alignment_at(std::size_t offset) { return offset % 4 == 0 ? 16 : offset % 2 == 0 ? 8 : 4; }

}  // namespace anirec::cuda
