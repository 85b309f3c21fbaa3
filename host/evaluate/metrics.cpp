#include "evaluate/metrics.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "error.h"
#include "evaluate/auc.h"

namespace anirec {
namespace {

// Rows whose sum is formed before it joins the total: keeps rounding errors small over many millions of rows.
constexpr std::size_t sum_group = 4096;
// Rows scored at a time by evaluate_rows: a multiple of sum_group, so that blocks do not change a bit.
constexpr std::size_t score_block = std::size_t{1} << 20;
static_assert(score_block % sum_group == 0);

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// What the rows seen so far amount to.
class PointwiseSums {
 public:
  // `all_rows` is everything that will be added.
  PointwiseSums(const ModelConfig& model, std::span<const Sample> all_rows)
      : model_(model), head_loss_(model.heads.size()) {
    if (!task_has_label(model.task)) return;
    const auto positives = static_cast<std::size_t>(
        std::count_if(all_rows.begin(), all_rows.end(), [](const Sample& row) { return row.label > 0.5f; }));
    positive_scores_.reserve(positives);
    negative_scores_.reserve(all_rows.size() - positives);
  }

  void add(std::span<const Sample> rows, const Scores& scores) {
    for (std::size_t begin = 0; begin < rows.size(); begin += sum_group) {
      const std::size_t end = std::min(rows.size(), begin + sum_group);
      for (std::size_t h = 0; h < model_.heads.size(); ++h) add_group(h, rows, scores.by_head[h], begin, end);
    }
    rows_ += rows.size();
  }

  Metrics metrics() {
    Metrics out;
    out.rows = rows_;
    if (rows_ == 0) return out;
    const auto n = static_cast<double>(rows_);
    for (std::size_t h = 0; h < model_.heads.size(); ++h) {
      const Head& head = model_.heads[h];
      out.loss += static_cast<double>(head.weight) * (head_loss_[h] / n);
      if (head.target == Target::rating) {
        out.rating = RatingMetrics{std::sqrt(squared_error_ / n), absolute_error_ / n};
      } else {
        interaction_.bce = cross_entropy_ / n;
        interaction_.auc = area_under_curve(positive_scores_, negative_scores_);
        out.interaction = interaction_;
      }
    }
    return out;
  }

 private:
  void add_group(std::size_t h, std::span<const Sample> rows, const std::vector<float>& score, std::size_t begin,
                 std::size_t end) {
    const Head& head = model_.heads[h];
    double loss = 0, absolute = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const float target = head.target == Target::rating ? rows[i].rating : rows[i].label;
      loss += static_cast<double>(head_loss(head.loss, head.activation, score[i], target, model_.bounds).loss);
      if (head.target == Target::rating)
        absolute += static_cast<double>(std::fabs(activate(head.activation, score[i], model_.bounds) - target));
      else
        count(score[i], target > 0.5f);
    }
    head_loss_[h] += loss;
    absolute_error_ += absolute;
    (head.target == Target::rating ? squared_error_ : cross_entropy_) += loss;
  }

  // An activated score is above 0.5 where the score before the sigmoid is positive; the sigmoid itself rounds
  // to 0.5 there.
  void count(float score, bool positive) {
    const bool called_positive = score > 0;
    if (positive) {
      ++(called_positive ? interaction_.tp : interaction_.fn);
      positive_scores_.push_back(score);
    } else {
      ++(called_positive ? interaction_.fp : interaction_.tn);
      negative_scores_.push_back(score);
    }
  }

  const ModelConfig& model_;
  std::uint64_t rows_ = 0;
  std::vector<double> head_loss_;
  double squared_error_ = 0, absolute_error_ = 0, cross_entropy_ = 0;
  InteractionMetrics interaction_;
  std::vector<float> positive_scores_, negative_scores_;
};

// Every figure that has a name, in the order it is written. A key that ends in '@' is followed by K.
struct Figure {
  const char* key;
  bool larger_is_better;
  std::optional<double> (*of)(const Metrics&);
};

template <auto member>
std::optional<double> rating_figure(const Metrics& metrics) {
  if (!metrics.rating) return std::nullopt;
  return (*metrics.rating).*member;
}

template <double (InteractionMetrics::*method)() const>
std::optional<double> interaction_figure(const Metrics& metrics) {
  if (!metrics.interaction) return std::nullopt;
  return ((*metrics.interaction).*method)();
}

template <auto member>
std::optional<double> ranking_figure(const Metrics& metrics) {
  if (!metrics.ranking || metrics.ranking->users == 0) return std::nullopt;
  return (*metrics.ranking).*member;
}

constexpr Figure figures[] = {
    {"loss", false, [](const Metrics& m) { return m.rows == 0 ? std::nullopt : std::optional<double>(m.loss); }},
    {"rmse", false, rating_figure<&RatingMetrics::rmse>},
    {"mae", false, rating_figure<&RatingMetrics::mae>},
    {"bce", false,
     [](const Metrics& m) { return m.interaction ? std::optional<double>(m.interaction->bce) : std::nullopt; }},
    {"accuracy", true, interaction_figure<&InteractionMetrics::accuracy>},
    {"precision", true, interaction_figure<&InteractionMetrics::precision>},
    {"recall", true, interaction_figure<&InteractionMetrics::recall>},
    {"specificity", true, interaction_figure<&InteractionMetrics::specificity>},
    {"auc", true, [](const Metrics& m) { return m.interaction ? m.interaction->auc : std::nullopt; }},
    {"hr@", true, ranking_figure<&RankingMetrics::hr>},
    {"recall@", true, ranking_figure<&RankingMetrics::recall>},
    {"ndcg@", true, ranking_figure<&RankingMetrics::ndcg>},
    {"mrr", true, ranking_figure<&RankingMetrics::mrr>},
    {"coverage", true, ranking_figure<&RankingMetrics::coverage>},
};

bool takes_k(std::string_view key) { return key.back() == '@'; }

std::string full_key(const Figure& figure, const Metrics& metrics) {
  return takes_k(figure.key) && metrics.ranking ? figure.key + std::to_string(metrics.ranking->k) : figure.key;
}

}  // namespace

