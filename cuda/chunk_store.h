// The train samples as the device reads them: all of them resident, or as many chunks of 2^20 as fit, brought in from
// pinned memory on the planning stream while the step computes.
#pragma once

#include <cstdint>
#include <vector>

#include "dataset/split.h"
#include "device/device.h"
#include "views.h"

namespace anirec::cuda {

class ChunkStore {
 public:
  // `slots`: chunks that fit at once; at least slots_needed(). 0: everything is resident.
  ChunkStore(const Samples& samples, std::uint32_t slots, const device::Stream& stream);

  // Chunks that a window of so many samples can touch.
  static std::uint32_t slots_needed(std::uint64_t window_samples);
  static std::uint64_t bytes_resident(const Samples& samples) { return samples.train.size() * sizeof(Sample); }
  bool resident() const { return slots_.empty(); }

  // Where the samples of these chunks lie; queues the copies of those that are not there yet on `stream`, the only one
  // that reads them.
  std::vector<WindowChunk> bring(const std::vector<ChunkOrder>& chunks, const device::Stream& stream);

 private:
  struct Slot {
    std::uint64_t first_sample = ~std::uint64_t{0};  // of the chunk it holds
    std::uint64_t used = 0;                          // when, for replacing the one longest unused
  };
  static constexpr int staging_buffers = 2;

  const Samples& samples_;
  device::Buffer<Sample> memory_;
  std::vector<Slot> slots_;
  device::Pinned<Sample> staging_[staging_buffers];
  device::Event staged_[staging_buffers];
  std::uint64_t copies_ = 0, clock_ = 0;
};

}  // namespace anirec::cuda
