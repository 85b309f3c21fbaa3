#include "report/chart.h"

#include <doctest/doctest.h>
#include <cmath>

#include "report/markup.h"

using namespace anirec;

namespace {

// No labels, so that the plot's edges are known: x from 10 to 354, y from 56 (top, 10) to 156 (bottom, 0).
Chart plain_chart() { return {"a chart", Axis{"", 0, 10, {}}, Axis{"", 0, 10, {}}, 154}; }

bool holds(const Chart& chart, std::string_view part) { return chart.svg().find(part) != std::string::npos; }

}  // namespace

TEST_CASE("coordinates have at most one decimal") {
  CHECK(coordinate(3) == "3");
  CHECK(coordinate(3.14159) == "3.1");
  CHECK(coordinate(-0.01) == "0");
  CHECK(coordinate(-2.5) == "-2.5");
}

TEST_CASE("marks lie where the axes say") {
  Chart chart = plain_chart();
  const Point points[] = {{0, 0}, {10, 10}};
  chart.line(points, "s1");
  CHECK(holds(chart, "d=\"M10 110L354 10\" class=\"line s1\""));
  chart.bar(2, 4, 0, 5, "s2", "two to four");
  CHECK(holds(
      chart,
      "<rect x=\"78.8\" y=\"60\" width=\"68.8\" height=\"50\" class=\"s2\"><title>two to four</title></rect>"));
  chart.dot({5, 5}, 3, "s3");
  CHECK(holds(chart, "<circle cx=\"182\" cy=\"60\" r=\"3\" class=\"s3\"/>"));
  CHECK(markup_fault(chart.svg()) == "");
}

TEST_CASE("a line breaks at what is not finite, and is drawn at the edge beyond it") {
  Chart chart = plain_chart();
  const Point points[] = {{0, 0}, {2, 20}, {4, NAN}, {6, 5}, {10, -INFINITY}};
  chart.line(points, "s1");
  CHECK(holds(chart, "d=\"M10 110L78.8 10M216.4 60\""));
}

TEST_CASE("marks outside the axes are left out or cut") {
  Chart chart = plain_chart();
  chart.dot({11, 5}, 3, "outside");
  chart.dot({5, NAN}, 3, "outside");
  chart.bar(11, 12, 0, 5, "outside");
  chart.bar(1, 2, 0, 0, "outside");
  CHECK_FALSE(holds(chart, "outside"));
  chart.bar(9, 12, 0, 50, "cut");
  CHECK(holds(chart, "<rect x=\"319.6\" y=\"10\" width=\"34.4\" height=\"100\" class=\"cut\"/>"));
}

TEST_CASE("wide labels make room for themselves") {
  Axis y{"", 0, 10, {{0, "0"}, {10, "1,000,000"}}};
  Chart chart("", Axis{"", 0, 10, {}}, y, 154);
  const Point points[] = {{0, 0}};
  chart.line(points, "s1");
  CHECK(holds(chart, "d=\"M73 110\""));
}
