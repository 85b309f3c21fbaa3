#include "model/item_map.h"

#include <doctest/doctest.h>
#include <cmath>
#include <numeric>

using namespace anirec;

namespace {

// Items' embeddings, a row each.
Parameters table(const std::vector<std::vector<float>>& rows) {
  Parameters parameters;
  for (const auto& row : rows)
    parameters.item_embedding.insert(parameters.item_embedding.end(), row.begin(), row.end());
  return parameters;
}

ItemMap map_of(const std::vector<std::vector<float>>& rows) {
  ModelConfig model;
  model.dim = static_cast<int>(rows[0].size());
  std::vector<std::uint32_t> items(rows.size());
  std::iota(items.begin(), items.end(), 0u);
  return map_items(model, table(rows), items);
}

void check_places(const ItemMap& map, const std::vector<ItemMap::Place>& wanted) {
  REQUIRE(map.places.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i);
    CHECK(map.places[i].x == doctest::Approx(wanted[i].x).epsilon(1e-6));
    CHECK(map.places[i].y == doctest::Approx(wanted[i].y).epsilon(1e-6));
  }
}

}  // namespace

TEST_CASE("the first two principal components, around the mean") {
  // Along (0,1,0) by ±3, along (1,0,0) by ±2, along (0,0,1) by ±1; the mean is (5,6,7).
  const ItemMap map = map_of({{5, 9, 7}, {5, 3, 7}, {7, 6, 7}, {3, 6, 7}, {5, 6, 8}, {5, 6, 6}});
  check_places(map, {{3, 0}, {-3, 0}, {0, 2}, {0, -2}, {0, 0}, {0, 0}});
  CHECK(map.variance_share == doctest::Approx(26. / 28));
}

TEST_CASE("directions that are no axis, of which the largest element is positive") {
  const float s = static_cast<float>(std::sqrt(0.5));
  const ItemMap map = map_of({{2 * s, -2 * s}, {-2 * s, 2 * s}, {s, s}, {-s, -s}});
  CHECK(std::fabs(map.places[0].x) == doctest::Approx(2));
  CHECK(map.places[2].y == doctest::Approx(1));
  CHECK(map.variance_share == doctest::Approx(1));
}

TEST_CASE("one item, equal items and one dimension have a map all the same") {
  check_places(map_of({{1, 2}}), {{0, 0}});
  const ItemMap equal = map_of({{1, 2}, {1, 2}, {1, 2}});
  check_places(equal, {{0, 0}, {0, 0}, {0, 0}});
  CHECK(equal.variance_share == 0);
  check_places(map_of({{1}, {3}}), {{-1, 0}, {1, 0}});
  check_places(map_of({{1, 1, 1}, {3, 3, 3}}), {{-std::sqrt(3.), 0}, {std::sqrt(3.), 0}});
}

TEST_CASE("only the asked items count, in their order") {
  ModelConfig model;
  model.dim = 2;
  const Parameters parameters = table({{100, 0}, {1, 0}, {0, 50}, {3, 0}});
  check_places(map_items(model, parameters, std::vector<std::uint32_t>{3, 1}), {{1, 0}, {-1, 0}});
  CHECK(map_items(model, parameters, {}).places.empty());
}
