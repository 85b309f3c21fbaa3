#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engines/small_problem.h"
#include "model/new_user.h"

using namespace anirec;

namespace {

using Row = std::vector<double>;

// A model whose tables have some spread, and somebody's ratings of it.
struct Case {
  Problem problem;
  std::vector<RatedItem> rated;
  NewUserSettings settings;
};

Case make_case(const std::string& name, Task task, Activation activation = Activation::identity,
               std::vector<int> hidden = {7}) {
  ProblemSize size;
  size.hidden = hidden;
  Case c = {make_problem(name, task, size, activation), {}, {}};
  Parameters& p = c.problem.start;
  for (std::vector<float>* table : {&p.user_embedding, &p.item_embedding, &p.user_bias, &p.item_bias})
    for (float& value : *table) value = 12 * value + 0.1f;
  for (const std::uint32_t item : {0u, 2u, 3u, 7u, 9u})
    c.rated.push_back({item, 1.0f + static_cast<float>(item * 4 % 10), item % 2 == 0 ? 1.0f : 0.0f});
  c.settings.noise_variance = 1.3;
  return c;
}

// Scores of one item by all heads, written out again.
Row scores_at(const Problem& problem, const Row& row, std::uint32_t item) {
  const ModelConfig& model = problem.model;
  const Parameters& p = problem.start;
  const std::size_t dim = static_cast<std::size_t>(model.dim);
  const float* y = p.item_embedding.data() + item * dim;
  if (model.trunk() == Trunk::dot) {
    double score = p.dense[0];
    const double u = row[dim], i = p.item_bias[item];
    for (std::size_t k = 0; k < dim; ++k) score += model.additive_bias ? row[k] * y[k] : (row[k] + u) * (y[k] + i);
    return {score + (model.additive_bias ? u + i : 0)};
  }
  Row below(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(dim));
  below.insert(below.end(), y, y + dim);
  const float* weight = p.dense.data();
  for (const int width : model.hidden) {
    Row above(static_cast<std::size_t>(width));
    const float* bias = weight + above.size() * below.size();
    for (std::size_t j = 0; j < above.size(); ++j) {
      above[j] = bias[j];
      for (std::size_t k = 0; k < below.size(); ++k) above[j] += weight[j * below.size() + k] * below[k];
      above[j] = std::max(above[j], 0.0);
    }
    weight = bias + above.size();
    below = above;
  }
  Row scores;
  for (std::size_t h = 0; h < model.heads.size(); ++h, weight += below.size() + 1) {
    scores.push_back(weight[below.size()]);
    for (std::size_t k = 0; k < below.size(); ++k) scores.back() += weight[k] * below[k];
  }
  return scores;
}

// Everything the fit minimises but the prior.
double loss_at(const Case& c, const Row& row, const std::vector<RatedItem>& rated) {
  const ModelConfig& model = c.problem.model;
  double sum = 0, length = 0;
  for (std::size_t k = 0; k < static_cast<std::size_t>(model.dim); ++k) length += row[k] * row[k];
  for (const RatedItem& each : rated) {
    const Row scores = scores_at(c.problem, row, each.item);
    for (std::size_t h = 0; h < scores.size(); ++h) {
      const Head& head = model.heads[h];
      const double s = scores[h];
      if (head.target == Target::label) {
        const double log_loss = std::log1p(std::exp(each.label > 0.5f ? -s : s));
        sum += head.weight * log_loss * c.settings.class_weight[each.label > 0.5f ? 1 : 0];
      } else {
        const double value = head.activation == Activation::relu      ? std::max(s, 0.0)
                             : head.activation == Activation::bounded ? 1 + 9 / (1 + std::exp(-s))
                                                                      : s;
        sum += head.weight * (value - each.rating) * (value - each.rating);
      }
    }
    sum += c.settings.l2 * length;
  }
  const bool rating = model.heads[0].target == Target::rating;
  return rating ? sum / (2 * c.settings.noise_variance * model.heads[0].weight) : sum;
}

Row row_of(const NewUser& user, const ModelConfig& model) {
  Row row(user.embedding().begin(), user.embedding().end());
  if (model.has_row_bias()) row.push_back(user.bias());
  return row;
}

Row fitted(const Case& c, const std::vector<RatedItem>& rated) {
  return row_of(NewUser(c.problem.model, c.problem.start, rated, c.settings), c.problem.model);
}

std::vector<Case> all_cases() {
  std::vector<Case> cases = {make_case("mf", Task::rating),
                             make_case("mf", Task::rating),
                             make_case("mf", Task::interaction),
                             make_case("mf", Task::rating, Activation::bounded),
                             make_case("nn", Task::rating, Activation::relu),
                             make_case("nn", Task::interaction, Activation::identity, {9, 5}),
                             make_case("hybrid", Task::hybrid, Activation::relu)};
  cases[1].problem.model.additive_bias = true;
  cases[1].settings.l2 = 0.05f;
  cases[2].settings.class_weight[0] = 2.5f;
  cases[6].settings.l2 = 0.01f;
  return cases;
}

}  // namespace

