#include "evaluate/history.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "evaluate/metrics.h"

namespace anirec {
namespace {

void add_line(std::vector<EpochFigures>& history, const nlohmann::json& line) {
  const auto epoch = line.find("epoch"), split = line.find("split");
  if (epoch == line.end() || split == line.end() || !epoch->is_number_unsigned() || !split->is_string()) return;
  const bool of_train = *split == "train";
  if (!of_train && *split != "validation") return;
  if (history.empty() || history.back().epoch != *epoch)
    history.push_back({epoch->get<std::uint64_t>(), 0, {}, {}});
  EpochFigures& figures = history.back();
  for (const auto& [key, value] : line.items()) {
    if (!value.is_number() || key == "epoch" || key == "step" || key == "samples_per_second") continue;
    if (key != "seconds")
      (of_train ? figures.train : figures.validation)[key] = value.get<double>();
    else if (of_train)
      figures.seconds = value.get<double>();
  }
}

}  // namespace

std::vector<EpochFigures> parse_history(std::string_view metrics_jsonl) {
  std::vector<EpochFigures> history;
  while (!metrics_jsonl.empty()) {
    const std::string_view text = metrics_jsonl.substr(0, metrics_jsonl.find('\n'));
    metrics_jsonl.remove_prefix(std::min(text.size() + 1, metrics_jsonl.size()));
    const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
    if (line.is_object()) add_line(history, line);
  }
  return history;
}

std::uint64_t best_epoch(const std::vector<EpochFigures>& history, const std::string& monitor) {
  const bool of_train = monitor.starts_with("train_") ||
                        std::all_of(history.begin(), history.end(),
                                    [](const EpochFigures& figures) { return figures.validation.empty(); });
  const std::string name = monitor.starts_with("train_") ? monitor.substr(6) : monitor;
  const bool larger = larger_is_better(name);
  std::optional<double> best;
  std::uint64_t epoch = 0;
  for (const EpochFigures& figures : history) {
    const auto& of_split = of_train ? figures.train : figures.validation;
    const auto value = of_split.find(name);
    if (value == of_split.end() || (best && !(larger ? value->second > *best : value->second < *best))) continue;
    best = value->second;
    epoch = figures.epoch;
  }
  return epoch;
}

}  // namespace anirec
