// The training loop: epochs, validation, early stopping, checkpoints. Knows no arithmetic and no file format.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "dataset/split.h"
#include "engine/engine.h"
#include "evaluate/metrics.h"
#include "model/model_file.h"
#include "train/run_folder.h"
#include "train/train_config.h"

namespace anirec {

// What a watcher is told.
struct EpochReport {
  std::uint64_t epoch, step;
  Metrics train;
  std::optional<Metrics> validation;
  double seconds;  // of training
  double samples_per_second;
  bool best;
};

class TrainingWatcher {
 public:
  virtual ~TrainingWatcher() = default;
  // A few times a second: samples done in this epoch, its running loss, and the samples a second of late.
  virtual void on_progress(std::uint64_t epoch, double share_of_epoch, double loss, double samples_per_second) = 0;
  virtual void on_epoch(const EpochReport& report) = 0;
};

enum class FitEnd { all_epochs, stopped_early, out_of_time, interrupted };

struct FitInputs {
  const TrainConfig& config;
  const ModelConfig& model;
  const TrainSettings& settings;
  const Samples& samples;
  const IdMap &users, &items;
  RunFolder& run;
};

// Goes on from `progress` (of which the engine holds the state) to the end; on every way out, even the interrupted
// one, a checkpoint is committed and model.safetensors is there. Throws Error where a loss is not finite, leaving
// the last checkpoint as it was.
FitEnd fit(const FitInputs& in, Engine& engine, Progress& progress, TrainingWatcher& watcher);

}  // namespace anirec
