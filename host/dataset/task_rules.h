// Which rows a task keeps and what it learns from them: section 1 of the contract.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ratings/row_parser.h"

namespace anirec {

enum class Task { rating, interaction, hybrid };
const char* task_name(Task task);
Task parse_task(std::string_view name);  // throws UsageError

enum class Unrated { negative, positive, drop };  // completed rows without a rating, interaction task
const char* unrated_name(Unrated rule);
Unrated parse_unrated(std::string_view name);  // throws UsageError

struct TaskRules {
  Task task = Task::rating;
  Unrated unrated = Unrated::negative;
  float positive_from = 6;  // label 1 from this rating on, where there is no status column
};

// Users of the interaction task need more rows than this.
constexpr std::uint64_t interaction_min_rows = 4;

constexpr bool task_has_rating(Task task) { return task != Task::interaction; }
constexpr bool task_has_label(Task task) { return task != Task::rating; }

// Rows by what became of them; the sum is the number of rows read.
struct RuleCounts {
  std::uint64_t kept = 0;
  std::uint64_t unrated = 0;              // rating 0 or below
  std::uint64_t watching = 0;             // hybrid: status 1
  std::uint64_t other_status = 0;         // interaction: neither completed nor dropped
  std::uint64_t unlabelled = 0;           // hybrid: rating > 5 with status 3, 6 or unknown
  std::uint64_t users_with_few_rows = 0;  // interaction: rows of users with 4 rows or fewer
  std::uint64_t read() const;
  void add(const RuleCounts& other, std::uint64_t times = 1);
};

// The rules that drop rows: as dataset files name them, and as people are told.
struct DropRule {
  const char* name;
  const char* reason;
  std::uint64_t RuleCounts::*count;
};
inline constexpr std::array<DropRule, 5> drop_rules = {{
    {"unrated", "not rated", &RuleCounts::unrated},
    {"watching", "still watching", &RuleCounts::watching},
    {"other_status", "neither completed nor dropped", &RuleCounts::other_status},
    {"unlabelled", "above 5, not completed", &RuleCounts::unlabelled},
    {"users_with_few_rows", "of users with 4 rows or fewer", &RuleCounts::users_with_few_rows},
}};

// The reason under these rules.
std::string drop_reason(const DropRule& rule, const TaskRules& rules);

struct Outcome {
  bool kept;
  std::uint8_t label;
};

// The rule for one row; counts it. `status` is ignored without a status column.
Outcome apply_rules(const TaskRules& rules, bool has_status, float rating, std::int32_t status,
                    RuleCounts& counts);

}  // namespace anirec
