#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "ratings/row_parser.h"
#include "ratings/synthetic.h"
#include "ratings/titles.h"

using namespace anirec;

namespace {

std::string animelist(const SyntheticOptions& options) {
  std::string text;
  generate_animelist(options, [&](std::string_view piece) { text += piece; });
  return text;
}
std::string titles(const SyntheticOptions& options) {
  std::string text;
  generate_titles(options, [&](std::string_view piece) { text += piece; });
  return text;
}

struct Row {
  std::uint64_t user, item;
  int rating, status, episodes;
};

std::vector<Row> rows_of(const std::string& text) {
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  CHECK(line == "user_id,anime_id,rating,watching_status,watched_episodes");
  std::vector<Row> rows;
  char comma;
  for (Row row;
       in >> row.user >> comma >> row.item >> comma >> row.rating >> comma >> row.status >> comma >> row.episodes;)
    rows.push_back(row);
  return rows;
}

// A plain factor model with biases by stochastic gradient descent: what the planted structure has to reward.
class SmallModel {
 public:
  static constexpr int factors = 12;
  SmallModel(std::size_t users, std::size_t items, double mean) : mean_(mean), side_{Side(users), Side(items)} {
    std::mt19937 random(7);
    for (Side& side : side_)
      for (double& value : side.factor) value = (static_cast<double>(random() % 2001) - 1000) / 5000;
  }
  double score(std::size_t user, std::size_t item) const {
    double sum = mean_ + side_[0].bias[user] + side_[1].bias[item];
    for (std::size_t k = 0; k < factors; ++k)
      sum += side_[0].factor[user * factors + k] * side_[1].factor[item * factors + k];
    return sum;
  }
  // One step down `slope`, the derivative of the loss by the score.
  void step(std::size_t user, std::size_t item, double slope, bool with_factors) {
    constexpr double rate = 0.02, decay = 0.05;
    double &a = side_[0].bias[user], &b = side_[1].bias[item];
    a -= rate * (slope + decay * a);
    b -= rate * (slope + decay * b);
    if (!with_factors) return;
    for (std::size_t k = 0; k < factors; ++k) {
      double &u = side_[0].factor[user * factors + k], &v = side_[1].factor[item * factors + k];
      const double old = u;
      u -= rate * (slope * v + decay * u);
      v -= rate * (slope * old + decay * v);
    }
  }

 private:
  struct Side {
    explicit Side(std::size_t count) : bias(count), factor(count * factors) {}
    std::vector<double> bias, factor;
  };
  double mean_;
  std::array<Side, 2> side_;
};

// Area under the curve by ranks.
double area_under_curve(std::vector<std::pair<double, bool>> scored) {
  std::sort(scored.begin(), scored.end());
  double positives = 0, ranks = 0;
  for (std::size_t i = 0; i < scored.size(); ++i)
    if (scored[i].second) {
      ++positives;
      ranks += static_cast<double>(i + 1);
    }
  const double negatives = static_cast<double>(scored.size()) - positives;
  return (ranks - positives * (positives + 1) / 2) / (positives * negatives);
}

double share(const std::vector<Row>& rows, bool (*is)(const Row&)) {
  return static_cast<double>(std::count_if(rows.begin(), rows.end(), is)) / static_cast<double>(rows.size());
}

}  // namespace

TEST_CASE("the same options give the same bytes, another seed gives others") {
  const SyntheticOptions options{300, 200, 6000, 9};
  SyntheticOptions other = options;
  other.seed = 10;
  CHECK(animelist(options) == animelist(options));
  CHECK(titles(options) == titles(options));
  CHECK(animelist(options) != animelist(other));
}

