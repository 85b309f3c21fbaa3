#include "dataset/split.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <map>

#include "error.h"
#include "formulas/permutation.h"

namespace anirec {
namespace {

// Row r of the dataset has the rating r, so that a sample tells where it came from.
Dataset numbered_rows(const std::vector<std::uint32_t>& users, const std::vector<std::int64_t>& times = {}) {
  Dataset dataset;
  dataset.rules.task = Task::hybrid;
  std::uint32_t highest = 0;
  for (std::uint32_t row = 0; row < users.size(); ++row) {
    highest = std::max(highest, users[row]);
    dataset.user.push_back(users[row]);
    dataset.item.push_back(row % 7);
    dataset.rating.push_back(static_cast<float>(row));
    dataset.label.push_back(row % 2);
  }
  dataset.time.assign(times.begin(), times.end());
  std::vector<std::int64_t> user_ids(highest + 1);
  for (std::size_t i = 0; i < user_ids.size(); ++i) user_ids[i] = static_cast<std::int64_t>(i);
  dataset.users = IdMap::of_integers(user_ids);
  dataset.items = IdMap::of_integers({0, 1, 2, 3, 4, 5, 6});
  return dataset;
}

std::vector<std::uint32_t> rows_of(const Samples& samples, SampleRange range) {
  std::vector<std::uint32_t> rows;
  for (std::uint64_t i = range.begin; i < range.end; ++i)
    rows.push_back(static_cast<std::uint32_t>(samples.rows[i].rating));
  return rows;
}

std::vector<std::uint32_t> all_rows(const Samples& samples) { return rows_of(samples, {0, samples.rows.size()}); }

void check_counts(const char* shares, std::uint64_t n, std::uint64_t train, std::uint64_t validation) {
  CAPTURE(shares);
  CAPTURE(n);
  std::uint64_t got_train = 0, got_validation = 0;
  split_counts(shares, n, got_train, got_validation);
  CHECK(got_train == train);
  CHECK(got_validation == validation);
}

TEST_CASE("shares are exact decimals") {
  // Where doubles go wrong: 0.95 * 20 and 0.29 * 100 lie below the whole number.
  check_counts("0.95,0.005,0.045", 62'397'712, 59'277'826, 311'988);
  check_counts("0.95,0.005,0.045", 20, 19, 0);
  check_counts("0.29,0.01,0.70", 100, 29, 1);
  check_counts("1,0,0", 7, 7, 0);
  check_counts("0,0,1", 7, 0, 0);
  check_counts(".8,.1,.1", 10, 8, 1);
  check_counts("1.,0.0,.0", 5, 5, 0);
  check_counts("0.333333333333333333,0.333333333333333333,0.333333333333333334", 3, 0, 0);
  check_counts("0.95,0.005,0.045", 4'294'967'294, 4'080'218'929, 21'474'836);
  check_counts("0.5,0.5,0", 18'446'744'073'709'551'615u, 9'223'372'036'854'775'807u, 9'223'372'036'854'775'807u);
  check_counts("0.8,0.1,0.1", 0, 0, 0);
}

TEST_CASE("other shares are refused") {
  for (const char* shares : {"",
                             ",",
                             ",,",
                             "1",
                             "1,0",
                             "0.5,0.5",
                             "0.5,0.5,",
                             "0.4,0.3,0.2,0.1",
                             "1,0,0,0",
                             "1,0,0,",
                             "0.9,0.1,0.1",
                             "0.9,0.05,0.049",
                             "-0.1,0.6,0.5",
                             "+1,0,0",
                             "1e0,0,0",
                             "0.5,0.5,0 ",
                             " 1,0,0",
                             "0.5;0.5;0",
                             "1..0,0,0",
                             ".,1,0",
                             "2,0,0",
                             "100,0,0",
                             "20,-10,-9",
                             "0.9999999999999999999,0,0.0000000000000000001",
                             "nan,0,1",
                             "0x1,0,0",
                             "18446744073709551617,0,0",
                             "0.5,0.5,18.446744073709551616"}) {
    CAPTURE(shares);
    std::uint64_t train = 0, validation = 0;
    CHECK_THROWS_AS(split_counts(shares, 100, train, validation), UsageError);
  }
}

TEST_CASE("rows are put in the order of the seeded permutation") {
  const Dataset dataset = numbered_rows(std::vector<std::uint32_t>(1000, 3));
  const Samples samples = split_dataset(Dataset(dataset), {.shares = "0.8,0.15,0.05", .seed = 77});
  CHECK(samples.train == SampleRange{0, 800});
  CHECK(samples.validation == SampleRange{800, 950});
  CHECK(samples.test == SampleRange{950, 1000});
  CHECK(samples.users == 4);
  CHECK(samples.items == 7);
  CHECK(samples.task == Task::hybrid);
  const PermutationKey key = permutation_key(77, 0, 0, purpose_split);
  std::vector<bool> hit(1000);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::uint32_t row = permuted_index(i, 1000, permutation_bits(1000), key);
    const Sample& sample = samples.rows[i];
    CHECK(sample.user == 3);
    CHECK(sample.item == row % 7);
    CHECK(sample.rating == static_cast<float>(row));
    CHECK(sample.label == static_cast<float>(row % 2));
    hit[row] = true;
  }
  CHECK(std::count(hit.begin(), hit.end(), true) == 1000);
  const auto same = all_rows(split_dataset(Dataset(dataset), {.shares = "1,0,0", .seed = 77}));
  CHECK(same == all_rows(samples));
  CHECK(same != all_rows(split_dataset(Dataset(dataset), {.shares = "1,0,0", .seed = 78})));
}

TEST_CASE("without shuffling rows keep the order of the file") {
  const Samples samples =
      split_dataset(numbered_rows({0, 1, 2, 0, 1}), {.shares = "0.6,0.2,0.2", .shuffle = false});
  CHECK(rows_of(samples, samples.train) == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(rows_of(samples, samples.validation) == std::vector<std::uint32_t>{3});
  CHECK(rows_of(samples, samples.test) == std::vector<std::uint32_t>{4});
}

TEST_CASE("the columns are taken, targets that the task lacks are 0") {
  Dataset dataset = numbered_rows({0, 0, 1});
  dataset.label.clear();
  dataset.rules.task = Task::rating;
  const Samples samples = split_dataset(std::move(dataset), {.shares = "1,0,0", .shuffle = false});
  CHECK(samples.rows[1].label == 0);
  CHECK(samples.rows[1].rating == 1);
  CHECK(samples.task == Task::rating);
  CHECK(dataset.user.capacity() == 0);
  CHECK(dataset.item.capacity() == 0);
  CHECK(dataset.rating.capacity() == 0);
}

TEST_CASE("a split without a row to train on is refused") {
  CHECK_THROWS_AS(split_dataset(numbered_rows({0, 1}), {.shares = "0.4,0.3,0.3"}), DataError);
  CHECK_THROWS_AS(split_dataset(Dataset(), SplitOptions{}), DataError);
  CHECK_THROWS_AS(split_dataset(numbered_rows({0, 1}), {.shares = "1,1,1"}), UsageError);
}

TEST_CASE("leave-last-out takes the last by time, of equals the later row") {
  const std::vector<std::uint32_t> users = {0, 0, 1, 0, 1, 2, 3, 3, 3};
  const std::vector<std::int64_t> times = {5, 9, -7, 1, -8, 3, 4, 4, 2};
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const Samples samples =
        split_dataset(numbered_rows(users, times), {.by = SplitBy::leave_last_out, .seed = seed});
    CHECK(samples.train == SampleRange{0, 6});
    CHECK(samples.validation == SampleRange{6, 6});
    CHECK(samples.test == SampleRange{6, 9});
    std::vector<std::uint32_t> test = rows_of(samples, samples.test), all = all_rows(samples);
    std::sort(test.begin(), test.end());
    CHECK(test == std::vector<std::uint32_t>{1, 2, 7});  // user 2 has one row and stays
    std::sort(all.begin(), all.end());
    CHECK(all == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  }
  const Samples in_order =
      split_dataset(numbered_rows(users, times), {.by = SplitBy::leave_last_out, .shuffle = false});
  CHECK(all_rows(in_order) == std::vector<std::uint32_t>{0, 3, 4, 5, 6, 8, 1, 2, 7});
}

TEST_CASE("leave-last-out keeps the order of the permutation among the rows that stay") {
  std::vector<std::uint32_t> users;
  for (std::uint32_t i = 0; i < 200; ++i) users.push_back(i % 20);
  const auto order = all_rows(split_dataset(numbered_rows(users), {.shares = "1,0,0", .seed = 4}));
  const Samples samples = split_dataset(numbered_rows(users), {.by = SplitBy::leave_last_out, .seed = 4});
  std::vector<std::uint32_t> expected;
  const auto test = rows_of(samples, samples.test);
  for (const std::uint32_t row : order)
    if (std::find(test.begin(), test.end(), row) == test.end()) expected.push_back(row);
  CHECK(rows_of(samples, samples.train) == expected);
  CHECK(test.size() == 20);
}

TEST_CASE("leave-last-out has a validation only where shares were given") {
  std::vector<std::uint32_t> users;
  for (std::uint32_t i = 0; i < 110; ++i) users.push_back(i % 10);
  SplitOptions options{.shares = "0.75,0.125,0.125", .by = SplitBy::leave_last_out};
  CHECK(split_dataset(numbered_rows(users), options).validation.size() == 0);
  const auto without = all_rows(split_dataset(numbered_rows(users), options));
  options.shares_given = true;
  const Samples samples = split_dataset(numbered_rows(users), options);
  CHECK(samples.train == SampleRange{0, 88});
  CHECK(samples.validation == SampleRange{88, 100});  // 12 of 100: ⌊0.125 · 100⌋
  CHECK(samples.test == SampleRange{100, 110});
  CHECK(all_rows(samples) == without);
  options.shares = "0,1,0";
  CHECK_THROWS_AS(split_dataset(numbered_rows(users), options), DataError);
}

TEST_CASE("leave-last-out without times chooses each of a user's rows equally often") {
  std::vector<std::uint32_t> users;
  for (std::uint32_t i = 0; i < 5 * 2000; ++i) users.push_back(i % 2000);
  std::map<std::uint32_t, double> times_chosen;
  const Samples samples = split_dataset(numbered_rows(users), {.by = SplitBy::leave_last_out, .seed = 11});
  std::map<std::uint32_t, int> by_user;
  for (const std::uint32_t row : rows_of(samples, samples.test)) {
    ++times_chosen[row / 2000];
    ++by_user[row % 2000];
  }
  CHECK(by_user.size() == 2000);
  REQUIRE(times_chosen.size() == 5);
  for (const auto& [place, count] : times_chosen) CHECK(std::abs(count - 400) < 90);  // 5 standard deviations
  const Samples again = split_dataset(numbered_rows(users), {.by = SplitBy::leave_last_out, .seed = 11});
  const Samples other = split_dataset(numbered_rows(users), {.by = SplitBy::leave_last_out, .seed = 12});
  CHECK(all_rows(again) == all_rows(samples));
  auto first = rows_of(samples, samples.test), second = rows_of(other, other.test);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  CHECK(first != second);
}

}  // namespace
}  // namespace anirec
