// What `prepare` tells about a dataset, in at most 60 columns.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "dataset/dataset.h"
#include "error.h"

namespace anirec {
namespace {

constexpr std::size_t label_width = 34, count_width = 15;
constexpr std::size_t bar_width = 20;
constexpr std::size_t most_steps = 21;  // a histogram longer than this says less than quartiles

std::string with_separators(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string format_number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string share_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "";
  return format_number("%8.2f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string line(std::string label, const std::string& value, const std::string& rest = "") {
  label.resize(std::max(label.size(), label_width), ' ');
  const std::string room(count_width - std::min(count_width, value.size()), ' ');
  return label + room + value + rest + "\n";
}

std::string count_line(const std::string& label, std::uint64_t count, std::uint64_t whole) {
  return line(label, with_separators(count), share_of(count, whole));
}

// One line a step from the lowest to the highest rating, with bars.
std::string histogram(const std::map<float, std::uint64_t>& counts, float step, std::size_t rows) {
  const float lowest = counts.begin()->first, highest = counts.rbegin()->first;
  const int steps = static_cast<int>(std::lround((highest - lowest) / step));
  std::uint64_t most = 0;
  for (const auto& [rating, count] : counts) most = std::max(most, count);
  std::string text;
  for (int i = 0; i <= steps; ++i) {
    const float rating = lowest + static_cast<float>(i) * step;
    const auto found = counts.find(rating);
    const std::uint64_t count = found == counts.end() ? 0 : found->second;
    std::string label = format_number(step == 1 ? "%6.0f" : "%6.1f", rating);
    const std::string number = with_separators(count);
    label += std::string(count_width - std::min(count_width, number.size()), ' ') + number + share_of(count, rows);
    const double share = static_cast<double>(count) / static_cast<double>(most);
    const auto bar = static_cast<std::size_t>(std::lround(share * static_cast<double>(bar_width)));
    text += label + (bar == 0 ? "" : "  " + std::string(bar, '#')) + "\n";
  }
  return text;
}

std::string quartiles(std::vector<float> ratings) {
  constexpr std::array<const char*, 5> names = {"lowest", "a quarter is below", "half is below",
                                                "three quarters are below", "highest"};
  std::string text;
  auto from = ratings.begin();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto at = ratings.begin() + static_cast<std::ptrdiff_t>((ratings.size() - 1) * i / (names.size() - 1));
    std::nth_element(from, at, ratings.end());
    from = at;
    text += line(std::string("  ") + names[i], format_number("%.6g", *at));
  }
  return text;
}

std::string describe_ratings(const std::vector<float>& ratings) {
  double sum = 0;
  std::map<float, std::uint64_t> counts;
  bool half_steps = true;
  std::map<float, std::uint64_t>::iterator last = counts.end();
  for (const float rating : ratings) {
    sum += rating;
    if (!half_steps) continue;
    if (last == counts.end() || last->first != rating) last = counts.emplace(rating, 0).first;
    ++last->second;
    half_steps = rating * 2 == std::floor(rating * 2) && counts.size() <= most_steps;
  }
  std::string text =
      "\nratings\n" + line("  mean", format_number("%.6g", sum / static_cast<double>(ratings.size())));
  if (half_steps) {
    const bool whole = std::all_of(counts.begin(), counts.end(),
                                   [](const auto& entry) { return entry.first == std::floor(entry.first); });
    const float step = whole ? 1.0f : 0.5f;
    half_steps = (counts.rbegin()->first - counts.begin()->first) / step < static_cast<float>(most_steps);
    if (half_steps) return text + histogram(counts, step, ratings.size());
  }
  return text + quartiles(ratings);
}

}  // namespace

DatasetSummary summary_of(const Dataset& dataset) {
  return {dataset.rules,        dataset.counts,       dataset.sources,
          dataset.users.size(), dataset.items.size(), dataset.duplicate_pairs};
}

std::string describe_dataset(const Dataset& dataset) {
  const RuleCounts& counts = dataset.counts;
  const std::uint64_t read = counts.read();
  std::string text = line("rows read", with_separators(read)) + count_line("  kept", counts.kept, read);
  if (read != counts.kept) text += count_line("  dropped", read - counts.kept, read);
  for (const DropRule& rule : drop_rules)
    if (counts.*rule.count != 0)
      text += count_line("    " + drop_reason(rule, dataset.rules), counts.*rule.count, read);
  text +=
      line("users", with_separators(dataset.users.size())) + line("items", with_separators(dataset.items.size()));
  const double pairs = static_cast<double>(dataset.users.size()) * static_cast<double>(dataset.items.size());
  const double distinct = static_cast<double>(dataset.size() - dataset.duplicate_pairs);
  text += line("pairs that have a row", format_number("%.4f %%", 100 * distinct / pairs));
  text += line("rows of a pair seen before", with_separators(dataset.duplicate_pairs));
  if (!dataset.rating.empty()) text += describe_ratings(dataset.rating);
  if (!dataset.label.empty()) {
    const std::uint64_t positive =
        static_cast<std::uint64_t>(std::count(dataset.label.begin(), dataset.label.end(), std::uint8_t{1}));
    const std::string by = dataset.labelled_by_status
                               ? "watching status and rating"
                               : "rating, 1 from " + format_number("%g", dataset.rules.positive_from) + " on";
    text += "\nlabels, by " + by + "\n" + count_line("  1 (positive)", positive, dataset.size()) +
            count_line("  0 (negative)", dataset.size() - positive, dataset.size());
    if (!dataset.labelled_by_status && (positive == 0 || positive == dataset.size()))
      text += "  all alike: --positive-from says where 1 begins\n";
  }
  return text;
}

}  // namespace anirec