TEST_CASE("exactly the rows asked for, users ascending, no pair twice, whatever the proportions") {
  const SyntheticOptions cases[] = {{2000, 500, 100000, 42}, {20, 30, 600, 1},   {20, 30, 599, 2},
                                    {50, 40, 1900, 3},       {100, 100, 7, 4},   {1, 1, 1, 5},
                                    {1, 1000, 900, 6},       {1000, 1, 1000, 7}, {3, 7, 21, 8},
                                    {500, 30, 500, 9},       {10, 5000, 9000, 1}};
  for (const SyntheticOptions& options : cases) {
    CAPTURE(options.users);
    CAPTURE(options.rows);
    const std::vector<Row> rows = rows_of(animelist(options));
    CHECK(rows.size() == options.rows);
    std::set<std::pair<std::uint64_t, std::uint64_t>> pairs;
    std::set<std::uint64_t> users;
    bool ascending = true, plausible = true;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      pairs.insert({rows[i].user, rows[i].item});
      users.insert(rows[i].user);
      ascending = ascending && (i == 0 || rows[i - 1].user <= rows[i].user);
      plausible = plausible && rows[i].user < options.users && rows[i].rating >= 0 && rows[i].rating <= 10 &&
                  rows[i].episodes >= 0 && rows[i].episodes <= 75;
    }
    CHECK(pairs.size() == rows.size());
    CHECK(ascending);
    CHECK(plausible);
    if (options.rows >= options.users) CHECK(users.size() == options.users);
  }
}

TEST_CASE("options that cannot be met are usage errors") {
  const auto ignore = [](std::string_view) {};
  CHECK_THROWS_AS(generate_animelist({20, 30, 601, 1}, ignore), UsageError);
  CHECK_THROWS_AS(generate_animelist({0, 30, 1, 1}, ignore), UsageError);
  CHECK_THROWS_AS(generate_animelist({20, 0, 1, 1}, ignore), UsageError);
  CHECK_THROWS_AS(generate_animelist({20, 30, 0, 1}, ignore), UsageError);
  CHECK_THROWS_AS(generate_animelist({std::uint64_t{1} << 63, 30, 1, 1}, ignore), UsageError);
  CHECK_THROWS_AS(generate_titles({20, std::uint64_t{1} << 40, 1, 1}, ignore), UsageError);
}

TEST_CASE("the shape of the real file: ratings, statuses, long tails") {
  const std::vector<Row> rows = rows_of(animelist({4000, 2000, 400000, 42}));
  double sum = 0, squares = 0, rated = 0;
  std::map<std::uint64_t, int> by_user, by_item;
  for (const Row& row : rows) {
    ++by_user[row.user];
    ++by_item[row.item];
    if (row.rating == 0) continue;
    ++rated;
    sum += row.rating;
    squares += row.rating * row.rating;
  }
  const double mean = sum / rated, deviation = std::sqrt(squares / rated - mean * mean);
  INFO("mean ", mean, " deviation ", deviation, " unrated ", 1 - rated / static_cast<double>(rows.size()));
  CHECK(mean == doctest::Approx(7.5).epsilon(0.03));
  CHECK(deviation == doctest::Approx(1.7).epsilon(0.06));
  const double unrated = share(rows, [](const Row& row) { return row.rating == 0; });
  CHECK(unrated > 0.35);
  CHECK(unrated < 0.45);
  CHECK(share(rows, [](const Row& row) { return row.status == 2; }) > 0.55);
  CHECK(share(rows, [](const Row& row) { return row.status == 6; }) == doctest::Approx(0.26).epsilon(0.05));
  CHECK(share(rows, [](const Row& row) { return row.status == 6 && row.rating > 0; }) < 0.01);
  for (const int status : {1, 3, 4})
    CHECK(std::count_if(rows.begin(), rows.end(), [&](const Row& row) { return row.status == status; }) > 8000);
  const double unknown =
      share(rows, [](const Row& row) { return row.status < 1 || row.status > 6 || row.status == 5; });
  CHECK(unknown > 0);
  CHECK(unknown < 0.001);
  // The most watched tenth of the items and the busiest tenth of the users have far more than a tenth.
  for (const auto& counts : {by_user, by_item}) {
    std::vector<int> sorted;
    for (const auto& [id, count] : counts) sorted.push_back(count);
    std::sort(sorted.rbegin(), sorted.rend());
    double top = 0;
    for (std::size_t i = 0; i < sorted.size() / 10; ++i) top += sorted[i];
    CHECK(top / static_cast<double>(rows.size()) > 0.3);
  }
}

