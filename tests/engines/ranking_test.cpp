#include <doctest/doctest.h>

#include <algorithm>

#include "engines/engines.h"
#include "engines/small_problem.h"

using namespace anirec;

namespace {

std::unique_ptr<Engine> trained_engine(const Problem& p, const PresentEngine& present) {
  std::unique_ptr<Engine> engine = present.make(p.model, p.settings);
  engine->load(p.start, nullptr);
  engine->attach(p.samples);
  TrainSums sums;
  engine->train({0, step_begin(61, p.samples.train.size(), p.settings.batch_size)}, sums);
  return engine;
}

// All items of a user by predict(), left-out ones aside, best first.
std::vector<std::pair<float, std::uint32_t>> sorted_items(const Engine& engine, const ModelConfig& model,
                                                          std::uint32_t user,
                                                          std::span<const std::uint32_t> seen) {
  std::vector<std::uint32_t> users(model.items, user), items(model.items);
  for (std::uint32_t i = 0; i < model.items; ++i) items[i] = i;
  Scores scores;
  engine.predict(users, items, scores);
  std::vector<std::pair<float, std::uint32_t>> order;
  for (std::uint32_t i = 0; i < model.items; ++i)
    if (std::find(seen.begin(), seen.end(), i) == seen.end()) order.push_back({scores.by_head.back()[i], i});
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first > b.first || (a.first == b.first && a.second < b.second);
  });
  return order;
}

void check_ranking(const Problem& p, int k) {
  for (const PresentEngine& present : present_engines()) {
    CAPTURE(present.name);
    const std::unique_ptr<Engine> engine = trained_engine(p, present);
    const ItemLists seen = items_by_user(p.samples, {0, p.samples.rows.size() / 2});
    const ItemLists relevant =
        relevant_items_by_user(p.samples, {p.samples.rows.size() / 2, p.samples.rows.size()});
    std::vector<std::uint32_t> users = {unknown_index};
    for (std::uint32_t u = 0; u < p.model.users; ++u) users.push_back(p.model.users - 1 - u);
    Ranked ranked;
    engine->rank(users, k, &seen, &relevant, ranked);
    REQUIRE(ranked.item.size() == users.size() * static_cast<std::size_t>(k));
    for (std::size_t u = 0; u < users.size(); ++u) {
      CAPTURE(users[u]);
      const bool known = users[u] != unknown_index;
      const auto order =
          sorted_items(*engine, p.model, users[u], known ? seen.of(users[u]) : std::span<const std::uint32_t>());
      std::uint32_t first_relevant = 0;
      for (std::size_t place = order.size(); known && place-- > 0;) {
        const auto of_user = relevant.of(users[u]);
        if (std::find(of_user.begin(), of_user.end(), order[place].second) != of_user.end())
          first_relevant = static_cast<std::uint32_t>(place + 1);
      }
      CHECK(ranked.first_relevant_rank[u] == first_relevant);
      for (std::size_t place = 0; place < static_cast<std::size_t>(k); ++place) {
        const std::size_t at = u * static_cast<std::size_t>(k) + place;
        if (place >= order.size()) {
          CHECK(ranked.item[at] == unknown_index);
          continue;
        }
        // Sums in another order may swap what differs in the last bits only, never more.
        CHECK(ranked.score[at] == doctest::Approx(order[place].first).epsilon(1e-4));
        if (ranked.item[at] != order[place].second) CHECK(std::abs(order[place].first - ranked.score[at]) < 1e-5f);
      }
    }
  }
}

}  // namespace

TEST_CASE("ranks as sorting all scores does") {
  for (const int k : {1, 4, 11, 50}) {
    check_ranking(make_problem("mf", Task::rating), k);
    check_ranking(make_problem("nn", Task::interaction), k);
    check_ranking(make_problem("hybrid", Task::hybrid), k);
  }
  Problem additive = make_problem("mf", Task::interaction);
  additive.model.additive_bias = true;
  check_ranking(additive, 5);
  ProblemSize deep;
  deep.dim = 20;
  deep.hidden = {9, 17, 5};
  deep.items = 300;
  check_ranking(make_problem("nn", Task::rating, deep), 7);
  check_ranking(make_problem("mf", Task::rating, deep), 7);
  ProblemSize wide;  // one layer of more than a block of threads can share
  wide.dim = 4;
  wide.hidden = {2500};
  check_ranking(make_problem("hybrid", Task::hybrid, wide), 3);
}

TEST_CASE("ties go to the lower index") {
  Problem p = make_problem("mf", Task::rating);
  std::fill(p.start.item_embedding.begin(), p.start.item_embedding.end(), 0.25f);
  std::fill(p.start.item_bias.begin(), p.start.item_bias.end(), 0.0f);
  Problem q = make_problem("nn", Task::rating);
  std::fill(q.start.item_embedding.begin(), q.start.item_embedding.end(), 0.25f);
  for (const Problem* tied : {&p, &q})
    for (const PresentEngine& present : present_engines()) {
      const std::unique_ptr<Engine> engine = present.make(tied->model, tied->settings);
      engine->load(tied->start, nullptr);
      ItemLists seen;
      seen.offsets.assign(24, 0);
      for (std::size_t u = 4; u < 24; ++u) seen.offsets[u] = 2;
      seen.items = {0, 2};  // user 3 has these
      Ranked ranked;
      const std::vector<std::uint32_t> users = {3, 9};
      engine->rank(users, 3, &seen, nullptr, ranked);
      CHECK(ranked.item == std::vector<std::uint32_t>{1, 3, 4, 0, 1, 2});
    }
}

TEST_CASE("an unknown side counts as zero") {
  for (const PresentEngine& present : present_engines()) {
    const Problem p = make_problem("mf", Task::rating);
    const std::unique_ptr<Engine> engine = present.make(p.model, p.settings);
    engine->load(p.start, nullptr);
    Scores scores;
    const std::vector<std::uint32_t> users = {unknown_index, 2, unknown_index},
                                     items = {1, unknown_index, unknown_index};
    engine->predict(users, items, scores);
    // 0 · y + b: only the global bias is left.
    for (const float score : scores.by_head[0]) CHECK(score == p.start.dense[0]);
    Problem a = make_problem("mf", Task::rating);
    a.model.additive_bias = true;
    const std::unique_ptr<Engine> additive = present.make(a.model, a.settings);
    additive->load(a.start, nullptr);
    additive->predict(users, items, scores);
    CHECK(scores.by_head[0][0] == doctest::Approx(a.start.dense[0] + a.start.item_bias[1]));
    CHECK(scores.by_head[0][1] == doctest::Approx(a.start.dense[0] + a.start.user_bias[2]));
  }
}
