#include <doctest/doctest.h>
#include <algorithm>
#include <sstream>

#include "dataset/dataset.h"

namespace anirec {
namespace {

Dataset with_ratings(const std::vector<float>& ratings) {
  Dataset dataset;
  dataset.rating.assign(ratings.begin(), ratings.end());
  dataset.user.assign(ratings.size(), 0);
  dataset.item.assign(ratings.size(), 0);
  dataset.users = IdMap::of_integers({1});
  dataset.items = IdMap::of_integers({1, 2});
  dataset.counts.kept = ratings.size();
  dataset.duplicate_pairs = ratings.size() - 1;
  return dataset;
}

std::string described(const Dataset& dataset) {
  Team team(2);
  return describe_dataset(dataset, team);
}

// The lines with their runs of blanks made one, so that widths may change.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    CHECK(line.size() <= 60);
    std::istringstream words(line);
    std::string squeezed;
    for (std::string word; words >> word;) squeezed += (squeezed.empty() ? "" : " ") + word;
    lines.push_back(squeezed);
  }
  return lines;
}

void check_has(const std::vector<std::string>& lines, const std::string& expected) {
  CAPTURE(expected);
  CHECK(std::find(lines.begin(), lines.end(), expected) != lines.end());
}

TEST_CASE("counts, rules and labels") {
  Dataset dataset = with_ratings({7, 8, 8, 10});
  dataset.label = {1, 1, 0, 1};
  dataset.labelled_by_status = true;
  dataset.rules.task = Task::hybrid;
  dataset.counts.unrated = 999'996;
  const auto lines = lines_of(described(dataset));
  check_has(lines, "rows read 1,000,000");
  check_has(lines, "kept 4 0.00 %");
  check_has(lines, "dropped 999,996 100.00 %");
  check_has(lines, "not rated 999,996 100.00 %");
  check_has(lines, "users 1");
  check_has(lines, "items 2");
  check_has(lines, "pairs that have a row 50.0000 %");
  check_has(lines, "rows of a pair seen before 3");
  check_has(lines, "mean 8.25");
  check_has(lines, "7 1 25.00 % ##########");
  check_has(lines, "8 2 50.00 % ####################");
  check_has(lines, "9 0 0.00 %");
  check_has(lines, "10 1 25.00 % ##########");
  check_has(lines, "labels, by watching status and rating");
  check_has(lines, "1 (positive) 3 75.00 %");
  check_has(lines, "0 (negative) 1 25.00 %");
  for (const std::string& line : lines) CHECK(line.find("watching 0") == std::string::npos);
}

TEST_CASE("half steps, and quartiles where the ratings are finer or too many") {
  const auto halves = lines_of(described(with_ratings({0.5f, 1.5f, 1.5f})));
  check_has(halves, "0.5 1 33.33 % ##########");
  check_has(halves, "1.0 0 0.00 %");
  check_has(halves, "1.5 2 66.67 % ####################");
  const auto fine = lines_of(described(with_ratings({4, 0.25f, 3, 1, 2})));
  check_has(fine, "lowest 0.25");
  check_has(fine, "a quarter is below 1");
  check_has(fine, "half is below 2");
  check_has(fine, "three quarters are below 3");
  check_has(fine, "highest 4");
  check_has(lines_of(described(with_ratings({1, 100}))), "highest 100");
  check_has(lines_of(described(with_ratings({1, 1e30f}))), "highest 1e+30");
  std::vector<float> many;
  for (int i = 1; i <= 100; ++i) many.push_back(static_cast<float>(i));
  check_has(lines_of(described(with_ratings(many))), "lowest 1");
}

TEST_CASE("ratings of many rows are counted by several threads") {
  std::vector<float> ratings;
  for (int i = 0; i < 1'000'000; ++i) ratings.push_back(static_cast<float>(i % 5) / 2 - 1);
  const auto lines = lines_of(described(with_ratings(ratings)));
  check_has(lines, "mean 0");
  for (const char* rating : {"-1.0", "-0.5", "0.0", "0.5", "1.0"})
    check_has(lines, std::string(rating) + " 200,000 20.00 % ####################");
  ratings.back() = 0.25f;
  check_has(lines_of(described(with_ratings(ratings))), "half is below 0");
  ratings.back() = 30;
  check_has(lines_of(described(with_ratings(ratings))), "highest 30");
}

TEST_CASE("the widest lines stay within 60 columns") {
  Dataset dataset = with_ratings({10, 10});
  dataset.label = {0, 0};
  dataset.rules = {.task = Task::interaction, .unrated = Unrated::drop, .positive_from = 6.5f};
  dataset.counts = {2, 400'000'000'000, 1, 1, 1, 1};
  const auto lines = lines_of(described(dataset));
  check_has(lines, "not rated (--unrated drop) 400,000,000,000 100.00 %");
  check_has(lines, "labels, by rating, 1 from 6.5 on");
  check_has(lines, "all alike: --positive-from says where 1 begins");
}

}  // namespace
}  // namespace anirec
