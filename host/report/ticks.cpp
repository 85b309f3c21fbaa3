#include "report/ticks.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "evaluate/text_table.h"

namespace anirec {
namespace {

constexpr const char* minus = "\u2212";
constexpr const char* percent = "\u202f%";  // a narrow blank that does not break

// The smallest step of the form 1, 2 or 5 · 10^n that needs no more than `most` ticks.
double nice_step(double range, int most, bool whole) {
  const double rough = range / std::max(1, most - 1);
  double power = std::pow(10.0, std::floor(std::log10(rough)));
  if (whole) power = std::max(power, 1.0);
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

int decimals_of(double step) { return std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9))); }

std::string fixed(double value, int decimals) {
  const std::string digits = fixed_text(std::fabs(value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? minus + digits : digits;
}

std::string count_label(double value, double step) {
  for (const auto& [unit, name] : {std::pair{1e9, "bn"}, {1e6, "M"}, {1e3, "k"}})
    if (step >= 0.1 * unit && value >= unit) return fixed(value / unit, decimals_of(step / unit)) + name;
  return count_text(static_cast<std::uint64_t>(value));
}

std::string label(double value, double step, TickStyle style) {
  switch (style) {
    case TickStyle::number: return fixed(value, decimals_of(step));
    case TickStyle::count: return count_label(value, step);
    case TickStyle::share: return fixed(100 * value, decimals_of(100 * step)) + percent;
  }
  return "";
}

}  // namespace

std::vector<Tick> make_ticks(double low, double high, int most, TickStyle style) {
  if (!std::isfinite(low) || !std::isfinite(high) || !(low < high)) return {};
  const double step = nice_step(high - low, most, style == TickStyle::count);
  std::vector<Tick> ticks;
  // By whole numbers: no error adds up.
  for (double i = std::ceil(low / step - 1e-6); i * step <= high + 1e-6 * step; ++i)
    ticks.push_back({i * step, label(i * step, step, style)});
  return ticks;
}

Axis make_axis(std::string title, double low, double high, int most, TickStyle style) {
  if (!std::isfinite(low) || !std::isfinite(high)) return {std::move(title), 0, 1, {}};
  if (!(low < high)) {
    const double room = std::max(std::fabs(low) * 0.05, style == TickStyle::count ? 1.0 : 1e-6);
    high = low + room;
    if (style != TickStyle::count || low >= room) low -= room;
  }
  const double step = nice_step(high - low, most, style == TickStyle::count);
  Axis axis{std::move(title), std::floor(low / step + 1e-6) * step, std::ceil(high / step - 1e-6) * step, {}};
  axis.ticks = make_ticks(axis.low, axis.high, most + 2, style);
  return axis;
}

std::string share_text(double share) {
  if (share > 0 && share < 0.0005) return "&lt;\u202f0.1" + std::string(percent);
  if (share < 1 && share >= 0.9995) return "&gt;\u202f99.9" + std::string(percent);
  const bool near_an_end = (share > 0 && share < 0.095) || (share < 1 && share >= 0.995);
  return fixed(100 * share, near_an_end ? 1 : 0) + percent;
}

}  // namespace anirec
