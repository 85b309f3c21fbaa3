#include "dataset/task_rules.h"

#include <doctest/doctest.h>

#include "error.h"

namespace anirec {
namespace {

constexpr int dropped = -1;

// The label of a kept row, or `dropped`.
int decide(const TaskRules& rules, bool has_status, float rating, std::int32_t status = 99) {
  RuleCounts counts;
  const Outcome outcome = apply_rules(rules, has_status, rating, status, counts);
  CHECK(counts.kept == (outcome.kept ? 1 : 0));
  CHECK(counts.read() == 1);
  return outcome.kept ? outcome.label : dropped;
}

TEST_CASE("rating: rows with a rating above 0, whatever their status") {
  const TaskRules rules{.task = Task::rating};
  for (const bool has_status : {false, true}) {
    for (const std::int32_t status : {0, 1, 2, 3, 4, 6, 33, 55}) {
      CHECK(decide(rules, has_status, 7, status) == 0);
      CHECK(decide(rules, has_status, 0.5f, status) == 0);
      CHECK(decide(rules, has_status, 0, status) == dropped);
      CHECK(decide(rules, has_status, -1, status) == dropped);
    }
  }
}

TEST_CASE("interaction: completed and dropped rows") {
  const TaskRules rules{.task = Task::interaction};
  for (const std::int32_t status : {0, 1, 3, 5, 6, 33, -2})
    for (const float rating : {-1.0f, 0.0f, 3.0f, 10.0f}) CHECK(decide(rules, true, rating, status) == dropped);
  CHECK(decide(rules, true, 5, 2) == 0);
  CHECK(decide(rules, true, 5.5f, 2) == 1);
  CHECK(decide(rules, true, 6, 2) == 1);
  CHECK(decide(rules, true, 1, 2) == 0);
  CHECK(decide(rules, true, 10, 4) == 0);
  CHECK(decide(rules, true, 1, 4) == 0);
}

TEST_CASE("interaction: --unrated decides completed rows without a rating, and only those") {
  for (const float rating : {0.0f, -1.0f}) {
    CHECK(decide({.task = Task::interaction, .unrated = Unrated::negative}, true, rating, 2) == 0);
    CHECK(decide({.task = Task::interaction, .unrated = Unrated::positive}, true, rating, 2) == 1);
    CHECK(decide({.task = Task::interaction, .unrated = Unrated::drop}, true, rating, 2) == dropped);
    for (const Unrated unrated : {Unrated::negative, Unrated::positive, Unrated::drop}) {
      CHECK(decide({.task = Task::interaction, .unrated = unrated}, true, rating, 4) == 0);
      CHECK(decide({.task = Task::interaction, .unrated = unrated}, true, rating, 6) == dropped);
      CHECK(decide({.task = Task::interaction, .unrated = unrated}, true, 3, 2) == 0);
      CHECK(decide({.task = Task::interaction, .unrated = unrated}, false, rating) == dropped);
    }
  }
}

TEST_CASE("hybrid: rated rows that are not being watched, where a label follows") {
  const TaskRules rules{.task = Task::hybrid, .unrated = Unrated::positive};
  for (const std::int32_t status : {0, 1, 2, 3, 4, 6, 33}) {
    CHECK(decide(rules, true, 0, status) == dropped);
    CHECK(decide(rules, true, -1, status) == dropped);
  }
  for (const float rating : {1.0f, 5.0f, 6.0f, 10.0f}) {
    CHECK(decide(rules, true, rating, 1) == dropped);
    CHECK(decide(rules, true, rating, 0) == 0);
    CHECK(decide(rules, true, rating, 4) == 0);
    CHECK(decide(rules, true, rating, 2) == (rating > 5 ? 1 : 0));
    for (const std::int32_t status : {3, 6, 33, 5})
      CHECK(decide(rules, true, rating, status) == (rating > 5 ? dropped : 0));
  }
}

TEST_CASE("without a status column a threshold decides") {
  for (const Task task : {Task::interaction, Task::hybrid}) {
    CHECK(decide({.task = task}, false, 5.5f) == 0);
    CHECK(decide({.task = task}, false, 6) == 1);
    CHECK(decide({.task = task}, false, 0) == dropped);
    CHECK(decide({.task = task, .positive_from = 3.5f}, false, 3.5f) == 1);
    CHECK(decide({.task = task, .positive_from = 3.5f}, false, 3) == 0);
  }
}

TEST_CASE("each rule counts what it drops") {
  RuleCounts counts;
  const auto count = [&](Task task, float rating, std::int32_t status) {
    apply_rules({.task = task, .unrated = Unrated::drop}, true, rating, status, counts);
  };
  count(Task::rating, 0, 2);
  count(Task::interaction, 0, 2);
  CHECK(counts.unrated == 2);
  count(Task::interaction, 9, 6);
  CHECK(counts.other_status == 1);
  count(Task::hybrid, 9, 1);
  CHECK(counts.watching == 1);
  count(Task::hybrid, 9, 3);
  CHECK(counts.unlabelled == 1);
  count(Task::hybrid, 0, 1);
  CHECK(counts.unrated == 3);
  CHECK(counts.kept == 0);
  counts.users_with_few_rows = 10;
  RuleCounts sum = counts;
  sum.add(counts);
  CHECK(sum.read() == 2 * counts.read());
  CHECK(sum.read() == 32);
  CHECK(sum.users_with_few_rows == 20);
}

TEST_CASE("names are read back, others are refused with the choices") {
  for (const Task task : {Task::rating, Task::interaction, Task::hybrid})
    CHECK(parse_task(task_name(task)) == task);
  for (const Unrated rule : {Unrated::negative, Unrated::positive, Unrated::drop})
    CHECK(parse_unrated(unrated_name(rule)) == rule);
  CHECK_THROWS_WITH_AS(parse_task("ratings"), "unknown task 'ratings'; choose rating, interaction or hybrid",
                       UsageError);
  CHECK_THROWS_AS(parse_unrated(""), UsageError);
}

}  // namespace
}  // namespace anirec
