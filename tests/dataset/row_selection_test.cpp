#include "dataset/row_selection.h"

#include <doctest/doctest.h>

namespace anirec {
namespace {

TEST_CASE("rows are selected as the rules say of each") {
  RowBlock with_status, without;
  for (const float rating :
       {-1.0f, -0.5f, 0.0f, 0.25f, 0.5f, 3.3f, 5.0f, 5.5f, 6.0f, 10.0f, 15.5f, 16.0f, 100.0f, -1e30f, 1e30f})
    for (const std::int32_t status : {-2147483647, -1, 0, 1, 2, 3, 4, 6, 7, 8, 33}) {
      with_status.rating.push_back(rating);
      with_status.status.push_back(status);
      without.rating.push_back(rating);
    }
  for (const Task task : {Task::rating, Task::interaction, Task::hybrid})
    for (const Unrated unrated : {Unrated::negative, Unrated::positive, Unrated::drop})
      for (const RowBlock* rows : {&with_status, &without}) {
        const TaskRules rules{.task = task, .unrated = unrated, .positive_from = 5.5f};
        RuleCounts expected;
        std::vector<std::uint32_t> expected_rows;
        std::vector<std::uint8_t> expected_labels;
        for (std::size_t row = 0; row < rows->size(); ++row) {
          const bool has_status = !rows->status.empty();
          const Outcome outcome =
              apply_rules(rules, has_status, rows->rating[row], has_status ? rows->status[row] : 0, expected);
          if (!outcome.kept) continue;
          expected_rows.push_back(static_cast<std::uint32_t>(row));
          expected_labels.push_back(outcome.label);
        }
        std::vector<std::uint32_t> kept = {7};
        std::vector<std::uint8_t> label = {7};
        const RuleCounts counts = select_rows(rules, *rows, kept, label);
        CHECK(kept == expected_rows);
        CHECK(label == expected_labels);
        CHECK(counts.kept == expected.kept);
        for (const DropRule& rule : drop_rules) CHECK(counts.*rule.count == expected.*rule.count);
      }
}

}  // namespace
}  // namespace anirec
