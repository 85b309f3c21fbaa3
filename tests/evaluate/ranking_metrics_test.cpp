#include "evaluate/ranking_metrics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "error.h"
#include "evaluate/table_engine.h"
#include "interrupt.h"

using namespace anirec;

namespace {

double log2_gain(int rank) { return 1 / std::log2(rank + 1); }

}  // namespace

TEST_CASE("one user by hand") {
  RankingSums sums(5, 20);
  const std::vector<std::uint32_t> top = {4, 7, 1, 9, 3}, relevant = {1, 7, 11};
  sums.add(top, 2, relevant);
  const RankingMetrics m = sums.metrics();
  CHECK(m.k == 5);
  CHECK(m.users == 1);
  CHECK(m.hr == 1);
  CHECK(m.recall == doctest::Approx(2.0 / 3));
  CHECK(m.ndcg == doctest::Approx((log2_gain(2) + log2_gain(3)) / (log2_gain(1) + log2_gain(2) + log2_gain(3))));
  CHECK(m.ndcg == doctest::Approx(0.53072).epsilon(1e-5));
  CHECK(m.mrr == 0.5);
  CHECK(m.coverage == 5.0 / 20);
}

TEST_CASE("the ideal list is no longer than K, recall is of everything relevant") {
  RankingSums sums(2, 10);
  sums.add(std::vector<std::uint32_t>{0, 1}, 1, std::vector<std::uint32_t>{0, 1, 2, 3});
  CHECK(sums.metrics().ndcg == doctest::Approx(1));
  CHECK(sums.metrics().recall == 0.5);
}

TEST_CASE("means over users; a list that ends early; MRR looks past K") {
  RankingSums sums(3, 10);
  sums.add(std::vector<std::uint32_t>{5, unknown_index, unknown_index}, 0, std::vector<std::uint32_t>{2});
  sums.add(std::vector<std::uint32_t>{5, 6, 7}, 8, std::vector<std::uint32_t>{9});
  sums.add(std::vector<std::uint32_t>{6, 5, 8}, 1, std::vector<std::uint32_t>{6});
  const RankingMetrics m = sums.metrics();
  CHECK(m.users == 3);
  CHECK(m.hr == doctest::Approx(1.0 / 3));
  CHECK(m.recall == doctest::Approx(1.0 / 3));
  CHECK(m.ndcg == doctest::Approx(1.0 / 3));
  CHECK(m.mrr == doctest::Approx((0 + 1.0 / 8 + 1) / 3));
  CHECK(m.coverage == 4.0 / 10);
}

TEST_CASE("nobody to judge") {
  const TableEngine engine(1, 4, [](std::size_t, std::uint32_t, std::uint32_t) { return 0.0f; });
  const ItemLists empty = make_lists({{}, {}});
  const RankingMetrics m = ranking_metrics(engine, 2, 4, 10, empty, empty);
  CHECK(m.users == 0);
  CHECK(m.hr == 0);
  CHECK(m.coverage == 0);
  CHECK(engine.calls == 0);
}

TEST_CASE(
    "over an engine: seen items are out, ties go to the lower index, users without relevant items are no part") {
  // Everybody scores all items alike, so items come in order of their index.
  const TableEngine engine(1, 6, [](std::size_t, std::uint32_t, std::uint32_t) { return 1.0f; });
  const ItemLists seen = make_lists({{0, 1}, {}, {3}, {2}});
  const ItemLists relevant = make_lists({{2, 5}, {}, {3}, {1}});
  const RankingMetrics m = ranking_metrics(engine, 4, 6, 2, seen, relevant);
  // User 0: 2 3 | 4 5 finds 2 first. User 2: 0 1 | 2 4 5, what is relevant has been seen: missed. User 3: 0 1 | 3
  // 4 5.
  CHECK(m.users == 3);
  CHECK(m.hr == doctest::Approx(2.0 / 3));
  CHECK(m.recall == doctest::Approx((0.5 + 0 + 1) / 3));
  CHECK(m.ndcg == doctest::Approx((1 / (1 + log2_gain(2)) + 0 + log2_gain(2)) / 3));
  CHECK(m.mrr == doctest::Approx((1 + 0 + 0.5) / 3));
  CHECK(m.coverage == doctest::Approx(4.0 / 6));
}

TEST_CASE("many users in blocks, against figures from the definition") {
  const std::uint32_t users = 9000, items = 12;
  const int k = 4;
  std::mt19937 random(11);
  std::bernoulli_distribution is_seen(0.2), is_relevant(0.15);
  std::vector<std::vector<std::uint32_t>> seen(users), relevant(users);
  for (std::uint32_t u = 0; u < users; ++u)
    for (std::uint32_t i = 0; i < items; ++i) {
      if (is_seen(random)) seen[u].push_back(i);
      if (is_relevant(random)) relevant[u].push_back(i);
    }
  const auto score = [](std::size_t, std::uint32_t user, std::uint32_t item) {
    return static_cast<float>((user * 7 + item * item * 5) % 9);  // with ties
  };
  const TableEngine engine(1, items, score);
  const RankingMetrics got = ranking_metrics(engine, users, items, k, make_lists(seen), make_lists(relevant));
  CHECK(engine.calls > 1);

  double n = 0, hr = 0, recall = 0, ndcg = 0, mrr = 0;
  const auto has = [](const std::vector<std::uint32_t>& list, std::uint32_t item) {
    return std::find(list.begin(), list.end(), item) != list.end();
  };
  for (std::uint32_t u = 0; u < users; ++u) {
    if (relevant[u].empty()) continue;
    ++n;
    double hits = 0, gain = 0, ideal = 0, reciprocal = 0;
    for (const std::uint32_t item : relevant[u]) {
      if (has(seen[u], item)) continue;
      int rank = 1;
      for (std::uint32_t other = 0; other < items; ++other) {
        const float mine = score(0, u, item), theirs = score(0, u, other);
        if (!has(seen[u], other) && (theirs > mine || (theirs == mine && other < item))) ++rank;
      }
      if (rank <= k) hits += 1, gain += log2_gain(rank);
      reciprocal = std::max(reciprocal, 1.0 / rank);
    }
    for (int rank = 1; rank <= k && rank <= static_cast<int>(relevant[u].size()); ++rank) ideal += log2_gain(rank);
    hr += hits > 0;
    recall += hits / static_cast<double>(relevant[u].size());
    ndcg += gain / ideal;
    mrr += reciprocal;
  }
  CHECK(static_cast<double>(got.users) == n);
  CHECK(got.hr == doctest::Approx(hr / n).epsilon(1e-12));
  CHECK(got.recall == doctest::Approx(recall / n).epsilon(1e-12));
  CHECK(got.ndcg == doctest::Approx(ndcg / n).epsilon(1e-12));
  CHECK(got.mrr == doctest::Approx(mrr / n).epsilon(1e-12));
}

TEST_CASE("an interrupt ends a long ranking") {
  const TableEngine engine(1, 2, [](std::size_t, std::uint32_t, std::uint32_t) { return 0.0f; });
  set_interrupt_requested(true);
  CHECK_THROWS_AS(ranking_metrics(engine, 1, 2, 1, make_lists({{}}), make_lists({{0}})), Interrupted);
  set_interrupt_requested(false);
}
