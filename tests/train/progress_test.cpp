#include "train/progress.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "terminal.h"

using namespace anirec;

namespace {

int columns_of(const std::string& text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

EpochReport report_with(std::uint64_t epoch, double loss, double seconds, double speed) {
  EpochReport report{};
  report.epoch = epoch;
  report.train.loss = loss;
  report.validation.emplace();
  report.validation->loss = loss;
  report.seconds = seconds;
  report.samples_per_second = speed;
  report.best = true;
  return report;
}

}  // namespace

TEST_CASE("the bar fits any terminal from 10 to 200 columns") {
  for (int columns = 10; columns <= 200; ++columns)
    for (const std::uint64_t epochs : {1ull, 30ull, 1000000000ull})
      for (const double share : {0.0, 0.337, 1.0})
        for (const double loss : {0.5, 123456.7, 1e30})
          for (const double left : {-1.0, 12.0, 1e9})
            for (const double speed : {0.0, 999.0, 5.1e6, 3e12}) {
              const std::string bar = progress_bar(epochs, epochs, share, loss, speed, left, columns);
              if (columns_of(bar) > columns) {
                CAPTURE(bar);
                CAPTURE(columns);
                REQUIRE(columns_of(bar) <= columns);
              }
            }
}

TEST_CASE("the bar of a usual terminal shows epoch, share, loss, time left and speed") {
  const std::string bar = progress_bar(3, 30, 0.5, 1.23456, 5.1e6, 83, 79);
  const std::string colored = progress_bar(3, 30, 0.5, 1.23456, 5.1e6, 83, 79, true);
  CHECK(colored.find("\x1b[32m━") != colored.npos);
  CHECK(colored.find("\x1b[0m─") != colored.npos);
  CHECK(display_width(colored) == display_width(bar));
  for (const char* part : {"3/30", " 50%", "loss 1.2346", "left 1:23", "5.1 M/s", "━━━", "───"}) {
    CAPTURE(part);
    CHECK(bar.find(part) != std::string::npos);
  }
}

TEST_CASE("the bar grows with the share and is full only at the end") {
  const auto full = [](double share) {
    const std::string bar = progress_bar(1, 1, share, 1, 1, -1, 80);
    int count = 0;
    for (std::size_t at = 0; (at = bar.find("━", at)) != std::string::npos; at += 3) ++count;
    return count;
  };
  CHECK(full(0) == 0);
  CHECK(full(0.5) == 15);
  CHECK(full(0.999) == 29);
  CHECK(full(1) == 30);
}

TEST_CASE("in a narrow terminal the speed goes first, then the time left, then the loss") {
  const auto shows = [](int columns, const char* part) {
    return progress_bar(3, 30, 0.5, 1.2, 5e6, 83, columns).find(part) != std::string::npos;
  };
  CHECK(shows(35, "loss"));
  CHECK_FALSE(shows(25, "/s"));
  CHECK_FALSE(shows(15, "loss"));
  CHECK(shows(15, "3/30"));
}

TEST_CASE("an epoch's line stays under 80 columns") {
  for (const std::uint64_t epochs : {1ull, 100ull, 1000000ull})
    for (const double loss : {0.1234, 9999.4, 9999.6, 1e30})
      for (const double seconds : {0.001, 9.999, 123456.0})
        for (const double speed : {1.0, 5.1e6, 9.99e11}) {
          const std::string line = epoch_line(report_with(epochs, loss, seconds, speed), epochs, 1000);
          CAPTURE(line);
          CHECK(columns_of(line) < 80);
        }
  CHECK(epoch_line(report_with(3, 1.2345, 0.42, 5.1e6), 30, 80) ==
        " 3/30  train 1.2345  validation 1.2345 *  0.42 s  5.1 M/s");
  CHECK(epoch_line(report_with(30, 1.2345, 12, 5.1e6), 100, 56) ==
        " 30/100  train 1.2345  validation 1.2345 *  12 s");
  CHECK(epoch_line(report_with(3, 1.2345, 0.42, 5.1e6), 100, 40) == "  3/100  train 1.2345  val 1.2345 *");
  for (std::size_t columns = 47; columns <= 80; ++columns) {
    CAPTURE(columns);
    CHECK(epoch_line(report_with(99999, 1e30, 123456, 5.1e6), 100000, columns).size() <= columns);
  }
}

TEST_CASE("counts are short, and never 1000 of a unit") {
  CHECK(short_count(0) == "0");
  CHECK(short_count(950) == "950");
  CHECK(short_count(999.7) == "1.0 k");
  CHECK(short_count(12345) == "12.3 k");
  CHECK(short_count(123456) == "123 k");
  CHECK(short_count(999999) == "1.0 M");
  CHECK(short_count(5.1e6) == "5.1 M");
  CHECK(short_count(99.97e6) == "100 M");
  CHECK(short_count(2e9) == "2.0 G");
}
