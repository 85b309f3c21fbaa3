// A window of batches: its samples, masks and plan on the device, made on the planning stream while the window before is
// computed.
#pragma once

#include <cstdint>

#include "chunk_store.h"
#include "device/device.h"
#include "engine/catch_up_table.h"
#include "step.h"
#include "views.h"

namespace anirec::cuda {

// Which part of a pass a window covers.
struct WindowRange {
  std::uint32_t pass;
  std::uint64_t in_pass;     // first position
  std::uint32_t size;        // samples
  std::uint64_t first_step;  // from 1
  std::uint32_t batches(std::uint32_t batch) const { return (size + batch - 1) / batch; }
};

// What planning uses and gives back within one window; shared by all windows, since they are planned one by one.
class PlanScratch {
 public:
  explicit PlanScratch(std::uint32_t samples);
  static std::uint64_t bytes_needed(std::uint32_t samples);

 private:
  friend class Window;
  device::Buffer<std::uint64_t> key_, sorted_key_;
  device::Buffer<std::uint32_t> place_, head_, number_, tile_number_;
  device::Buffer<std::byte> scratch_;
};

class Window {
 public:
  Window(const TrainSettings& settings, const ModelConfig& model, std::uint32_t batches);
  static std::uint64_t bytes_needed(const TrainSettings& settings, const ModelConfig& model, std::uint32_t batches);
  // Batches of a window: about 2^20 samples.
  static std::uint32_t batches_for(std::uint32_t batch_size);

  // Queues everything on `stream`.
  void plan(const WindowRange& range, std::uint64_t train_samples, std::uint32_t train_begin, const CatchUpTable& rates,
            ChunkStore& store, PlanScratch& scratch, const device::Stream& stream);

  FedView fed() const { return fed_; }
  const PlanView& plan_of(int side) const { return side == 0 ? users_.view : items_.view; }
  StepView step_view() const { return {steps_.data(), cursor_.data()}; }
  const StepScalars* steps() const { return steps_.data(); }
  std::uint32_t* cursor() { return cursor_.data(); }
  const WindowRange& range() const { return range_; }

 private:
  struct TablePlan {
    explicit TablePlan(std::uint32_t samples);
    device::Buffer<std::uint32_t> place, run_row, run_begin, run_tile, tile_run, tile_begin, long_run, long_tile;
    PlanView view;
  };
  void plan_table(TablePlan& table, int side, PlanScratch& scratch, const device::Stream& stream);

  const TrainSettings settings_;
  const std::uint32_t batches_;
  int row_bits_[2];
  device::Buffer<Sample> sample_;
  device::Buffer<std::uint32_t> index_, kept_;
  FedView fed_;
  TablePlan users_, items_;
  device::Buffer<StepScalars> steps_;
  device::Pinned<StepScalars> host_steps_;
  device::Buffer<std::uint32_t> cursor_;
  device::Buffer<WindowChunk> chunks_;
  device::Pinned<WindowChunk> host_chunks_;
  device::Event uploaded_;  // the pinned buffers may be written again
  WindowRange range_ = {};
};

}  // namespace anirec::cuda
