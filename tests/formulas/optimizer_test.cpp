#include "formulas/optimizer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace anirec;

namespace {

float gradient_at(int step) { return static_cast<float>(std::sin(step * 1.7) * std::pow(10, step % 5 - 2)); }

}  // namespace

TEST_CASE("adam is the contract's formula, step by step, against double") {
  double w = 0.3, m = 0, v = 0;
  float wf = 0.3f, mf = 0, vf = 0;
  for (int t = 1; t <= 400; ++t) {
    const double g = static_cast<double>(gradient_at(t)), lr = 0.01;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    w -= lr * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)) * m / (std::sqrt(v) + 1e-7);
    const double rate = adam_rate(lr, static_cast<std::uint64_t>(t));
    adam_update(wf, mf, vf, gradient_at(t), {0.9f, 0.999f, static_cast<float>(rate)});
    REQUIRE(static_cast<double>(wf) == doctest::Approx(w).epsilon(1e-4));
  }
  CHECK(static_cast<double>(vf) == doctest::Approx(v).epsilon(1e-4));
}

TEST_CASE("adam's first step moves by the learning rate against the gradient's sign, whatever its size") {
  for (const float g : {1e-3f, 1.0f, -1e4f}) {
    float w = 0, m = 0, v = 0;
    adam_update(w, m, v, g, {0.9f, 0.999f, static_cast<float>(adam_rate(0.5, 1))});
    CHECK(static_cast<double>(w) == doctest::Approx(g > 0 ? -0.5 : 0.5).epsilon(0.01));
  }
}

TEST_CASE("a weight without any gradient ever stays where it is") {
  float w = 0.25f, m = 0, v = 0;
  adam_update(w, m, v, 0, {0.9f, 0.999f, 1});
  CHECK(w == 0.25f);
  adagrad_update(w, v, 0, 1);
  CHECK(w == 0.25f);
}

TEST_CASE("adagrad sums squares from zero") {
  double w = 0.3, v = 0;
  float wf = 0.3f, vf = 0;
  for (int t = 1; t <= 100; ++t) {
    const double g = static_cast<double>(gradient_at(t));
    v += g * g;
    w -= 0.05 * g / (std::sqrt(v) + 1e-7);
    adagrad_update(wf, vf, gradient_at(t), 0.05f);
    REQUIRE(static_cast<double>(wf) == doctest::Approx(w).epsilon(1e-5));
  }
}

TEST_CASE("sgd is w - lr g") {
  float w = 1;
  sgd_update(w, 4, 0.125f);
  CHECK(w == 0.5f);
}
