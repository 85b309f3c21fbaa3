// Scores, ranks and copies of rows where the kernels' guards decide.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cuda/device_table.h"
#include "cuda/step.h"
#include "device/emulation.h"
#include "edges.h"

using namespace anirec;

TEST_CASE("catalogues beside the size of a block, and blocks of users that are not full") {
  for (const std::uint32_t items : {1u, 31u, 256u, 257u})
    for (const char* model : {"mf", "nn", "deep"}) {
      CAPTURE(items);
      CAPTURE(model);
      ProblemSize size;
      size.users = 5;
      size.items = items;
      if (std::string(model) == "deep") size.hidden = {3, 6};
      Problem p = make_problem(std::string(model) == "mf" ? "mf" : "nn", Task::rating, size);
      p.model.additive_bias = std::string(model) == "mf" && items == 31;
      if (p.model.name == "mf")
        std::generate(p.start.item_bias.begin(), p.start.item_bias.end(),
                      [n = 0]() mutable { return static_cast<float>(n++ % 3) / 8; });
      const std::unique_ptr<Engine> engine = engine_for(p);
      // Nothing seen, all seen, the first, the last, every second.
      ItemLists seen, relevant;
      seen.offsets = relevant.offsets = {0};
      for (std::uint32_t u = 0; u < size.users; ++u) {
        for (std::uint32_t i = 0; i < items; ++i) {
          if (u == 1 || (u == 2 && i == 0) || (u == 3 && i + 1 == items) || (u == 4 && i % 2 == 0))
            seen.items.push_back(i);
          if (u == 1 || (u == 2 && i + 1 == items) || (u == 3 && i % 5 == 3) || (u == 4 && i == 0))
            relevant.items.push_back(i);
        }
        seen.offsets.push_back(seen.items.size());
        relevant.offsets.push_back(relevant.items.size());
      }
      const std::vector<std::uint32_t> users = {0, 1, 2, 3, 4};
      Ranked ranked;
      const int k = 7;
      engine->rank(users, k, &seen, &relevant, ranked);
      for (const std::uint32_t u : users) {
        std::vector<std::uint32_t> of(items, u), order(items), all(items);
        std::iota(all.begin(), all.end(), 0u);
        order = all;
        Scores scores;
        engine->predict(of, all, scores);
        const std::vector<float>& score = scores.by_head.back();
        const auto lists = [](const ItemLists& l, std::uint32_t user, std::uint32_t item) {
          const auto s = l.of(user);
          return std::binary_search(s.begin(), s.end(), item);
        };
        std::erase_if(order, [&](std::uint32_t i) { return lists(seen, u, i); });
        std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
          return score[a] > score[b] || (score[a] == score[b] && a < b);
        });
        for (std::size_t place = 0; place < static_cast<std::size_t>(k); ++place) {
          const std::size_t at = u * static_cast<std::size_t>(k) + place;
          CHECK((ranked.item[at] == unknown_index) == (place >= order.size()));
          if (place < order.size()) CHECK(ranked.score[at] == doctest::Approx(score[order[place]]).epsilon(1e-4));
          if (place < order.size()) CHECK(std::fabs(score[ranked.item[at]] - score[order[place]]) < 1e-5f);
          if (place >= order.size()) CHECK(ranked.score[at] == 0);
        }
        std::uint32_t rank = 0;
        for (std::size_t place = order.size(); place-- > 0;)
          if (lists(relevant, u, order[place])) rank = static_cast<std::uint32_t>(place + 1);
        CHECK(ranked.first_relevant_rank[u] == rank);
      }
    }
}

TEST_CASE("a catalogue of equal scores is ranked by index, over several blocks of threads") {
  ProblemSize size;
  size.users = 3;
  size.items = 600;
  Problem p = make_problem("nn", Task::rating, size);
  std::fill(p.start.dense.begin(), p.start.dense.end(), 0.0f);
  const std::unique_ptr<Engine> engine = engine_for(p);
  ItemLists relevant;
  relevant.offsets = {0, 2, 2, 602};  // the last user's: all, more than a block has threads
  relevant.items = {258, 599};
  for (std::uint32_t i = 0; i < size.items; ++i) relevant.items.push_back(i);
  Ranked ranked;
  const std::vector<std::uint32_t> users = {0, 1, 2};
  constexpr std::uint32_t places = 260;
  CHECK(emulation::same_under_schedules(2, [&] {
    engine->rank(users, places, nullptr, &relevant, ranked);
    for (std::uint32_t i = 0; i < 3 * places; ++i) REQUIRE(ranked.item[i] == i % places);
    REQUIRE(ranked.first_relevant_rank == std::vector<std::uint32_t>{259, 0, 1});
    return ranked.item;
  }));
}

TEST_CASE("the row behind a table that is looked at becomes 0, whatever it was") {
  constexpr std::uint32_t rows = 3;
  constexpr int dim = 5;
  const device::Stream stream;
  cuda::DeviceTable from(rows, dim, true, Optimizer::sgd), to(rows + 1, dim, true, Optimizer::sgd);
  from.upload(0, std::vector<float>(rows * dim, 2), std::vector<float>(rows, 3), stream);
  to.upload(0, std::vector<float>((rows + 1) * dim, 7), std::vector<float>(rows + 1, 7), stream);
  cuda::launch_look(from.view(), {}, 0, to.view(), stream);
  std::vector<float> values, biases, expected(rows * dim, 2);
  to.download(0, values, biases, stream);
  expected.resize((rows + 1) * dim);
  CHECK(values == expected);
  CHECK(biases == std::vector<float>{3, 3, 3, 0});
}
