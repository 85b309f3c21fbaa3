// What `prepare` tells about a dataset, in at most 60 columns.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>

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

struct HalfSteps {
  float lowest = 0;
  std::vector<std::uint64_t> counts;  // of the ratings lowest, lowest + 1/2, …, highest
};

// How often each rating occurs. Without counts where ratings have other steps, or more than a histogram shows.
HalfSteps count_half_steps(const PageVector<float>& ratings, Team& team) {
  constexpr int reach = 2 * static_cast<int>(most_steps);  // to both sides of the first rating
  using Counts = std::array<std::uint64_t, 2 * reach + 1>;
  const float first = ratings.front();
  if (first * 2 != std::floor(first * 2)) return {};
  std::vector<Counts> of_members(static_cast<std::size_t>(team.size()));
  std::atomic<bool> others{false};
  constexpr std::size_t ratings_a_piece = 1 << 18;
  team.for_ranges(ratings.size(), ratings_a_piece, [&](std::size_t begin, std::size_t end, int member) {
    Counts counts = of_members[static_cast<std::size_t>(member)];
    bool others_here = false;
    for (std::size_t row = begin; row < end; ++row) {
      const float place =
          std::clamp((ratings[row] - first) * 2, -static_cast<float>(reach), static_cast<float>(reach));
      const int whole = static_cast<int>(place);
      others_here |= static_cast<float>(whole) != place;
      ++counts[static_cast<std::size_t>(whole + reach)];
    }
    of_members[static_cast<std::size_t>(member)] = counts;
    if (others_here) others = true;
  });
  if (others) return {};
  Counts counts{};
  for (const Counts& member : of_members)
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += member[i];
  const auto has_rows = [](std::uint64_t count) { return count != 0; };
  const auto lowest = std::find_if(counts.begin(), counts.end(), has_rows);
  const auto highest = std::find_if(counts.rbegin(), counts.rend(), has_rows).base();
  if (highest - lowest > reach) return {};
  return {first + static_cast<float>(lowest - counts.begin() - reach) / 2, {lowest, highest}};
}

// One line a step from the lowest to the highest rating, with bars.
std::string histogram(const std::vector<std::uint64_t>& counts, float lowest, float step, std::size_t rows) {
  const std::uint64_t most = *std::max_element(counts.begin(), counts.end());
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const float rating = lowest + static_cast<float>(i) * step;
    std::string label = format_number(step == 1 ? "%6.0f" : "%6.1f", rating);
    const std::string number = with_separators(counts[i]);
    label +=
        std::string(count_width - std::min(count_width, number.size()), ' ') + number + share_of(counts[i], rows);
    const double share = static_cast<double>(counts[i]) / static_cast<double>(most);
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

std::string describe_ratings(const PageVector<float>& ratings, Team& team) {
  auto [lowest, counts] = count_half_steps(ratings, team);
  double sum = 0;
  if (counts.empty())
    for (const float rating : ratings) sum += rating;
  for (std::size_t i = 0; i < counts.size(); ++i)
    sum += static_cast<double>(counts[i]) * (lowest + static_cast<double>(i) / 2);
  const std::string text =
      "\nratings\n" + line("  mean", format_number("%.6g", sum / static_cast<double>(ratings.size())));
  bool whole = !counts.empty() && lowest == std::floor(lowest);
  for (std::size_t i = 1; i < counts.size(); i += 2) whole = whole && counts[i] == 0;
  if (whole) {
    for (std::size_t i = 0; 2 * i < counts.size(); ++i) counts[i] = counts[2 * i];
    counts.resize((counts.size() + 1) / 2);
  }
  if (counts.empty() || counts.size() > most_steps) return text + quartiles({ratings.begin(), ratings.end()});
  return text + histogram(counts, lowest, whole ? 1.0f : 0.5f, ratings.size());
}

}  // namespace

DatasetSummary summary_of(const Dataset& dataset) {
  return {dataset.rules,        dataset.counts,       dataset.sources,
          dataset.users.size(), dataset.items.size(), dataset.duplicate_pairs};
}

std::string describe_dataset(const Dataset& dataset, Team& team) {
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
  if (!dataset.rating.empty()) text += describe_ratings(dataset.rating, team);
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
