#include "evaluate/metrics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "error.h"
#include "evaluate/samples.h"
#include "evaluate/table_engine.h"

using namespace anirec;

namespace {

const Head rating_head = {Target::rating, Activation::identity, Loss::squared_error, 1};
const Head relu_head = {Target::rating, Activation::relu, Loss::squared_error, 1};
const Head label_head = {Target::label, Activation::sigmoid, Loss::cross_entropy, 5};

ModelConfig config(Task task, std::vector<Head> heads) {
  ModelConfig model;
  model.name = task == Task::hybrid ? "hybrid" : "nn";
  model.task = task;
  model.heads = std::move(heads);
  return model;
}

std::vector<Sample> labelled(const std::vector<float>& labels) {
  std::vector<Sample> rows;
  for (const float label : labels) rows.push_back({0, 0, 0, label});
  return rows;
}

nlohmann::ordered_json json_of(const Metrics& metrics, bool counts) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  add_metrics(out, metrics, counts);
  return out;
}

}  // namespace

TEST_CASE("rating figures by hand") {
  const Metrics m = pointwise_metrics(config(Task::rating, {rating_head}), rated({1, 5, 3, 8}), {{{2, 5, 1, 4}}});
  CHECK(m.rows == 4);
  CHECK(m.loss == 21.0 / 4);  // errors 1, 0, −2, −4
  REQUIRE(m.rating);
  CHECK(m.rating->rmse == doctest::Approx(std::sqrt(21.0 / 4)));
  CHECK(m.rating->mae == 7.0 / 4);
  CHECK_FALSE(m.interaction);
  CHECK_FALSE(m.ranking);
}

TEST_CASE("ratings are judged after the activation") {
  const Metrics relu = pointwise_metrics(config(Task::rating, {relu_head}), rated({1, 2}), {{{-7, 2}}});
  CHECK(relu.loss == 0.5);
  ModelConfig bounded = config(Task::rating, {{Target::rating, Activation::bounded, Loss::squared_error, 1}});
  bounded.bounds = {1, 10};
  CHECK(pointwise_metrics(bounded, rated({5}), {{{0}}}).rating->mae == doctest::Approx(0.5));
}

TEST_CASE("interaction figures by hand") {
  // Called positive: scores above 0. One of each kind but two true positives.
  const Metrics m = pointwise_metrics(config(Task::interaction, {label_head}), labelled({1, 1, 0, 0, 1}),
                                      {{{2, 0.5f, 1, -3, 0}}});
  REQUIRE(m.interaction);
  const InteractionMetrics& i = *m.interaction;
  CHECK(i.tp == 2);
  CHECK(i.fp == 1);
  CHECK(i.tn == 1);
  CHECK(i.fn == 1);  // a score of 0 is a probability of 0.5, which is not above 0.5
  CHECK(i.accuracy() == 3.0 / 5);
  CHECK(i.precision() == 2.0 / 3);
  CHECK(i.recall() == 2.0 / 3);
  CHECK(i.specificity() == 1.0 / 2);
  CHECK(*i.auc == doctest::Approx(4.0 / 6));
  const auto cost = [](double probability) { return -std::log(probability); };
  const auto sigma = [](double score) { return 1 / (1 + std::exp(-score)); };
  const double bce =
      (cost(sigma(2)) + cost(sigma(0.5)) + cost(1 - sigma(1)) + cost(1 - sigma(-3)) + cost(0.5)) / 5;
  CHECK(i.bce == doctest::Approx(bce).epsilon(1e-6));
  CHECK(m.loss == doctest::Approx(5 * bce).epsilon(1e-6));
}

TEST_CASE("a score just above 0 is positive, though its sigmoid rounds to 0.5") {
  const Metrics m = pointwise_metrics(config(Task::interaction, {label_head}), labelled({1}), {{{1e-12f}}});
  CHECK(m.interaction->tp == 1);
}

TEST_CASE("the hybrid loss is the weighted sum of both means") {
  std::vector<Sample> rows = {{0, 0, 4, 1}, {0, 0, 2, 0}};
  Head rating = rating_head;
  rating.weight = 0.5f;
  const Metrics m = pointwise_metrics(config(Task::hybrid, {rating, label_head}), rows, {{{5, 4}, {0, 0}}});
  CHECK(m.rating->rmse == doctest::Approx(std::sqrt(2.5)));
  CHECK(m.interaction->bce == doctest::Approx(std::log(2)));
  CHECK(m.loss == doctest::Approx(0.5 * 2.5 + 5 * std::log(2)));
}

TEST_CASE("figures of degenerate sets") {
  const ModelConfig model = config(Task::interaction, {label_head});
  SUBCASE("no rows: no figures") {
    const Metrics m = pointwise_metrics(model, {}, {{{}}});
    CHECK(m.rows == 0);
    CHECK_FALSE(m.interaction);
    CHECK(json_of(m, true).dump() == R"({"rows":0})");
    CHECK_FALSE(metric_by_name(m, "loss"));
  }
  SUBCASE("one class only") {
    const Metrics m = pointwise_metrics(model, labelled({0, 0}), {{{-1, -2}}});
    CHECK(m.interaction->precision() == 0);
    CHECK(m.interaction->recall() == 0);
    CHECK(m.interaction->specificity() == 1);
    CHECK_FALSE(m.interaction->auc);
    CHECK_FALSE(json_of(m, false).contains("auc"));
    CHECK(pointwise_metrics(model, labelled({1, 1}), {{{-1, 2}}}).interaction->specificity() == 0);
  }
  SUBCASE("a NaN score: no AUC, and null in the file") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Metrics m = pointwise_metrics(model, labelled({1, 0, 1}), {{{1, nan, nan}}});
    CHECK_FALSE(m.interaction->auc);
    CHECK(m.interaction->tp == 1);
    CHECK(m.interaction->fn == 1);
    CHECK(m.interaction->tn == 1);
    CHECK(json_of(m, false)["loss"].is_null());
    CHECK(json_of(m, false)["accuracy"] == 2.0 / 3);
  }
}

