#include "evaluate/baselines.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/engine.h"
#include "evaluate/ranking_metrics.h"
#include "evaluate/table_engine.h"

using namespace anirec;

namespace {

std::vector<std::string> names(const std::vector<NamedMetrics>& baselines) {
  std::vector<std::string> out;
  for (const NamedMetrics& baseline : baselines) out.push_back(baseline.name);
  return out;
}

nlohmann::ordered_json json_of(const Metrics& metrics) {
  nlohmann::ordered_json out;
  add_metrics(out, metrics, true);
  return out;
}

}  // namespace

TEST_CASE("rating baselines by hand") {
  // Mean 4. Item 0: (2 + 0) / (5 + 2), item 1: −2 / 6. User 0: ((2 − b0) + (−2 − b1)) / 7, user 1: (0 − b0) / 6.
  const std::vector<Sample> train = {{0, 0, 6, 0}, {0, 1, 2, 0}, {1, 0, 4, 0}};
  const double item0 = 2.0 / 7, item1 = -2.0 / 6, user0 = (-item0 - item1) / 7, user1 = -item0 / 6;
  const std::vector<Sample> rows = {{1, 1, 5, 0},
                                    {0, 0, 4, 0},
                                    {unknown_index, 0, 3, 0},
                                    {1, unknown_index, 4, 0},
                                    {unknown_index, unknown_index, 8, 0},
                                    {2, 2, 4, 0}};
  const auto got = pointwise_baselines(Task::rating, train, 3, 3, rows);
  REQUIRE(names(got) == std::vector<std::string>{"global mean", "user+item mean"});

  CHECK(got[0].metrics.rows == 6);
  CHECK(got[0].metrics.loss == doctest::Approx((1 + 0 + 1 + 0 + 16 + 0) / 6.0));
  CHECK(got[0].metrics.rating->rmse == doctest::Approx(std::sqrt(3.0)));
  CHECK(got[0].metrics.rating->mae == doctest::Approx(1.0));

  const double errors[] = {4 + user1 + item1 - 5, user0 + item0, 4 + item0 - 3, user1, 4 - 8, 0};
  double squared = 0, absolute = 0;
  for (const double error : errors) squared += error * error, absolute += std::fabs(error);
  CHECK(got[1].metrics.rating->rmse == doctest::Approx(std::sqrt(squared / 6)).epsilon(1e-12));
  CHECK(got[1].metrics.rating->mae == doctest::Approx(absolute / 6).epsilon(1e-12));
  CHECK(got[1].metrics.loss == doctest::Approx(squared / 6).epsilon(1e-12));
  CHECK_FALSE(got[1].metrics.interaction);
}

TEST_CASE("interaction baselines by hand") {
  const std::vector<Sample> train = {{0, 0, 0, 1}, {0, 1, 0, 1}, {1, 0, 0, 1}, {1, 1, 0, 0}};
  const std::vector<Sample> rows = {{0, 0, 0, 1}, {1, 1, 0, 1}, {0, 1, 0, 0}};
  const auto got = pointwise_baselines(Task::interaction, train, 2, 2, rows);
  REQUIRE(names(got) == std::vector<std::string>{"always positive", "best constant"});
  for (const NamedMetrics& baseline : got) {
    CHECK(baseline.metrics.interaction->tp == 2);
    CHECK(baseline.metrics.interaction->fp == 1);
    CHECK(baseline.metrics.interaction->accuracy() == 2.0 / 3);
    CHECK(baseline.metrics.interaction->auc == 0.5);
    CHECK_FALSE(baseline.metrics.rating);
  }
  CHECK(std::isinf(got[0].metrics.interaction->bce));  // certain, and wrong once
  CHECK(json_of(got[0].metrics)["bce"].is_null());
  CHECK(got[1].metrics.interaction->bce == doctest::Approx(-(2 * std::log(0.75) + std::log(0.25)) / 3));
  CHECK(got[1].metrics.loss == got[1].metrics.interaction->bce);
}

TEST_CASE("interaction baselines where one class is rare or missing") {
  const std::vector<Sample> negative_train = {{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 2, 0, 1}};
  const std::vector<Sample> positive_rows = {{0, 0, 0, 1}, {0, 1, 0, 1}};
  auto got = pointwise_baselines(Task::interaction, negative_train, 1, 3, positive_rows);
  CHECK(got[0].metrics.interaction->bce == 0);  // always right
  CHECK_FALSE(got[0].metrics.interaction->auc);
  CHECK(got[1].metrics.interaction->fn == 2);  // a share of a third calls nothing positive
  CHECK(got[1].metrics.interaction->accuracy() == 0);

  // Only negatives in training: a positive costs infinitely much, a set without one nothing.
  const std::vector<Sample> all_negative = {{0, 0, 0, 0}};
  CHECK(std::isinf(pointwise_baselines(Task::interaction, all_negative, 1, 1, positive_rows)[1].metrics.loss));
  CHECK(pointwise_baselines(Task::interaction, all_negative, 1, 1, all_negative)[1].metrics.loss == 0);
}

