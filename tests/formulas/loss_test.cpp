#include "formulas/loss.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace anirec;

namespace {

constexpr Bounds bounds = {1, 10};

// The contract's activations and losses in double.
double activation_of(Activation activation, double score) {
  const double low = static_cast<double>(bounds.low), high = static_cast<double>(bounds.high);
  switch (activation) {
    case Activation::identity: return score;
    case Activation::relu: return std::max(0.0, score);
    case Activation::sigmoid: return 1 / (1 + std::exp(-score));
    case Activation::bounded: return low + (high - low) / (1 + std::exp(-score));
  }
  return 0;
}

double cross_entropy_of(double score, double label) {
  const double p = 1 / (1 + std::exp(-score));
  return -label * std::log(p) - (1 - label) * std::log(1 - p);
}

template <class Function>
double derivative(Function f, double at) {
  const double h = 1e-5;
  return (f(at + h) - f(at - h)) / (2 * h);
}

// Away from relu's kink.
const std::vector<double> scores = {-9.5, -3, -1.25, -0.3, 0.2, 0.9, 2.5, 7, 9.5};

}  // namespace

TEST_CASE("activations and their slopes are the formulas'") {
  for (const Activation activation :
       {Activation::identity, Activation::relu, Activation::sigmoid, Activation::bounded})
    for (const double score : scores) {
      CAPTURE(static_cast<int>(activation));
      CAPTURE(score);
      const auto f = [&](double s) { return activation_of(activation, s); };
      CHECK(static_cast<double>(activate(activation, static_cast<float>(score), bounds)) ==
            doctest::Approx(f(score)).epsilon(1e-6));
      CHECK(static_cast<double>(activation_slope(activation, static_cast<float>(score), bounds)) ==
            doctest::Approx(derivative(f, score)).epsilon(1e-4));
    }
}

TEST_CASE("the slope of every head's loss is its derivative by the score") {
  for (const Activation activation : {Activation::identity, Activation::relu, Activation::bounded})
    for (const double score : scores)
      for (const double target : {1.0, 4.5, 10.0}) {
        const auto f = [&](double s) { return std::pow(activation_of(activation, s) - target, 2); };
        const LossAndSlope found = head_loss(Loss::squared_error, activation, static_cast<float>(score),
                                             static_cast<float>(target), bounds);
        CHECK(static_cast<double>(found.loss) == doctest::Approx(f(score)).epsilon(1e-4));
        CHECK(static_cast<double>(found.slope) == doctest::Approx(derivative(f, score)).epsilon(1e-3));
      }
  for (const double score : scores)
    for (const double label : {0.0, 1.0}) {
      const auto f = [&](double s) { return cross_entropy_of(s, label); };
      const LossAndSlope found = head_loss(Loss::cross_entropy, Activation::sigmoid, static_cast<float>(score),
                                           static_cast<float>(label), bounds);
      CHECK(static_cast<double>(found.loss) == doctest::Approx(f(score)).epsilon(1e-5));
      CHECK(static_cast<double>(found.slope) == doctest::Approx(derivative(f, score)).epsilon(1e-3));
    }
}

TEST_CASE("cross entropy stays finite and right where a sigmoid saturates") {
  for (const float score : {50.0f, 200.0f, 1e30f, std::numeric_limits<float>::max()}) {
    CHECK(cross_entropy(score, 1).loss == doctest::Approx(0).epsilon(1e-9));
    CHECK(cross_entropy(-score, 0).loss == doctest::Approx(0).epsilon(1e-9));
    CHECK(cross_entropy(score, 0).loss == doctest::Approx(static_cast<double>(score)));
    CHECK(cross_entropy(-score, 1).loss == doctest::Approx(static_cast<double>(score)));
    CHECK(cross_entropy(score, 0).slope == doctest::Approx(1));
    CHECK(cross_entropy(-score, 1).slope == doctest::Approx(-1));
  }
  CHECK(sigmoid(-1e30f) == 0);
  CHECK(sigmoid(1e30f) == 1);
  CHECK(sigmoid(0) == 0.5f);
}

TEST_CASE("relu has no slope at and below zero") {
  CHECK(activation_slope(Activation::relu, 0, bounds) == 0);
  CHECK(activation_slope(Activation::relu, -1, bounds) == 0);
  CHECK(activation_slope(Activation::relu, 1e-30f, bounds) == 1);
}
