// RUN/metrics.jsonl: an object an epoch and split.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace anirec {

// All throw DataError; a line but the last that is damaged is one.
class MetricsFile {
 public:
  explicit MetricsFile(std::string path) : path_(std::move(path)) {}

  // One object a line, one write a line.
  void append(const nlohmann::ordered_json& line) const;
  // What has been appended is on the disk. No file: nothing to do, here and below.
  void sync() const;
  // Cuts the file back to lines of steps up to `step`.
  void cut(std::uint64_t step) const;
  // Train lines.
  std::uint64_t epochs_trained() const;
  // Mean squared error of the ratings where validation went best, else of the last epoch of training; 1 where
  // there are no ratings.
  double rating_variance() const;

 private:
  std::string path_;
};

}  // namespace anirec
