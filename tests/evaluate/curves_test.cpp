#include "evaluate/curves.h"

#include <doctest/doctest.h>
#include <cmath>

#include "evaluate/auc.h"

using namespace anirec;

namespace {

void check_points(const std::vector<CurvePoint>& found, const std::vector<CurvePoint>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].x == doctest::Approx(wanted[i].x));
    CHECK(found[i].y == doctest::Approx(wanted[i].y));
  }
}

}  // namespace

TEST_CASE("the points of both curves are those computed by hand, equal scores being one threshold") {
  // By score: 3 positive; 2 positive and negative; 1 negative; 0 positive.
  const std::vector<float> scores = {2, 0, 3, 1, 2}, labels = {1, 1, 1, 0, 0};
  const auto curves = threshold_curves(scores, labels, 1000);
  REQUIRE(curves);
  check_points(curves->roc, {{0, 0}, {0, 1. / 3}, {0.5, 2. / 3}, {1, 2. / 3}, {1, 1}});
  check_points(curves->precision_recall, {{1. / 3, 1}, {2. / 3, 2. / 3}, {2. / 3, 0.5}, {1, 0.6}});
  CHECK(curves->positive_share == doctest::Approx(0.6));
}

TEST_CASE("one class alone, or a score that is none, has no curves") {
  CHECK_FALSE(threshold_curves(std::vector<float>{1, 2}, std::vector<float>{1, 1}, 100));
  CHECK_FALSE(threshold_curves(std::vector<float>{1, 2}, std::vector<float>{0, 0}, 100));
  CHECK_FALSE(threshold_curves(std::vector<float>{1, NAN}, std::vector<float>{0, 1}, 100));
  CHECK_FALSE(threshold_curves({}, {}, 100));
}

TEST_CASE("thinned curves keep their ends and their area") {
  std::vector<float> scores, labels, positive, negative;
  for (int i = 0; i < 20000; ++i) {
    const float score = static_cast<float>((i * 7919) % 20011),
                label = (i * 31) % 100 < (i * 7919) % 20011 / 201 ? 1.0f : 0.0f;
    scores.push_back(score);
    labels.push_back(label);
    (label > 0 ? positive : negative).push_back(score);
  }
  const auto curves = threshold_curves(scores, labels, 200);
  REQUIRE(curves);
  CHECK(curves->roc.size() > 100);
  CHECK(curves->roc.size() <= 402);
  CHECK(curves->precision_recall.size() <= 1000);
  CHECK(curves->roc.front().x == 0);
  CHECK(curves->roc.back().y == 1);
  CHECK(curves->precision_recall.back().x == 1);
  double area = 0;
  for (std::size_t i = 1; i < curves->roc.size(); ++i)
    area += (curves->roc[i].x - curves->roc[i - 1].x) * (curves->roc[i].y + curves->roc[i - 1].y) / 2;
  CHECK(area == doctest::Approx(*area_under_curve(positive, negative)).epsilon(0.005));
}

TEST_CASE("calibration bins are equal parts of the unit, 1 in the last") {
  const std::vector<float> probabilities = {0, 0.1f, 0.5f, 0.6f, 1, NAN}, labels = {0, 1, 1, 0, 1, 1};
  const auto bins = calibration_bins(probabilities, labels, 2);
  REQUIRE(bins.size() == 2);
  CHECK(bins[0].rows == 2);
  CHECK(bins[0].predicted == doctest::Approx(0.05));
  CHECK(bins[0].observed == doctest::Approx(0.5));
  CHECK(bins[1].rows == 3);
  CHECK(bins[1].predicted == doctest::Approx(0.7));
  CHECK(bins[1].observed == doctest::Approx(2. / 3));
  CHECK(calibration_bins({}, {}, 3)[1].rows == 0);
}
