#include "formulas/learning_rate.h"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace anirec;

TEST_CASE("a constant rate is what it is") {
  LearningRate rate;
  rate.base = 0.25;
  for (const std::uint64_t step : {1, 2, 1000000}) CHECK(learning_rate_at(rate, step) == 0.25);
}

TEST_CASE("warm-up rises by min(1, t/W), whatever comes after it") {
  for (const Schedule schedule : {Schedule::constant, Schedule::cosine, Schedule::step}) {
    LearningRate rate;
    rate.schedule = schedule;
    rate.base = 2;
    rate.warmup_steps = 8;
    rate.total_steps = 100;
    rate.decay_every = 1000;
    CHECK(learning_rate_at(rate, 1) == 0.25);
    CHECK(learning_rate_at(rate, 4) == 1.0);
    CHECK(learning_rate_at(rate, 8) == 2.0);
    CHECK(learning_rate_at(rate, 9) <= 2.0);
    CHECK(learning_rate_at(rate, 9) > 1.99);
  }
}

TEST_CASE("cosine falls by 1/2 (1 + cos pi (t-W)/(T-W)) to zero at the last step") {
  LearningRate rate;
  rate.schedule = Schedule::cosine;
  rate.base = 2;
  rate.warmup_steps = 10;
  rate.total_steps = 110;
  CHECK(learning_rate_at(rate, 35) == doctest::Approx(1 + std::sqrt(0.5)));
  CHECK(learning_rate_at(rate, 60) == doctest::Approx(1));
  CHECK(learning_rate_at(rate, 85) == doctest::Approx(1 - std::sqrt(0.5)));
  CHECK(learning_rate_at(rate, 109) > 0);
  CHECK(learning_rate_at(rate, 110) == 0);
  CHECK(learning_rate_at(rate, 111) == 0);
  for (std::uint64_t step = 11; step < 110; ++step)
    CHECK(learning_rate_at(rate, step + 1) < learning_rate_at(rate, step));
}

TEST_CASE("step multiplies by the decay after each period") {
  LearningRate rate;
  rate.schedule = Schedule::step;
  rate.base = 8;
  rate.decay = 0.5;
  rate.decay_every = 10;
  CHECK(learning_rate_at(rate, 1) == 8);
  CHECK(learning_rate_at(rate, 10) == 8);
  CHECK(learning_rate_at(rate, 11) == 4);
  CHECK(learning_rate_at(rate, 20) == 4);
  CHECK(learning_rate_at(rate, 21) == 2);
  CHECK(learning_rate_at(rate, 31) == 1);
  rate.warmup_steps = 20;  // the warm-up is another factor
  CHECK(learning_rate_at(rate, 10) == 4);
  CHECK(learning_rate_at(rate, 15) == 3);
  CHECK(learning_rate_at(rate, 21) == 2);
}

TEST_CASE("warm-up longer than the training never divides by zero") {
  LearningRate rate;
  rate.schedule = Schedule::cosine;
  rate.base = 1;
  rate.warmup_steps = rate.total_steps = 50;
  for (std::uint64_t step = 1; step <= 60; ++step) {
    CHECK(std::isfinite(learning_rate_at(rate, step)));
    CHECK(learning_rate_at(rate, step) >= 0);
  }
}
