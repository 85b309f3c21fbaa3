// What evaluate and the end of train share: figures with their baselines, and evaluation.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dataset/seen_items.h"
#include "evaluate/baselines.h"
#include "evaluate/history.h"
#include "evaluate/metrics.h"
#include "train/run_folder.h"

namespace anirec {

struct Evaluation {
  std::string split;
  std::uint64_t unknown_users = 0, unknown_items = 0;  // rows
  Metrics metrics;
  std::vector<NamedMetrics> baselines;
};

// Pointwise figures of a range of the samples a run was trained on, with baselines from its training rows.
Evaluation evaluate_split(const Engine& engine, const ModelConfig& model, const Samples& samples,
                          const std::string& name, SampleRange range);

std::string evaluation_json(const Evaluation& evaluation);
void write_evaluation(const Evaluation& evaluation, const RunFolder& run);

// The tables of anirec compare for this one evaluation.
std::string describe_evaluation(const Evaluation& evaluation, const std::string& run, const TrainConfig& config,
                                std::uint64_t epochs);

// A run's metrics.jsonl; empty where there is none.
std::vector<EpochFigures> read_history(const RunFolder& run);

// The folder's own name: "runs/mf/" → "mf".
std::string run_name(const std::string& path);

}  // namespace anirec