TEST_CASE("the hybrid task has both kinds, and no loss: a baseline gives one target") {
  const std::vector<Sample> rows = {{0, 0, 7, 1}, {0, 1, 3, 0}};
  const auto got = pointwise_baselines(Task::hybrid, rows, 1, 2, rows);
  CHECK(names(got) ==
        std::vector<std::string>{"global mean", "user+item mean", "always positive", "best constant"});
  CHECK(json_of(got[1].metrics)["loss"].is_null());
  CHECK(json_of(got[0].metrics)["rmse"] == 2.0);
  CHECK(got[3].metrics.interaction->bce == doctest::Approx(std::log(2)));
}

TEST_CASE("no rows, no baselines") {
  const std::vector<Sample> rows = {{0, 0, 7, 1}};
  CHECK(pointwise_baselines(Task::hybrid, {}, 1, 1, rows).empty());
  CHECK(pointwise_baselines(Task::hybrid, rows, 1, 1, {}).empty());
}

TEST_CASE("most popular, by hand") {
  Samples samples;
  samples.users = 3;
  samples.items = 4;
  samples.rows = {{0, 2, 5, 0}, {1, 2, 5, 0}, {0, 1, 5, 0}, {1, 3, 5, 0},
                  {2, 0, 5, 0}, {2, 0, 5, 0}, {2, 0, 5, 0}};
  samples.train = {0, 4};  // item 2 twice, 1 and 3 once, 0 never: order 2 1 3 0
  const NamedMetrics got =
      popularity_baseline(samples, 2, make_lists({{1, 2}, {2, 3}, {}}), make_lists({{0}, {1}, {}}));
  CHECK(got.name == "most popular");
  REQUIRE(got.metrics.ranking);
  const RankingMetrics& m = *got.metrics.ranking;  // user 0: 3 0, user 1: 1 0
  CHECK(m.users == 2);
  CHECK(m.hr == 1);
  CHECK(m.mrr == 0.75);
  CHECK(m.ndcg == doctest::Approx((1 / std::log2(3) + 1) / 2));
  CHECK(m.coverage == 0.75);
  CHECK(json_of(got.metrics).dump().starts_with(R"({"hr@2":1.0,)"));
}

TEST_CASE("most popular counts positives where rows are labelled") {
  Samples samples;
  samples.users = 1;
  samples.items = 2;
  samples.task = Task::interaction;
  samples.rows = {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 1, 0, 1}};
  samples.train = {0, 3};
  const ItemLists none = make_lists({{}}), second = make_lists({{1}});
  CHECK(popularity_baseline(samples, 1, none, second).metrics.ranking->hr == 1);
  samples.task = Task::rating;
  CHECK(popularity_baseline(samples, 1, none, second).metrics.ranking->hr == 0);
}

TEST_CASE("most popular is what an engine that scores by popularity reaches") {
  std::mt19937 random(5);
  Samples samples;
  samples.users = 300;
  samples.items = 40;
  samples.task = Task::hybrid;
  std::vector<std::vector<std::uint32_t>> seen(samples.users), relevant(samples.users);
  std::vector<float> popularity(samples.items);
  std::uniform_int_distribution<std::uint32_t> any(0, 9);
  for (std::uint32_t u = 0; u < samples.users; ++u)
    for (std::uint32_t i = 0; i < samples.items; ++i) {
      if (any(random) < 2) {
        const bool positive = any(random) < 6;
        samples.rows.push_back({u, i, 5, positive ? 1.0f : 0.0f});
        popularity[i] += positive ? 1 : 0;
        seen[u].push_back(i);
      }
      // Some relevant items have been seen too; many users have none.
      if (u % 3 != 0 && any(random) < 1) relevant[u].push_back(i);
    }
  samples.train = {0, samples.rows.size()};
  const TableEngine engine(1, samples.items,
                           [&](std::size_t, std::uint32_t, std::uint32_t item) { return popularity[item]; });
  for (const int k : {1, 10, 60}) {
    const RankingMetrics expected =
        ranking_metrics(engine, samples.users, samples.items, k, make_lists(seen), make_lists(relevant));
    const RankingMetrics got =
        *popularity_baseline(samples, k, make_lists(seen), make_lists(relevant)).metrics.ranking;
    CHECK(got.users == expected.users);
    CHECK(got.hr == expected.hr);
    CHECK(got.recall == expected.recall);
    CHECK(got.ndcg == expected.ndcg);
    CHECK(got.mrr == expected.mrr);
    CHECK(got.coverage == expected.coverage);
  }
}
