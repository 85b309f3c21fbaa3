#include "dataset/seen_items.h"

#include <doctest/doctest.h>
#include <random>
#include <set>

namespace anirec {
namespace {

Samples random_samples(Task task, std::uint32_t users, std::uint32_t items, std::size_t rows) {
  std::mt19937 random(1);
  Samples samples;
  samples.users = users;
  samples.items = items;
  samples.task = task;
  for (std::size_t i = 0; i < rows; ++i) {
    const float label = task_has_label(task) ? static_cast<float>(random() % 2) : 0;
    samples.rows.push_back(
        {static_cast<std::uint32_t>(random() % users), static_cast<std::uint32_t>(random() % items), 5, label});
  }
  return samples;
}

void check_against_sets(const Samples& samples, SampleRange range, bool only_positive, const ItemLists& lists) {
  std::vector<std::set<std::uint32_t>> expected(samples.users);
  for (std::uint64_t i = range.begin; i < range.end; ++i)
    if (!only_positive || samples.rows[i].label == 1) expected[samples.rows[i].user].insert(samples.rows[i].item);
  REQUIRE(lists.offsets.size() == samples.users + 1);
  CHECK(lists.offsets.back() == lists.items.size());
  for (std::uint32_t user = 0; user < samples.users; ++user) {
    const auto list = lists.of(user);
    CHECK(std::vector<std::uint32_t>(list.begin(), list.end()) ==
          std::vector<std::uint32_t>(expected[user].begin(), expected[user].end()));
  }
}

TEST_CASE("each user's items, ascending and once") {
  for (const Task task : {Task::rating, Task::interaction, Task::hybrid}) {
    // Lists that are long for their catalogue, and short ones of both kinds.
    for (const std::uint32_t items : {15u, 1500u, 50000u}) {
      const Samples samples = random_samples(task, 40, items, 500);
      for (const SampleRange range : {SampleRange{0, 500}, SampleRange{100, 130}, SampleRange{7, 7}}) {
        check_against_sets(samples, range, false, items_by_user(samples, range));
        check_against_sets(samples, range, task != Task::rating, relevant_items_by_user(samples, range));
      }
    }
  }
}

TEST_CASE("no users, and users without rows") {
  Samples samples;
  CHECK(items_by_user(samples, {0, 0}).offsets == std::vector<std::uint64_t>{0});
  samples.users = 3;
  samples.items = 9;
  samples.rows = {{1, 8, 0, 0}, {1, 2, 0, 0}, {1, 8, 0, 0}};
  const ItemLists lists = items_by_user(samples, {0, 3});
  CHECK(lists.of(0).empty());
  CHECK(lists.of(2).empty());
  CHECK(lists.offsets == std::vector<std::uint64_t>{0, 0, 2, 2});
  CHECK(lists.items == std::vector<std::uint32_t>{2, 8});
}

}  // namespace
}  // namespace anirec
