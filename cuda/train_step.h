// One step as the launches that step.h lists: memory for a batch, and the two trunks' sequences.
#pragma once

#include <cstdint>
#include <vector>

#include "device_model.h"
#include "engine/train_settings.h"
#include "phase_times.h"
#include "step.h"
#include "window.h"

namespace anirec::cuda {

class TrainStep {
 public:
  // `short_batch`: size of the batch that ends a pass; 0: passes end in a full one.
  TrainStep(const ModelConfig& model, const TrainSettings& settings, const DeviceTable& users, const DeviceTable& items,
            DeviceDense& dense, std::uint32_t window_samples, std::uint32_t short_batch, device::GemmMath math,
            const device::Stream& stream);
  static std::uint64_t bytes_needed(const ModelConfig& model, const TrainSettings& settings, std::uint32_t window_samples);

  // Queues the step that the window's cursor stands at, of `size` samples (a full or the short batch), and moves the
  // cursor on. Waits for nothing and allocates nothing: it can be captured.
  void queue(Window& window, std::uint32_t size, const CatchUpView& catch_up, const device::Stream& stream,
             PhaseTimes* times = nullptr);

  const SignalView& signal() const { return signal_; }
  const HeadsView& heads() const { return heads_; }

 private:
  // Dense layers for a slice of so many samples, first layer first.
  struct Products {
    Products(const ModelConfig& model, const std::vector<DenseTensor>& tensors, std::uint32_t samples, device::GemmMath math);
    std::uint32_t samples;
    std::vector<device::Gemm> forward, weight_gradient, input_gradient;
  };
  void queue_dot(Window& window, const RowSides& sides, std::uint32_t size, const CatchUpView& catch_up,
                 const device::Stream& stream, PhaseTimes* times);
  void queue_mlp(Window& window, std::uint32_t size, const device::Stream& stream, PhaseTimes* times);
  // Forward and backward, of the `samples` samples from slice.begin on.
  void queue_slice(Window& window, const SliceView& slice, std::uint32_t samples, const device::Stream& stream, PhaseTimes* times);

  const ModelConfig& model_;
  const TrainSettings& settings_;
  const DeviceTable &users_, &items_;
  DeviceDense& dense_;
  const std::vector<DenseTensor> tensors_;
  const HeadsView heads_;
  SignalView signal_;
  device::Buffer<float> score_, slope_, penalty_;
  device::Buffer<float> tile_partials_[2], tile_bias_partials_[2];
  device::Buffer<float> head_partials_;  // mf: its bias's; nn, hybrid: each head's weights and bias
  device::Buffer<PartialGradient> partials_;
  std::uint32_t widest_partial_ = 0;
  // mf
  device::Buffer<float> user_row_;
  device::Buffer<std::uint32_t> user_of_;
  // nn, hybrid: of a slice, but for dX, which the row sums read for the whole batch
  const std::uint32_t slice_;
  std::vector<Products> products_;  // a whole slice, and the rest of a full and of the short batch
  device::Buffer<float> inputs_, error_[2], input_error_;
  std::vector<device::Buffer<float>> hidden_;
  device::Buffer<float> layer_partials_;  // the layers' gradients, slice by slice, where a batch has several
};

}  // namespace anirec::cuda
