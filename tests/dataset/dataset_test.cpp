#include "dataset/dataset.h"

#include <doctest/doctest.h>
#include <map>
#include <random>
#include <set>

#include "error.h"
#include "fixtures/temporary_folder.h"

namespace anirec {
namespace {

struct Row {
  std::int64_t user, item;
  int rating, status;
};

std::string animelist(const std::vector<Row>& rows) {
  std::string text = "user_id,anime_id,rating,watching_status,watched_episodes\n";
  for (const Row& row : rows)
    text += std::to_string(row.user) + "," + std::to_string(row.item) + "," + std::to_string(row.rating) + "," +
            std::to_string(row.status) + ",1\n";
  return text;
}

Dataset build(const std::string& text, const TaskRules& rules, int threads = 2, const FormatOptions& format = {}) {
  const TemporaryFolder folder;
  Team team(threads);
  return build_dataset({folder.file("ratings.csv", text)}, format, rules, team);
}

std::string error_of(const std::string& text, const TaskRules& rules) {
  try {
    build(text, rules);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

// The rows of a dataset with their original ids.
std::vector<Row> original_rows(const Dataset& dataset) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < dataset.size(); ++i)
    rows.push_back({std::stoll(dataset.users.id(dataset.user[i])), std::stoll(dataset.items.id(dataset.item[i])),
                    dataset.rating.empty() ? 0 : static_cast<int>(dataset.rating[i]),
                    dataset.label.empty() ? 0 : dataset.label[i]});
  return rows;
}

// Small enough to check by hand; the order of the rules matters in it.
TEST_CASE("users of the interaction task need more than 4 rows, counted after every other rule") {
  std::vector<Row> rows;
  for (int item = 1; item <= 5; ++item) rows.push_back({10, item, 9, 2});  // 5 rows: stays
  for (int item = 1; item <= 4; ++item) rows.push_back({20, item, 9, 2});  // 4 rows …
  rows.push_back({20, 99, 9, 6});                                          // … since this one does not count
  for (int item = 1; item <= 4; ++item) rows.push_back({30, item, 3, 4});  // 4 and an unrated one
  rows.push_back({30, 50, 0, 2});
  const auto text = animelist(rows);
  const Dataset negative = build(text, {.task = Task::interaction});
  CHECK(negative.users.size() == 2);
  CHECK(negative.items.size() == 6);  // 99 is of a dropped row
  CHECK(negative.counts.kept == 10);
  CHECK(negative.counts.other_status == 1);
  CHECK(negative.counts.users_with_few_rows == 4);
  CHECK(negative.label == PageVector<std::uint8_t>{1, 1, 1, 1, 1, 0, 0, 0, 0, 0});
  CHECK(negative.rating.empty());
  CHECK(negative.labelled_by_status);
  CHECK(build(text, {.task = Task::interaction, .unrated = Unrated::positive}).label.back() == 1);

  const Dataset drop = build(text, {.task = Task::interaction, .unrated = Unrated::drop});
  CHECK(drop.users.size() == 1);  // user 30 is left with 4
  CHECK(drop.items.size() == 5);
  CHECK(drop.counts.kept == 5);
  CHECK(drop.counts.unrated == 1);
  CHECK(drop.counts.users_with_few_rows == 8);
  CHECK(drop.counts.read() == 15);
}

// Written down again from the contract, row by row and with sets.
struct Expected {
  std::vector<Row> rows;  // status holds the label
  std::set<std::int64_t> users, items;
  std::uint64_t duplicates = 0;
};

Expected expected_dataset(const std::vector<Row>& rows, Task task) {
  Expected expected;
  std::map<std::int64_t, int> rows_of_user;
  std::vector<Row> labelled;
  for (const Row& row : rows) {
    int label = 0;
    if (task == Task::rating && row.rating <= 0) continue;
    if (task == Task::interaction) {
      if (row.status != 2 && row.status != 4) continue;
      label = row.rating <= 5 || row.status == 4 ? 0 : 1;
    }
    if (task == Task::hybrid) {
      if (row.rating <= 0 || row.status == 1) continue;
      if (row.rating <= 5 || row.status == 4 || row.status == 0)
        label = 0;
      else if (row.status == 2)
        label = 1;
      else
        continue;
    }
    labelled.push_back({row.user, row.item, task == Task::interaction ? 0 : row.rating, label});
    ++rows_of_user[row.user];
  }
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  for (const Row& row : labelled) {
    if (task == Task::interaction && rows_of_user[row.user] <= 4) continue;
    expected.rows.push_back(row);
    expected.users.insert(row.user);
    expected.items.insert(row.item);
    if (!pairs.insert({row.user, row.item}).second) ++expected.duplicates;
  }
  return expected;
}

TEST_CASE("every task agrees with a plain reading of the rules, over many blocks and team sizes") {
  std::mt19937 random(3);
  std::vector<Row> rows;
  const int statuses[] = {0, 1, 2, 2, 2, 3, 4, 6, 33};
  for (int i = 0; i < 400'000; ++i) {
    const std::int64_t user = static_cast<std::int64_t>(random() % 90'000) * (i % 2 == 0 ? 1 : 100'000'000'007);
    rows.push_back({user, 5 + static_cast<std::int64_t>(random() % 3000), static_cast<int>(random() % 12) - 1,
                    statuses[random() % 9]});
  }
  const std::string text = animelist(rows);  // some 10 MB
  for (const Task task : {Task::rating, Task::interaction, Task::hybrid}) {
    CAPTURE(task_name(task));
    const Expected expected = expected_dataset(rows, task);
    const Dataset dataset = build(text, {.task = task}, 3);
    CHECK(dataset.counts.read() == rows.size());
    CHECK(dataset.counts.kept == expected.rows.size());
    CHECK(dataset.users.size() == expected.users.size());
    CHECK(dataset.items.size() == expected.items.size());
    CHECK(dataset.duplicate_pairs == expected.duplicates);
    REQUIRE(dataset.size() == expected.rows.size());
    const std::vector<Row> got = original_rows(dataset);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const Row &a = got[i], &b = expected.rows[i];
      wrong += a.user != b.user || a.item != b.item || a.rating != b.rating || a.status != b.status ? 1 : 0;
    }
    CHECK(wrong == 0);
    const Dataset one = build(text, {.task = task}, 1);
    CHECK(one.user == dataset.user);
    CHECK(one.item == dataset.item);
    CHECK(one.users == dataset.users);
    CHECK(one.duplicate_pairs == dataset.duplicate_pairs);
  }
}

TEST_CASE("duplicates of users who have many rows in a row, and come back") {
  std::vector<Row> rows;
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  std::uint64_t duplicates = 0;
  for (int i = 0; i < 300'000; ++i) {
    const Row row = {i / 70'000 % 3, i * 7 % 100'003 % 40'000, 1 + i % 10, 2};
    rows.push_back(row);
    if (!pairs.insert({row.user, row.item}).second) ++duplicates;
  }
  const std::string text = animelist(rows);
  for (const int threads : {1, 2, 5}) {
    const Dataset dataset = build(text, {}, threads);
    CHECK(dataset.duplicate_pairs == duplicates);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
      wrong += dataset.rating[i] == static_cast<float>(rows[i].rating) && dataset.user[i] == rows[i].user ? 0 : 1;
    CHECK(wrong == 0);
  }
}

TEST_CASE("times come along, and a file without status is labelled by threshold") {
  std::string text = "userId,movieId,rating,timestamp\n";
  for (int i = 0; i < 6; ++i)
    text += "7," + std::to_string(10 - i) + "," + std::to_string(i) + ".5," + std::to_string(1000 + i) + "\n";
  text += "8,10,5.0,-3\n";
  const Dataset dataset = build(text, {.task = Task::interaction, .positive_from = 3.5f});
  CHECK(dataset.label == PageVector<std::uint8_t>{0, 0, 0, 1, 1, 1});
  CHECK(dataset.time == PageVector<std::int64_t>{1000, 1001, 1002, 1003, 1004, 1005});
  CHECK_FALSE(dataset.labelled_by_status);
  CHECK(dataset.counts.users_with_few_rows == 1);
  const Dataset hybrid = build(text, {.task = Task::hybrid});
  CHECK(hybrid.size() == 7);  // the count of 4 is the interaction task's
  CHECK(hybrid.rating == PageVector<float>{0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 5});
  CHECK(hybrid.label == PageVector<std::uint8_t>{0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("ids of text, and integers among them") {
  const Dataset dataset =
      build("u,i,r\nann,007,5\n12,7,4\nann,7,3\n9,x,2\n", {}, 2, {"user=u,item=i,rating=r", ","});
  CHECK_FALSE(dataset.users.is_integer());
  CHECK(dataset.users.id(0) == "12");
  CHECK(dataset.users.id(1) == "9");
  CHECK(dataset.users.id(2) == "ann");
  CHECK(dataset.items.size() == 3);
  CHECK(dataset.item == PageVector<std::uint32_t>{0, 1, 1, 2});
  const Dataset integers = build("u,i,r\n1,007,5\n1,7,4\n", {}, 2, {"user=u,item=i,rating=r", ","});
  CHECK(integers.items.size() == 1);
  CHECK(integers.duplicate_pairs == 1);
}

TEST_CASE("several files are read as one, their names and hashes kept") {
  const TemporaryFolder folder;
  const std::string first = folder.file("a.csv", "user_id,anime_id,rating\n3,1,9\n");
  const std::string second = folder.file("b.csv", "user_id,anime_id,rating\n1,1,8\n3,1,7\n");
  Team team(2);
  std::vector<std::string> announced;
  const Dataset dataset =
      build_dataset({first, second}, {}, {}, team,
                    [&](const std::string& path, const RatingsFormat&) { announced.push_back(path); });
  CHECK(announced == std::vector<std::string>{first, second});
  CHECK(dataset.rating == PageVector<float>{9, 8, 7});
  CHECK(dataset.user == PageVector<std::uint32_t>{1, 0, 1});
  CHECK(dataset.duplicate_pairs == 1);
  REQUIRE(dataset.sources.size() == 2);
  CHECK(dataset.sources[0].name == "a.csv");
  CHECK(dataset.sources[1].name == "b.csv");
  CHECK(dataset.sources[0].hash == "crc32:0f40500d");  // as Python's zlib.crc32 gives it
}

TEST_CASE("where nothing is kept the error says what was dropped and what to do") {
  const std::string unrated = error_of(animelist({{1, 1, 0, 2}, {1, 2, 0, 6}}), {});
  contains(unrated, "no row is left for --task rating: of 2 rows 2 not rated");
  contains(unrated, "--columns");
  const std::string mixed =
      error_of(animelist({{1, 1, 9, 2}, {1, 2, 0, 6}, {1, 3, 0, 6}}), {.task = Task::interaction});
  contains(mixed, "of 3 rows 2 neither completed nor dropped, 1 of users with 4 rows or fewer");
  contains(error_of(animelist({{1, 1, 9, 2}}), {.task = Task::interaction}), "give more rows a user");
}

}  // namespace
}  // namespace anirec
