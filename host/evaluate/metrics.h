// The figures of the contract, section 2 "Metrics", and their JSON. The only home of RMSE, AUC and the rest.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>

#include "dataset/split.h"
#include "engine/engine.h"
#include "model/model_config.h"

namespace anirec {

struct RatingMetrics {
  double rmse = 0, mae = 0;
};

struct InteractionMetrics {
  double bce = 0;
  std::uint64_t tp = 0, fp = 0, tn = 0, fn = 0;  // at a score > 0.5
  std::optional<double> auc;                     // none where only one class occurs, or on train lines
  double accuracy() const;
  double precision() const;    // 0 where nothing was called positive
  double recall() const;       // 0 where nothing is positive
  double specificity() const;  // 0 where nothing is negative
};

struct RankingMetrics {
  int k = 10;
  std::uint64_t users = 0;  // with at least one relevant item
  double hr = 0, recall = 0, ndcg = 0, mrr = 0;
  double coverage = 0;  // share of the catalogue in some user's first k
};

// Of one set of rows. A set without rows has no figures: `rows` is 0, the rest is empty and stays out of the JSON.
struct Metrics {
  std::uint64_t rows = 0;
  double loss = 0;  // heads' weights, no class weights, no l2
  std::optional<RatingMetrics> rating;
  std::optional<InteractionMetrics> interaction;
  std::optional<RankingMetrics> ranking;
};

// Figures from scores before the activation; by_head[h][i] belongs to rows[i]. Sums in double, in groups of rows
// fixed by their position. AUC over all rows by ranks of the scores before the activation (a saturated sigmoid
// would tie), ties count half; none where a score is NaN.
Metrics pointwise_metrics(const ModelConfig& model, std::span<const Sample> rows, const Scores& scores);

// Figures of a stretch of training, from the engine's running sums (no AUC).
Metrics training_metrics(const ModelConfig& model, const TrainSums& sums);

// Scores a range of samples in blocks and gives its figures: bit for bit those of pointwise_metrics over all of
// them at once.
Metrics evaluate_rows(const Engine& engine, const ModelConfig& model, std::span<const Sample> rows);

// Keys as in the contract: loss, rmse, mae, bce, accuracy, precision, recall, specificity, auc; hr@10 …;
// adds to `out`. With `counts` also rows, tp, fp, tn, fn. A figure that is not finite is null.
void add_metrics(nlohmann::ordered_json& out, const Metrics& metrics, bool counts);
// One figure by its key ("loss", "rmse", …, "hr@10"), for --monitor; none where the metrics do not have it.
std::optional<double> metric_by_name(const Metrics& metrics, const std::string& name);
// Whether a larger figure is better (auc, accuracy, …); throws UsageError on a name that no metric has.
bool larger_is_better(const std::string& name);

}  // namespace anirec
