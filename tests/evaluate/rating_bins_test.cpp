#include "evaluate/rating_bins.h"

#include <doctest/doctest.h>
#include <cmath>

#include "evaluate/samples.h"

using namespace anirec;

TEST_CASE("whole and half steps have a bin each, gaps included") {
  const RatingBins whole = rating_bins(rated({10, 1, 7}));
  CHECK(whole.count == 10);
  CHECK(whole.centre(0) == 1);
  CHECK(whole.centre(9) == 10);
  const RatingBins half = rating_bins(rated({0.5, 5, 3}));
  CHECK(half.count == 10);
  CHECK(half.width == 0.5);
  CHECK(count_ratings(half, rated({0.5, 5, 3, 3})) == std::vector<std::uint64_t>{1, 0, 0, 0, 0, 2, 0, 0, 0, 1});
  CHECK(rating_bins(rated({4, 4})).count == 1);
  CHECK(rating_bins({}).count == 0);
}

TEST_CASE("other ratings fall into twenty equal bins") {
  for (const std::vector<float>& ratings : {std::vector<float>{0, 1.7f, 10}, {1, 100}}) {
    const RatingBins bins = rating_bins(rated(ratings));
    CHECK(bins.count == 20);
    CHECK(bins.bin_of(ratings.front()) == 0);
    CHECK(bins.bin_of(ratings.back()) == 19);
    CHECK(bins.centre(0) - bins.width / 2 == doctest::Approx(ratings.front()));
  }
}

TEST_CASE("predictions are averaged over the rows of each true rating") {
  const std::vector<Sample> rows = rated({1, 1, 3, 3});
  const std::vector<float> predicted = {2, 4, 2.4f, NAN};
  const auto bins = predictions_by_rating(rating_bins(rows), rows, predicted);
  REQUIRE(bins.size() == 3);
  CHECK(bins[0].rows == 2);
  CHECK(bins[0].mean == doctest::Approx(3));
  CHECK(bins[0].deviation == doctest::Approx(1));
  CHECK(bins[1].rows == 0);
  CHECK(bins[1].predicted == 2);  // 2 and 2.4
  CHECK(bins[2].rows == 1);
  CHECK(bins[2].mean == doctest::Approx(2.4));
  CHECK(bins[2].predicted == 1);  // 4, beyond the last
}
