// metrics.jsonl read back: the figures of each epoch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace anirec {

struct EpochFigures {
  std::uint64_t epoch = 0;
  double seconds = 0;                               // of training
  std::map<std::string, double> train, validation;  // by their keys; a figure that was not finite is missing
};

// Lines that are damaged, or of another form, are passed over.
std::vector<EpochFigures> parse_history(std::string_view metrics_jsonl);

// The epoch that early stopping held for the best by `monitor` (as EarlyStopping takes it); 0 where no epoch has
// that figure.
std::uint64_t best_epoch(const std::vector<EpochFigures>& history, const std::string& monitor);

}  // namespace anirec