double InteractionMetrics::accuracy() const { return ratio(tp + tn, tp + tn + fp + fn); }
double InteractionMetrics::precision() const { return ratio(tp, tp + fp); }
double InteractionMetrics::recall() const { return ratio(tp, tp + fn); }
double InteractionMetrics::specificity() const { return ratio(tn, tn + fp); }

Metrics pointwise_metrics(const ModelConfig& model, std::span<const Sample> rows, const Scores& scores) {
  PointwiseSums sums(model, rows);
  sums.add(rows, scores);
  return sums.metrics();
}

Metrics training_metrics(const ModelConfig& model, const TrainSums& sums) {
  Metrics out;
  out.rows = static_cast<std::uint64_t>(sums.samples);
  if (out.rows == 0) return out;
  out.loss = sums.loss / sums.samples;
  if (task_has_rating(model.task))
    out.rating = RatingMetrics{std::sqrt(sums.squared_error / sums.samples), sums.absolute_error / sums.samples};
  if (task_has_label(model.task)) {
    InteractionMetrics& interaction = out.interaction.emplace();
    interaction.bce = sums.cross_entropy / sums.samples;
    interaction.tp = static_cast<std::uint64_t>(sums.true_positive);
    interaction.fp = static_cast<std::uint64_t>(sums.false_positive);
    interaction.tn = static_cast<std::uint64_t>(sums.true_negative);
    interaction.fn = static_cast<std::uint64_t>(sums.false_negative);
  }
  return out;
}

Metrics evaluate_rows(const Engine& engine, const ModelConfig& model, std::span<const Sample> rows) {
  PointwiseSums sums(model, rows);
  std::vector<std::uint32_t> users, items;
  Scores scores;
  for (std::size_t begin = 0; begin < rows.size(); begin += score_block) {
    const auto block = rows.subspan(begin, std::min(score_block, rows.size() - begin));
    users.clear();
    items.clear();
    for (const Sample& row : block) {
      users.push_back(row.user);
      items.push_back(row.item);
    }
    engine.predict(users, items, scores);
    sums.add(block, scores);
  }
  return sums.metrics();
}

void add_metrics(nlohmann::ordered_json& out, const Metrics& metrics, bool counts) {
  // The popularity baseline ranks and judges no rows.
  if (counts && (metrics.rows > 0 || !metrics.ranking)) out["rows"] = metrics.rows;
  for (const Figure& figure : figures) {
    const std::optional<double> value = figure.of(metrics);
    if (!value) continue;
    nlohmann::ordered_json& entry = out[full_key(figure, metrics)];
    // JSON knows no infinity: the BCE of "always positive", or a run that diverged.
    if (std::isfinite(*value)) entry = *value;
  }
  if (counts && metrics.interaction) {
    out["tp"] = metrics.interaction->tp;
    out["fp"] = metrics.interaction->fp;
    out["tn"] = metrics.interaction->tn;
    out["fn"] = metrics.interaction->fn;
  }
}

std::optional<double> metric_by_name(const Metrics& metrics, const std::string& name) {
  for (const Figure& figure : figures)
    if (full_key(figure, metrics) == name) return figure.of(metrics);
  return std::nullopt;
}

bool larger_is_better(const std::string& name) {
  for (const Figure& figure : figures) {
    const std::string_view key = figure.key;
    if (!takes_k(key) ? name == key
                      : name.size() > key.size() && name.starts_with(key) &&
                            name.find_first_not_of("0123456789", key.size()) == std::string::npos)
      return figure.larger_is_better;
  }
  std::string known;
  for (const Figure& figure : figures)
    known += (known.empty() ? "" : ", ") + std::string(figure.key) + (takes_k(figure.key) ? "K" : "");
  throw UsageError("no figure is called '" + printable(name) + "'; there are " + known);
}

}  // namespace anirec
