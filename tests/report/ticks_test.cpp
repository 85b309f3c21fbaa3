#include "report/ticks.h"

#include <doctest/doctest.h>
#include <cmath>

using namespace anirec;

namespace {

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> out;
  for (const Tick& tick : ticks) out.push_back(tick.label);
  return out;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("ticks are multiples of 1, 2 or 5 times a power of ten inside the range") {
  CHECK(labels(make_ticks(0, 10, 6, TickStyle::number)) == Labels{"0", "2", "4", "6", "8", "10"});
  CHECK(labels(make_ticks(1.13, 1.31, 5, TickStyle::number)) == Labels{"1.15", "1.20", "1.25", "1.30"});
  CHECK(labels(make_ticks(-1, 1, 5, TickStyle::number)) == Labels{"−1.0", "−0.5", "0.0", "0.5", "1.0"});
  CHECK(labels(make_ticks(0, 0.003, 4, TickStyle::number)) == Labels{"0.000", "0.001", "0.002", "0.003"});
  CHECK(make_ticks(0, 0.3, 4, TickStyle::number)[3].at == doctest::Approx(0.3));
}

TEST_CASE("there are never more ticks than asked for") {
  for (double high = 0.01; high < 1e7; high *= 1.7)
    for (const int most : {5, 8}) {
      CAPTURE(high);
      const auto ticks = make_ticks(0, high, most, TickStyle::number);
      CHECK(ticks.size() <= static_cast<std::size_t>(most));
      CHECK(ticks.size() >= 2);
      for (const Tick& tick : ticks) CHECK((tick.at >= 0 && tick.at <= high * (1 + 1e-6)));
    }
}

TEST_CASE("counts are whole and shortened in thousands and millions") {
  CHECK(labels(make_ticks(0, 3, 9, TickStyle::count)) == Labels{"0", "1", "2", "3"});
  CHECK(labels(make_ticks(0, 2000, 5, TickStyle::count)) == Labels{"0", "500", "1.0k", "1.5k", "2.0k"});
  CHECK(labels(make_ticks(0, 40000, 5, TickStyle::count)) == Labels{"0", "10k", "20k", "30k", "40k"});
  CHECK(labels(make_ticks(0, 15e6, 4, TickStyle::count)) == Labels{"0", "5M", "10M", "15M"});
  CHECK(labels(make_ticks(1, 4, 7, TickStyle::count)) == Labels{"1", "2", "3", "4"});
}

TEST_CASE("shares are in percent") {
  CHECK(labels(make_ticks(0, 1, 3, TickStyle::share)) == Labels{"0\u202f%", "50\u202f%", "100\u202f%"});
  CHECK(labels(make_ticks(0, 0.01, 3, TickStyle::share)) == Labels{"0.0\u202f%", "0.5\u202f%", "1.0\u202f%"});
  CHECK(share_text(0) == "0\u202f%");
  CHECK(share_text(0.0004) == "&lt;\u202f0.1\u202f%");
  CHECK(share_text(0.045) == "4.5\u202f%");
  CHECK(share_text(0.62) == "62\u202f%");
  CHECK(share_text(0.996) == "99.6\u202f%");
  CHECK(share_text(0.9999) == "&gt;\u202f99.9\u202f%");
  CHECK(share_text(1) == "100\u202f%");
}

TEST_CASE("a range that is none has no ticks, and an axis of its own") {
  CHECK(make_ticks(1, 1, 5, TickStyle::number).empty());
  CHECK(make_ticks(0, INFINITY, 5, TickStyle::number).empty());
  CHECK(make_ticks(NAN, 1, 5, TickStyle::number).empty());
  const Axis constant = make_axis("", 2, 2, 5, TickStyle::number);
  CHECK(constant.low < 2);
  CHECK(constant.high > 2);
  CHECK(constant.ticks.size() >= 2);
  const Axis nothing = make_axis("", 0, 0, 5, TickStyle::count);
  CHECK(nothing.low == 0);
  CHECK(nothing.high >= 1);
  CHECK(make_axis("", INFINITY, -INFINITY, 5, TickStyle::number).ticks.empty());
}

TEST_CASE("an axis begins and ends at a tick") {
  for (double low = -3; low < 3; low += 0.37) {
    const Axis axis = make_axis("", low, low + 1.3, 5, TickStyle::number);
    CAPTURE(low);
    CHECK(axis.low <= low + 1e-9);
    CHECK(axis.high >= low + 1.3 - 1e-9);
    CHECK(axis.ticks.front().at == doctest::Approx(axis.low));
    CHECK(axis.ticks.back().at == doctest::Approx(axis.high));
  }
}
