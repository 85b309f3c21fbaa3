#include "dataset/task_rules.h"

#include <string>

#include "error.h"

namespace anirec {
namespace {

constexpr std::array<const char*, 3> task_names = {"rating", "interaction", "hybrid"};
constexpr std::array<const char*, 3> unrated_names = {"negative", "positive", "drop"};

// MyAnimeList's watching status; 3 (on hold), 6 (plan to watch) and any other number decide no label.
constexpr std::int32_t hybrid_negative = 0, watching = 1, completed = 2, dropped = 4;
constexpr float highest_negative = 5;

int position_of(const std::array<const char*, 3>& names, std::string_view name, const char* what) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<int>(i);
  throw UsageError(std::string("unknown ") + what + " '" + printable(name, 40) + "'; choose " + names[0] + ", " +
                   names[1] + " or " + names[2]);
}

Outcome drop(std::uint64_t& reason) {
  ++reason;
  return {false, 0};
}

Outcome keep(bool label, RuleCounts& counts) {
  ++counts.kept;
  return {true, static_cast<std::uint8_t>(label)};
}

}  // namespace

const char* task_name(Task task) { return task_names[static_cast<std::size_t>(task)]; }
Task parse_task(std::string_view name) { return static_cast<Task>(position_of(task_names, name, "task")); }
const char* unrated_name(Unrated rule) { return unrated_names[static_cast<std::size_t>(rule)]; }
Unrated parse_unrated(std::string_view name) {
  return static_cast<Unrated>(position_of(unrated_names, name, "--unrated rule"));
}

std::uint64_t RuleCounts::read() const {
  std::uint64_t rows = kept;
  for (const DropRule& rule : drop_rules) rows += this->*rule.count;
  return rows;
}

void RuleCounts::add(const RuleCounts& other, std::uint64_t times) {
  kept += other.kept * times;
  for (const DropRule& rule : drop_rules) this->*rule.count += other.*rule.count * times;
}

std::string drop_reason(const DropRule& rule, const TaskRules& rules) {
  if (rule.count == &RuleCounts::unrated && rules.task == Task::interaction && rules.unrated == Unrated::drop)
    return "not rated (--unrated drop)";
  return rule.reason;
}

Outcome apply_rules(const TaskRules& rules, bool has_status, float rating, std::int32_t status,
                    RuleCounts& counts) {
  const bool rated = rating > 0;
  if (rules.task == Task::rating) return rated ? keep(false, counts) : drop(counts.unrated);
  if (!has_status) return rated ? keep(rating >= rules.positive_from, counts) : drop(counts.unrated);
  if (rules.task == Task::interaction) {
    if (status == dropped) return keep(false, counts);
    if (status != completed) return drop(counts.other_status);
    if (rated) return keep(rating > highest_negative, counts);
    if (rules.unrated == Unrated::drop) return drop(counts.unrated);
    return keep(rules.unrated == Unrated::positive, counts);
  }
  if (!rated) return drop(counts.unrated);
  if (status == watching) return drop(counts.watching);
  if (status == hybrid_negative || status == dropped || rating <= highest_negative) return keep(false, counts);
  return status == completed ? keep(true, counts) : drop(counts.unlabelled);
}

}  // namespace anirec
