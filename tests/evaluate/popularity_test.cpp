#include "evaluate/popularity.h"

#include <doctest/doctest.h>

#include "evaluate/table_engine.h"

using namespace anirec;

namespace {

// Three users, four items; item 2 has three training rows, item 0 two, item 3 one, item 1 none but a test row.
Samples small_samples() {
  Samples samples;
  samples.rows = {{0, 2, 5, 0}, {1, 2, 5, 0}, {2, 2, 5, 0}, {0, 0, 5, 0},
                  {1, 0, 5, 0}, {2, 3, 5, 0}, {0, 1, 5, 0}};
  samples.train = {0, 6};
  samples.test = {6, 7};
  samples.users = 3;
  samples.items = 4;
  return samples;
}

}  // namespace

TEST_CASE("items are ordered by their training rows") {
  std::vector<std::uint64_t> rows;
  CHECK(items_by_popularity(small_samples(), rows) == std::vector<std::uint32_t>{2, 0, 3, 1});
  CHECK(rows == std::vector<std::uint64_t>{2, 0, 3, 1});
}

TEST_CASE("shares of ratings and recommendations, without what users have in any split") {
  const Samples samples = small_samples();
  const TableEngine engine(
      1, 4, [](std::size_t, std::uint32_t, std::uint32_t item) { return static_cast<float>(item); });
  // By score 3, 2, 1, 0: user 0 has 2, 0 and, in the test split, 1: gets 3. User 1 has 2 and 0: gets 3.
  const auto shares = popularity_shares(engine, samples, std::vector<std::uint32_t>{0, 1}, 1);
  CHECK(shares.users == 2);
  CHECK(shares.items == 4);
  CHECK(shares.recommended == 1);
  CHECK(shares.users_of_item == std::vector<std::uint64_t>{0, 0, 0, 2});
  CHECK(shares.ratings == std::vector<double>{3. / 6, 2. / 6, 1. / 6, 0});
  CHECK(shares.recommendations == std::vector<double>{0, 0, 1, 0});
}

TEST_CASE("users who have everything are recommended nothing") {
  Samples samples = small_samples();
  samples.rows.push_back({0, 3, 5, 0});
  samples.test.end = 8;
  const TableEngine engine(1, 4, [](std::size_t, std::uint32_t, std::uint32_t) { return 0.0f; });
  const auto shares = popularity_shares(engine, samples, std::vector<std::uint32_t>{0}, 2);
  CHECK(shares.recommended == 0);
  CHECK(shares.recommendations == std::vector<double>{0, 0, 0, 0});
}

TEST_CASE("some users: each once, evenly spaced, none unknown") {
  std::vector<Sample> rows;
  for (std::uint32_t user = 100; user-- > 0;) rows.insert(rows.end(), 2, {user, 0, 1, 0});
  rows.push_back({unknown_index, 0, 1, 0});
  CHECK(some_users(rows, 4) == std::vector<std::uint32_t>{0, 25, 50, 75});
  CHECK(some_users(rows, 1000).size() == 100);
  CHECK(some_users({}, 10).empty());
}