TEST_CASE("rows scored in blocks give the bits of all rows at once") {
  const std::size_t n = (std::size_t{1} << 20) + 12345;
  std::mt19937 random(3);
  std::uniform_int_distribution<std::uint32_t> any(0, 999);
  std::vector<Sample> rows;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t user = any(random), item = any(random);
    rows.push_back({i % 1000 == 0 ? unknown_index : user, item, static_cast<float>(1 + user % 10),
                    (user + item) % 3 == 0 ? 0.0f : 1.0f});
  }
  const auto score = [](std::size_t head, std::uint32_t user, std::uint32_t item) {
    if (user == unknown_index) return 0.25f;
    return std::sin(static_cast<float>(user * 31 + item * 17 + head));
  };
  const ModelConfig model = config(Task::hybrid, {relu_head, label_head});
  const TableEngine engine(2, 1000, score);
  const Metrics blocks = evaluate_rows(engine, model, rows);
  CHECK(engine.calls == 2);

  Scores all;
  all.by_head.resize(2);
  double squared = 0;
  for (const Sample& row : rows)
    for (std::size_t h = 0; h < 2; ++h) all.by_head[h].push_back(score(h, row.user, row.item));
  for (std::size_t i = 0; i < n; ++i) {
    const double difference = std::max(0.0f, all.by_head[0][i]) - rows[i].rating;
    squared += difference * difference;
  }
  CHECK(json_of(blocks, true) == json_of(pointwise_metrics(model, rows, all), true));
  CHECK(blocks.rows == n);
  CHECK(blocks.interaction->tp + blocks.interaction->fp + blocks.interaction->tn + blocks.interaction->fn == n);
  CHECK(blocks.rating->rmse == doctest::Approx(std::sqrt(squared / static_cast<double>(n))).epsilon(1e-7));

  CHECK(evaluate_rows(engine, model, {}).rows == 0);
  CHECK(engine.calls == 2);
}

TEST_CASE("training figures come from the running sums") {
  TrainSums sums;
  sums.samples = 10;
  sums.loss = 40;
  sums.squared_error = 90;
  sums.absolute_error = 20;
  sums.cross_entropy = 5;
  sums.true_positive = 4;
  sums.false_positive = 3;
  sums.true_negative = 2;
  sums.false_negative = 1;
  const Metrics both = training_metrics(config(Task::hybrid, {rating_head, label_head}), sums);
  CHECK(both.rows == 10);
  CHECK(json_of(both, true).dump() ==
        R"({"rows":10,"loss":4.0,"rmse":3.0,"mae":2.0,"bce":0.5,"accuracy":0.6,"precision":0.5714285714285714,)"
        R"("recall":0.8,"specificity":0.4,"tp":4,"fp":3,"tn":2,"fn":1})");
  CHECK_FALSE(training_metrics(config(Task::rating, {rating_head}), sums).interaction);
  CHECK_FALSE(training_metrics(config(Task::interaction, {label_head}), sums).rating);
  CHECK(training_metrics(config(Task::rating, {rating_head}), TrainSums{}).rows == 0);
}

TEST_CASE("figures by name") {
  Metrics m =
      pointwise_metrics(config(Task::hybrid, {rating_head, label_head}), labelled({1, 0}), {{{1, 1}, {2, 1}}});
  m.ranking = RankingMetrics{5, 3, 0.1, 0.2, 0.3, 0.4, 0.5};
  CHECK(metric_by_name(m, "loss") == m.loss);
  CHECK(metric_by_name(m, "rmse") == 1);
  CHECK(metric_by_name(m, "auc") == 1);
  CHECK(metric_by_name(m, "accuracy") == 0.5);
  CHECK(metric_by_name(m, "hr@5") == 0.1);
  CHECK(metric_by_name(m, "recall@5") == 0.2);
  CHECK(metric_by_name(m, "coverage") == 0.5);
  CHECK_FALSE(metric_by_name(m, "hr@10"));
  CHECK_FALSE(metric_by_name(m, "hr@"));
  CHECK_FALSE(metric_by_name(m, "nonsense"));
  CHECK(json_of(m, false).contains("ndcg@5"));

  m.ranking->users = 0;  // nobody had anything to find
  CHECK_FALSE(metric_by_name(m, "mrr"));
  CHECK_FALSE(json_of(m, false).contains("mrr"));

  CHECK(larger_is_better("auc"));
  CHECK(larger_is_better("recall"));
  CHECK(larger_is_better("hr@10"));
  CHECK_FALSE(larger_is_better("loss"));
  CHECK_FALSE(larger_is_better("bce"));
  for (const char* wrong : {"", "hr", "hr@", "hr@x", "AUC", "lossy", "loss@3"})
    CHECK_THROWS_AS(larger_is_better(wrong), UsageError);
  CHECK_THROWS_WITH(larger_is_better("rsme"),
                    "no figure is called 'rsme'; there are loss, rmse, mae, bce, accuracy, precision, recall, "
                    "specificity, auc, hr@K, recall@K, ndcg@K, mrr, coverage");
}