TEST_CASE("a factor model learns what the means cannot tell") {
  const SyntheticOptions options;
  const std::vector<Row> rows = rows_of(animelist(options));
  std::map<std::uint64_t, std::size_t> index;
  for (const Row& row : rows) index.emplace(row.item, index.size());

  struct Sample {
    std::size_t user, item;
    double target;
  };
  std::vector<Sample> ratings, labels;
  double mean = 0;
  for (const Row& row : rows) {
    if (row.rating > 0) {
      ratings.push_back({row.user, index[row.item], static_cast<double>(row.rating)});
      mean += row.rating;
    }
    if (row.status == 2 || row.status == 4)
      labels.push_back({row.user, index[row.item], row.status == 2 && row.rating > 5 ? 1.0 : 0.0});
  }
  mean /= static_cast<double>(ratings.size());
  std::mt19937 random(3);
  std::shuffle(ratings.begin(), ratings.end(), random);
  std::shuffle(labels.begin(), labels.end(), random);

  const auto rmse = [&](bool with_factors) {
    SmallModel model(options.users, index.size(), mean);
    const std::size_t train = ratings.size() * 9 / 10;
    for (int pass = 0; pass < 40; ++pass)
      for (std::size_t i = 0; i < train; ++i) {
        const Sample& s = ratings[i];
        const double bare = model.score(s.user, s.item);
        model.step(s.user, s.item, bare - s.target, with_factors);
      }
    double squares = 0;
    for (std::size_t i = train; i < ratings.size(); ++i) {
      const double error = model.score(ratings[i].user, ratings[i].item) - ratings[i].target;
      squares += error * error;
    }
    return std::sqrt(squares / static_cast<double>(ratings.size() - train));
  };
  const double means_only = rmse(false), factors = rmse(true);
  INFO("rmse of biases ", means_only, ", with factors ", factors);
  CHECK(factors < 0.95 * means_only);
  CHECK(factors < 1.3);

  SmallModel model(options.users, index.size(), 0);
  const std::size_t train = labels.size() * 9 / 10;
  for (int pass = 0; pass < 20; ++pass)
    for (std::size_t i = 0; i < train; ++i)
      model.step(labels[i].user, labels[i].item,
                 1 / (1 + std::exp(-model.score(labels[i].user, labels[i].item))) - labels[i].target, true);
  std::vector<std::pair<double, bool>> scored;
  for (std::size_t i = train; i < labels.size(); ++i)
    scored.push_back({model.score(labels[i].user, labels[i].item), labels[i].target > 0});
  const double area = area_under_curve(scored);
  INFO("area under the curve ", area);
  CHECK(area > 0.8);
}

TEST_CASE("titles: one for each item, distinct, genres quoted, readable by the titles reader") {
  const TemporaryFolder folder;
  const SyntheticOptions options{10, 30000, 1000, 42};
  const std::string text = titles(options);
  CHECK(text.starts_with("MAL_ID,Name,Score,Genres,Type,Episodes\n"));
  const Titles read = read_titles(folder.file("anime.csv", text));
  CHECK(read.size() == options.items);
  for (const Row& row : rows_of(animelist(options))) REQUIRE(read.find(std::to_string(row.item)) != nullptr);

  std::set<std::string> names;
  std::size_t commas = 0, quotes = 0, others = 0;
  for (std::uint64_t id = 0; id < 30000 * 3; ++id)
    if (const Title* title = read.find(std::to_string(id))) {
      names.insert(title->name);
      CHECK_FALSE(title->genres.empty());
      commas += title->name.find(',') != std::string::npos;
      quotes += title->name.find('"') != std::string::npos;
      others += title->name.find("\xe2\x99\xa5") != std::string::npos;
      if (title->name.starts_with("Starship ")) CHECK(title->genres.starts_with("Sci-Fi"));
    }
  CHECK(names.size() == options.items);
  CHECK(commas > 0);
  CHECK(quotes > 0);
  CHECK(others > 0);
}

TEST_CASE("the row parser reads what is generated") {
  const TemporaryFolder folder;
  const SyntheticOptions options{300, 200, 6000, 9};
  Team team(2);
  std::mutex mutex;
  double sum = 0;
  const std::string text = animelist(options);
  const auto sources = read_rows({folder.file("animelist.csv", text)}, {}, team, [&](std::size_t, RowBlock& rows) {
    const std::lock_guard lock(mutex);
    for (const float rating : rows.rating) sum += rating;
  });
  double expected = 0;
  for (const Row& row : rows_of(text)) expected += row.rating;
  CHECK(sources.at(0).rows == options.rows);
  CHECK(sources.at(0).format.name == "animelist.csv");
  CHECK(sum == expected);
}
