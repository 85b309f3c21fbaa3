#include "dataset/row_selection.h"

#include <array>
#include <cstddef>

namespace anirec {
namespace {

// Rows of the same rating and status have the same outcome, and nearly all have one of few: whole and half ratings
// from 0 on, and small statuses. The rules are asked once for each of these.
constexpr std::size_t half_steps = 32, statuses = 8;

}  // namespace

RuleCounts select_rows(const TaskRules& rules, const RowBlock& rows, std::vector<std::uint32_t>& kept,
                       std::vector<std::uint8_t>& label) {
  const bool has_status = !rows.status.empty();
  std::array<Outcome, half_steps * statuses> outcomes;
  std::array<RuleCounts, half_steps * statuses> counts_of_one;
  std::array<std::uint64_t, half_steps * statuses> times{};
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    outcomes[i] = apply_rules(rules, has_status, static_cast<float>(i / statuses) / 2,
                              static_cast<std::int32_t>(i % statuses), counts_of_one[i]);
  RuleCounts counts;
  kept.resize(rows.size());
  label.resize(rows.size());
  std::size_t left = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const float steps = rows.rating[row] * 2;
    const std::int32_t status = has_status ? rows.status[row] : 0;
    Outcome outcome;
    if (steps >= 0 && steps < static_cast<float>(half_steps) &&
        steps == static_cast<float>(static_cast<int>(steps)) && static_cast<std::uint32_t>(status) < statuses) {
      const auto i =
          static_cast<std::size_t>(static_cast<int>(steps)) * statuses + static_cast<std::size_t>(status);
      ++times[i];
      outcome = outcomes[i];
    } else {
      outcome = apply_rules(rules, has_status, rows.rating[row], status, counts);
    }
    kept[left] = static_cast<std::uint32_t>(row);  // written over by the next row where this one is dropped
    label[left] = outcome.label;
    left += outcome.kept ? 1 : 0;
  }
  kept.resize(left);
  label.resize(left);
  for (std::size_t i = 0; i < times.size(); ++i) counts.add(counts_of_one[i], times[i]);
  return counts;
}

}  // namespace anirec
