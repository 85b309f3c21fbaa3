// What a training will take of this machine's memory, known before any of it is taken.
#pragma once

#include <cstdint>

#include "commands/open_engine.h"
#include "dataset/dataset.h"
#include "train/train_config.h"

namespace anirec {

struct MemoryPlan {
  std::uint64_t samples = 0;     // rows in split order
  std::uint64_t engine = 0;      // tables with moments, scratch
  std::uint64_t checkpoint = 0;  // copies of parameters and moments while one is written, and the best epoch's
  std::uint64_t total() const { return samples + engine + checkpoint; }
};

MemoryPlan plan_training(const TrainConfig& config, const DeviceChoice& device, const Dataset& dataset);

// Throws Error where the plan cannot be had; the dataset's columns give way to the samples.
void require_memory_for(const MemoryPlan& plan, const Dataset& dataset);

}  // namespace anirec
