// A search's folder: tune.json with what was asked for and found, the dataset, the trials that are alive, each a
// run folder, and at the end the best of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "train/search.h"

namespace anirec {

// What a trial has come to: after so many epochs, the best monitored figure so far as a loss (its negative where
// more is better). Infinite: it could not be trained.
struct TrialRecord {
  TrialSettings settings;
  std::map<std::uint64_t, double> loss_after;
};

struct SearchFolder {
  explicit SearchFolder(std::string folder) : path(std::move(folder)) {}

  std::string file(const std::string& name) const { return path + "/" + name; }
  std::string dataset_file() const { return file("dataset.anirec.safetensors"); }
  std::string trial_folder(std::uint64_t trial) const;  // from 1
  std::string best_folder() const { return file("best"); }
  std::string report_file() const { return file("report.html"); }
  bool holds_search() const;

  void write() const;
  void read();  // DataError where it is missing or damaged

  std::string path;
  std::map<std::string, std::string> arguments;  // flags given for all trials
  std::vector<SearchedSetting> search;
  std::string dataset;  // absolute path
  std::vector<TrialRecord> trials;
};

}  // namespace anirec
