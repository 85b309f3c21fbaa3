// RUN/: what training leaves behind. Section 4 of the contract.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "model/model_file.h"
#include "train/early_stopping.h"
#include "train/metrics_file.h"
#include "train/train_config.h"

namespace anirec {

// Where training stands; together with the optimizer's state it is all a resume needs.
struct Progress {
  std::uint64_t epoch = 0;  // whole epochs done
  std::uint64_t step = 0;   // steps done
  TrainSums sums;           // of the epoch that is under way
  double seconds = 0;       // trained in it
  BestSoFar best;
};

// Which dataset a run was trained on, and how to know it again.
struct DatasetReference {
  std::string path;  // absolute, or a name inside the run folder
  std::uint64_t rows = 0, users = 0, items = 0;
  std::string sources;  // their names and hashes, as JSON
  bool operator==(const DatasetReference&) const = default;
};

struct StoredConfig {
  TrainConfig options;
  DatasetReference dataset;
  std::string titles;  // an absolute path; "" where the run was trained without
};

class RunFolder {
 public:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  std::string model_file() const { return file("model.safetensors"); }
  std::string dataset_file() const { return file("dataset.anirec.safetensors"); }
  bool holds_run() const;
  // Throws DataError where it is a file, or may not be looked into.
  void refuse_unusable() const;
  // Throws DataError where it is that, is missing or holds no run.
  void require_run() const;

  // Makes the folder and keeps every other process that wants to write in it out (DataError) until this object is
  // gone. A folder it made that is then still empty goes with it. False where the file system knows no locks.
  // Clears up behind a process that was killed.
  bool lock();
  // Puts an old run aside, but for `kept` (a file's path), until the new one has its first checkpoint. Where this
  // object goes before that, and after a kill at the next lock(), the old run is put back.
  void set_aside(const std::string& kept);
  bool put_back() const { return put_back_; }  // whether lock() did so

  void take_dataset(const std::string& from) const;  // makes a file beside the run's own dataset that one
  void write_config(const StoredConfig& config) const;
  StoredConfig read_config() const;
  // The dataset this run was trained on, from where its configuration says; checked to be the same.
  Dataset read_dataset_of_run(const StoredConfig& config) const;

  MetricsFile metrics() const { return MetricsFile(file("metrics.jsonl")); }

  // Writes optimizer.safetensors, whose rename commits a checkpoint. An old run put aside goes then.
  void write_checkpoint(const ModelConfig& model, const Parameters& parameters, const OptimizerState& state,
                        const Progress& progress);
  struct Checkpoint {
    Parameters parameters;  // raw
    OptimizerState state;
    Progress progress;
  };
  std::optional<Checkpoint> read_checkpoint(const ModelConfig& model,
                                            Optimizer optimizer) const;  // none yet: nothing

  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

 private:
  bool is_committed() const;
  void restore() const;
  void drop_old() const;

  std::string path_;
  int lock_ = -1;
  bool old_is_aside_ = false, put_back_ = false;
  std::vector<std::string> made_;  // folders, innermost first
};

DatasetReference reference_to(const Dataset& dataset, const std::string& path);

}  // namespace anirec
