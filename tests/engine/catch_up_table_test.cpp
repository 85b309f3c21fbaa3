#include "engine/catch_up_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace anirec;

namespace {

// Σ_{j=1..n} lr'_{s+j} β1ʲ m / (√(β2ʲ v) + ε), step by step in double.
double replayed(const LearningRate& rate, std::uint64_t last, std::uint64_t now, double m, double v) {
  double movement = 0;
  for (std::uint64_t k = last + 1; k <= now; ++k) {
    m *= adam_beta1;
    v *= adam_beta2;
    movement +=
        adam_rate(learning_rate_at(rate, k), k) * m / (std::sqrt(v) + static_cast<double>(optimizer_epsilon));
  }
  return movement;
}

double worst_error(const LearningRate& rate, const std::vector<std::uint64_t>& lasts) {
  CatchUpTable table(rate);
  double worst = 0;
  for (const std::uint64_t last : lasts)
    for (const std::uint64_t gap : {1, 2, 3, 5, 9, 17, 40, 100, 333, 1023, 1024, 1025, 2000})
      for (double root = 1e-14; root < 2; root *= 10) {
        const std::uint64_t now = last + gap;
        table.extend(now);
        const double v = root * root, m = root;
        const double expected = replayed(rate, last, now, m, v);
        const CatchUp by = table.between(last, now);
        // The formula in double, so that only the closed form's own error and that of its float scalars show.
        const double inverse = 1 / (root + static_cast<double>(optimizer_epsilon));
        double series = 0;
        for (int a = 3; a >= 0; --a) series = static_cast<double>(by.moment[a]) - inverse * series;
        const double moved = m * inverse * series;
        if (expected == 0)
          CHECK(moved == 0);
        else
          worst = std::max(worst, std::abs(moved / expected - 1));
      }
  return worst;
}

}  // namespace

TEST_CASE("the closed form replays idle steps at a constant rate") {
  CHECK(worst_error({}, {1, 2, 10, 100, 1000, 10000, 65534, 65535, 65536, 70000, 131071}) < 8e-8);
}

TEST_CASE("the closed form replays idle steps under every schedule") {
  LearningRate warm;
  warm.warmup_steps = 500;
  CHECK(worst_error(warm, {1, 2, 10, 100, 400, 499, 500, 501, 5000}) < 1.5e-7);
  LearningRate cosine;
  cosine.schedule = Schedule::cosine;
  cosine.total_steps = 10000;
  CHECK(worst_error(cosine, {1, 100, 5000, 7900, 9000}) < 1.5e-7);
  LearningRate step;
  step.schedule = Schedule::step;
  step.decay_every = 1000;
  CHECK(worst_error(step, {1, 100, 995, 999, 1000, 1900}) < 1.5e-7);
}

TEST_CASE("a rate of exactly zero moves nothing and divides by nothing") {
  LearningRate cosine;
  cosine.schedule = Schedule::cosine;
  cosine.total_steps = 100;
  CatchUpTable table(cosine);
  table.extend(3000);
  for (const std::uint64_t last : {100, 101, 500})
    for (const std::uint64_t gap : {0, 1, 7, 2000}) {
      const CatchUp by = table.between(last, last + gap);
      for (const float moment : by.moment) CHECK(moment == 0.0f);
      CHECK(catch_up(0.5f, 1.0f, 0.0f, by) == 0.5f);
    }
}

TEST_CASE("an entry does not depend on how far the table reaches") {
  LearningRate rate;
  rate.schedule = Schedule::step;
  rate.decay_every = 30000;
  CatchUpTable short_table(rate), long_table(rate);
  long_table.extend(400000);
  short_table.extend(65600);
  for (const std::uint64_t last : {5, 65000, 65535}) {
    const CatchUp a = short_table.between(last, 65600), b = long_table.between(last, 65600);
    for (int m = 0; m < 4; ++m) CHECK(a.moment[m] == b.moment[m]);
    CHECK(a.moment[0] > 0);
  }
}

TEST_CASE("decays are powers") {
  CatchUpTable table(LearningRate{});
  for (const std::uint64_t n : {0, 1, 2, 50, 829, 1023, 1024, 5000, 80000}) {
    CHECK(table.decay1(n) == doctest::Approx(std::pow(0.9, n)).epsilon(1e-6));
    CHECK(table.decay2(n) == doctest::Approx(std::pow(0.999, n)).epsilon(1e-6));
  }
  CHECK(table.decay2(1000000) == 0.0f);
  table.extend(10);
  CHECK(table.step(10).rate ==
        doctest::Approx(1e-3 * std::sqrt(1 - std::pow(0.999, 10)) / (1 - std::pow(0.9, 10))).epsilon(1e-6));
  CHECK(table.step(10).decay1 == 0.9f);
  CHECK(table.step(10).decay2 == 0.999f);
}

TEST_CASE("an update that was put off moves an element by the bits that it would have moved it by at once") {
  CatchUpTable table(LearningRate{});
  table.extend(2000);
  for (const std::uint64_t gap : {0, 1, 40, 1500})
    for (const float v : {0.0f, 1e-20f, 1e-9f, 0.7f})
      for (const float m : {0.0f, 3e-7f, -0.02f, 5.0f}) {
        CatchUp by = table.between(300, 300 + gap), update = {table.rate(300), {}};
        const float at_once = catch_up(catch_up(0.3f, m, v, update), m, v, by);
        by.update = update.update;
        CHECK(catch_up(0.3f, m, v, by) == at_once);
      }
  CHECK(catch_up(0.3f, 5.0f, 0.7f, {table.rate(300), {}}) < 0.299f);
}
