// Where an axis has its marks, and what stands there.
#pragma once

#include <string>
#include <vector>

namespace anirec {

struct Tick {
  double at;
  std::string label;  // HTML
};

enum class TickStyle {
  number,
  count,  // 20k, 1.5M
  share,  // of 1, in percent
};

struct Axis {
  std::string title;  // HTML
  double low = 0, high = 1;
  std::vector<Tick> ticks;  // ascending, within low and high
};

// Multiples of 1, 2 or 5 times a power of ten (whole ones for counts) within low and high, at most so many. Equal
// or infinite ends have one tick or none.
std::vector<Tick> make_ticks(double low, double high, int most, TickStyle style);

// An axis from the tick below `low` to the one above `high`; a range of no width is widened.
Axis make_axis(std::string title, double low, double high, int most, TickStyle style);

// "12 %", "0.4 %", "< 0.1 %", "> 99.9 %"; nothing but all is 100 %. HTML.
std::string share_text(double share);

}  // namespace anirec