TEST_CASE("with a weak prior the row is where the run's loss is least") {
  for (Case& c : all_cases()) {
    CAPTURE(c.problem.model.name);
    CAPTURE(static_cast<int>(c.problem.model.task));
    c.settings.prior_strength = 1e-4;
    const Row row = fitted(c, c.rated);
    const double least = loss_at(c, row, c.rated);
    Row mean(row.size());
    CHECK(least < loss_at(c, mean, c.rated));
    // What the prior is worth, and the kinks of a relu, where descent may end a little early.
    const double allowed = c.problem.model.trunk() == Trunk::dot ? 1e-3 : 1e-3 * least;
    for (std::uint32_t trial = 0; trial < 200; ++trial) {
      Row other = row;
      for (std::size_t k = 0; k < row.size(); ++k)
        other[k] += 0.02 * (philox(5, trial, static_cast<std::uint32_t>(k), 0, 78).word[0] / 4294967296.0 - 0.5);
      CHECK(loss_at(c, other, c.rated) > least - allowed);
    }
  }
}

TEST_CASE("the prior is the trained users' mean and covariance") {
  Case c = make_case("mf", Task::rating);
  const ModelConfig& model = c.problem.model;
  const std::size_t dim = static_cast<std::size_t>(model.dim);
  // Held by nothing but the prior, a user is the mean one.
  c.settings.noise_variance = 1e9;
  const Row row = fitted(c, {c.rated[0]});
  for (std::size_t k = 0; k < dim; ++k) {
    double mean = 0;
    for (std::uint32_t u = 0; u < model.users; ++u)
      mean += c.problem.start.user_embedding[u * dim + k] / static_cast<double>(model.users);
    CHECK(row[k] == doctest::Approx(mean).epsilon(1e-4));
  }
  // Users who do not differ in an element leave no room for it: stretched tenfold, it moves further.
  c.settings.noise_variance = 1;
  const auto moved = [&](float stretch) {
    Case stretched = c;
    double mean = 0;
    for (std::uint32_t u = 0; u < model.users; ++u)
      mean += stretched.problem.start.user_embedding[u * dim] / static_cast<double>(model.users);
    for (std::uint32_t u = 0; u < model.users; ++u) {
      float& value = stretched.problem.start.user_embedding[u * dim];
      value = static_cast<float>(mean) + stretch * (value - static_cast<float>(mean));
    }
    return std::fabs(fitted(stretched, c.rated)[0] - mean);
  };
  CHECK(moved(0.01f) < 0.1 * moved(1));
  CHECK(moved(1) < moved(10));
}

TEST_CASE("a rating's contribution is what the score loses without it") {
  for (Case& c : all_cases()) {
    CAPTURE(c.problem.model.name);
    CAPTURE(static_cast<int>(c.problem.model.task));
    const ModelConfig& model = c.problem.model;
    const bool exact = model.name == "mf" && model.task == Task::rating &&
                       model.heads[0].activation == Activation::identity && c.settings.l2 == 0;
    const NewUser user(model, c.problem.start, c.rated, c.settings);
    const std::vector<std::uint32_t> items = {1, 5, 2};
    const auto contributions = user.contributions(items);
    REQUIRE(contributions.size() == items.size());
    double difference = 0, movement = 0, predicted = 0, both = 0;
    for (std::size_t i = 0; i < c.rated.size(); ++i) {
      std::vector<RatedItem> rest = c.rated;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      const Row without = fitted(c, rest);
      for (std::size_t j = 0; j < items.size(); ++j) {
        const std::size_t head = model.ranking_head();
        const double lost = scores_at(c.problem, row_of(user, model), items[j])[head] -
                            scores_at(c.problem, without, items[j])[head];
        difference += std::pow(contributions[j][i] - lost, 2);
        movement += lost * lost;
        predicted += contributions[j][i] * contributions[j][i];
        both += contributions[j][i] * lost;
      }
    }
    CHECK(movement > 1e-6);
    CHECK(both / std::sqrt(movement * predicted) > 0.8);
    if (exact) CHECK(std::sqrt(difference / movement) < 1e-5);
  }
}

TEST_CASE("one user, or users who are all alike, are no obstacle") {
  Case c = make_case("mf", Task::rating);
  c.problem.model.users = 1;
  c.problem.start.user_embedding.resize(static_cast<std::size_t>(c.problem.model.dim));
  c.problem.start.user_bias.resize(1);
  for (const double value : fitted(c, c.rated)) CHECK(std::isfinite(value));
  Case alike = make_case("nn", Task::rating, Activation::relu);
  std::fill(alike.problem.start.user_embedding.begin(), alike.problem.start.user_embedding.end(), 0.25f);
  for (const double value : fitted(alike, alike.rated)) CHECK(std::isfinite(value));
}

TEST_CASE("the same ratings give the same bits, and a user alone in a model has this row") {
  const Case c = make_case("mf", Task::rating);
  const NewUser user(c.problem.model, c.problem.start, c.rated, c.settings),
      again(c.problem.model, c.problem.start, c.rated, c.settings);
  CHECK(user.embedding() == again.embedding());
  CHECK(user.bias() == again.bias());
  const OneUserModel one = one_user_model(c.problem.model, c.problem.start, user);
  CHECK(one.config.users == 1);
  CHECK(one.parameters.user_embedding == user.embedding());
  CHECK(one.parameters.user_bias == std::vector<float>{user.bias()});
  CHECK(one.parameters.item_embedding == c.problem.start.item_embedding);
  CHECK(one.parameters.dense == c.problem.start.dense);
}
