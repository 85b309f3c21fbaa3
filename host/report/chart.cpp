#include "report/chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "report/html.h"

namespace anirec {
namespace {

// In units of the view box, which is about as wide as a telephone's screen: letters keep about their size there.
constexpr double view_width = 360;
constexpr double letter = 7, wide_letter = 13;  // widths of a digit and of what is wider, in the widest fonts
constexpr double bottom = 44, top = 26, top_without_title = 10;
constexpr double widest_dot = 6;

// Letters that a label takes; an entity or a character of several bytes is one.
double label_width(std::string_view label) {
  double width = 0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    if (label[i] == '&') i = std::min(label.find(';', i), label.size() - 1);
    if ((static_cast<unsigned char>(label[i]) & 0xc0) != 0x80)
      width += label[i] == '%' || label[i] == 'M' ? wide_letter : letter;
  }
  return width;
}

std::string text(double x, double y, std::string_view class_name, std::string_view content) {
  std::string out = "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\"";
  if (!class_name.empty()) out += " class=\"" + std::string(class_name) + "\"";
  return out + ">" + std::string(content) + "</text>";
}

// A mark: with a title inside, or empty.
std::string shape(std::string_view tag, const std::string& attributes, std::string_view class_name,
                  std::string_view title) {
  std::string out = "<" + std::string(tag) + attributes;
  if (!class_name.empty()) out += " class=\"" + std::string(class_name) + "\"";
  if (title.empty()) return out + "/>\n";
  return out + "><title>" + std::string(title) + "</title></" + std::string(tag) + ">\n";
}

}  // namespace

std::string coordinate(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", value);
  std::string out = buffer;
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out == "-0" ? "0" : out;
}

Chart::Chart(std::string description, Axis x, Axis y, double height)
    : description_(std::move(description)), x_(std::move(x)), y_(std::move(y)), height_(height) {
  double widest = 0;
  for (const Tick& tick : y_.ticks) widest = std::max(widest, label_width(tick.label));
  left_ = widest + 10;
  top_ = y_.title.empty() ? top_without_title : top;
  right_ =
      view_width - (x_.ticks.empty() ? widest_dot : std::max(widest_dot, label_width(x_.ticks.back().label) / 2));
}

double Chart::x_of(double value) const { return left_ + (value - x_.low) / (x_.high - x_.low) * (right_ - left_); }

double Chart::y_of(double value) const {
  return height_ - bottom - (value - y_.low) / (y_.high - y_.low) * (height_ - bottom - top_);
}

void Chart::line(std::span<const Point> points, std::string_view class_name) {
  std::string path;
  bool pen_is_down = false;
  for (const Point& point : points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) {
      pen_is_down = false;
      continue;
    }
    path += (pen_is_down ? "L" : "M") + coordinate(x_of(point.x)) + " " +
            coordinate(y_of(std::clamp(point.y, y_.low, y_.high)));
    pen_is_down = true;
  }
  if (!path.empty()) marks_ += shape("path", " d=\"" + path + "\"", "line " + std::string(class_name), "");
}

void Chart::dot(Point at, double radius, std::string_view class_name, std::string_view title) {
  if (!(at.x >= x_.low && at.x <= x_.high && at.y >= y_.low && at.y <= y_.high)) return;
  marks_ += shape("circle",
                  " cx=\"" + coordinate(x_of(at.x)) + "\" cy=\"" + coordinate(y_of(at.y)) + "\" r=\"" +
                      coordinate(radius) + "\"",
                  class_name, title);
}

void Chart::bar(double x_low, double x_high, double y_low, double y_high, std::string_view class_name,
                std::string_view title) {
  const double begin = x_of(std::max(x_low, x_.low)), end = x_of(std::min(x_high, x_.high));
  const double upper = y_of(std::min(y_high, y_.high)), lower = y_of(std::max(y_low, y_.low));
  if (!(begin < end && upper < lower)) return;
  marks_ += shape("rect",
                  " x=\"" + coordinate(begin) + "\" y=\"" + coordinate(upper) + "\" width=\"" +
                      coordinate(end - begin) + "\" height=\"" + coordinate(lower - upper) + "\"",
                  class_name, title);
}

std::string Chart::axes() const {
  std::string out;
  const double floor = height_ - bottom;
  for (const Tick& tick : y_.ticks) {
    const double y = y_of(tick.at);
    out += "<path d=\"M" + coordinate(left_) + " " + coordinate(y) + "H" + coordinate(right_) +
           "\" class=\"grid\"/>\n" + text(left_ - 6, y + 4, "end", tick.label) + "\n";
  }
  out += "<path d=\"M" + coordinate(left_) + " " + coordinate(floor) + "H" + coordinate(right_) +
         "\" class=\"axis\"/>\n";
  for (const Tick& tick : x_.ticks) out += text(x_of(tick.at), floor + 19, "middle", tick.label) + "\n";
  if (!y_.title.empty()) out += text(0, 12, "", y_.title) + "\n";
  out += text(right_, height_ - 6, "end", x_.title) + "\n";
  return out;
}

std::string Chart::svg() const {
  return "<svg viewBox=\"0 0 " + coordinate(view_width) + " " + coordinate(height_) +
         "\" role=\"img\" aria-label=\"" + description_ + "\">\n" + axes() + marks_ + "</svg>\n";
}

}  // namespace anirec
