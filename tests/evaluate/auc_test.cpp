#include "evaluate/auc.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>

using anirec::area_under_curve;

namespace {

// The definition: every pair of a positive and a negative, a tie counting half.
double pairwise(const std::vector<float>& positive, const std::vector<float>& negative) {
  double right = 0;
  for (const float p : positive)
    for (const float n : negative) right += p > n ? 1 : p == n ? 0.5 : 0;
  return right / static_cast<double>(positive.size() * negative.size());
}

}  // namespace

TEST_CASE("AUC of cases that can be seen by eye") {
  const auto auc = [](std::vector<float> positive, std::vector<float> negative) {
    return area_under_curve(positive, negative);
  };
  CHECK(auc({2, 3}, {0, 1}) == 1.0);
  CHECK(auc({0, 1}, {2, 3}) == 0.0);
  CHECK(auc({7, 7, 7}, {7, 7}) == 0.5);
  CHECK(auc({1}, {0, 2}) == 0.5);
  CHECK(auc({1, 2}, {1}) == 0.75);
  CHECK(auc({0.0f}, {-0.0f}) == 0.5);
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(auc({infinity, 0}, {-infinity, infinity}) == 0.625);
}

TEST_CASE("no AUC where a class is missing or a score is NaN") {
  std::vector<float> none, some = {1, 2}, with_nan = {0, std::numeric_limits<float>::quiet_NaN(), 3};
  CHECK_FALSE(area_under_curve(none, some));
  CHECK_FALSE(area_under_curve(some, none));
  CHECK_FALSE(area_under_curve(none, none));
  CHECK_FALSE(area_under_curve(with_nan, some));
  CHECK_FALSE(area_under_curve(some, with_nan));
}

TEST_CASE("AUC agrees with the count over all pairs, with few and with many ties") {
  std::mt19937 random(7);
  for (const int distinct : {1, 2, 5, 40, 1000000}) {
    std::uniform_int_distribution<int> level(0, distinct - 1);
    for (const auto& [positives, negatives] : {std::pair{1, 1}, {1, 60}, {80, 1}, {200, 130}, {37, 411}}) {
      std::vector<float> positive, negative;
      // Positives lean upwards, so that the answer is not near a half.
      for (int i = 0; i < positives; ++i)
        positive.push_back(static_cast<float>(std::max(level(random), level(random))) - 2.5f);
      for (int i = 0; i < negatives; ++i) negative.push_back(static_cast<float>(level(random)) - 2.5f);
      const double expected = pairwise(positive, negative);
      const auto got = area_under_curve(positive, negative);
      REQUIRE(got);
      CHECK(*got == doctest::Approx(expected).epsilon(1e-12));
    }
  }
}
