// A small vocabulary of charts as inline SVG. Colours and type come from the page's style sheet: a mark is given
// class names such as "s1".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/ticks.h"

namespace anirec {

struct Point {
  double x, y;
};

// Marks are in the units of the axes, and those outside are cut off. Titles, which show on hover, are HTML.
class Chart {
 public:
  // `description` is what a screen reader says, HTML.
  Chart(std::string description, Axis x, Axis y, double height = 230);

  void line(std::span<const Point> points, std::string_view class_name);  // breaks at a point that is not finite
  void dot(Point at, double radius, std::string_view class_name, std::string_view title = "");
  void bar(double x_low, double x_high, double y_low, double y_high, std::string_view class_name,
           std::string_view title = "");

  std::string svg() const;

 private:
  double x_of(double value) const;
  double y_of(double value) const;
  std::string axes() const;

  std::string description_;
  Axis x_, y_;
  double height_, left_, right_, top_;
  std::string marks_;
};

// A coordinate with one decimal.
std::string coordinate(double value);

}  // namespace anirec
