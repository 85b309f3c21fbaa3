#include "model/parameters.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace anirec;

namespace {

ModelConfig config_of(const std::string& name, Task task, std::vector<int> hidden = {6, 5},
                      Activation activation = Activation::identity) {
  ModelConfig config;
  config.name = name;
  config.task = task;
  config.dim = 4;
  if (name != "mf") config.hidden = hidden;
  config.heads = make_heads(name, task, activation, 1, 5);
  config.bounds = {1, 10};
  config.users = 300;
  config.items = 200;
  return config;
}

using NamesAndShapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

NamesAndShapes names_and_shapes(const ModelConfig& config) {
  NamesAndShapes all;
  for (const DenseTensor& tensor : dense_tensors(config)) all.emplace_back(tensor.name, tensor.shape);
  return all;
}

std::vector<float> values_of(const Parameters& parameters, const ModelConfig& config, const std::string& name) {
  for (const DenseTensor& tensor : dense_tensors(config))
    if (tensor.name == name) {
      const auto begin = parameters.dense.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
      return {begin, begin + static_cast<std::ptrdiff_t>(tensor.size())};
    }
  return {};
}

struct Spread {
  float low, high;
  double mean;
};

Spread spread_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, *high, sum / static_cast<double>(values.size())};
}

}  // namespace

TEST_CASE("dense tensors have the contract's names and shapes, one behind the other") {
  CHECK(names_and_shapes(config_of("mf", Task::rating)) == NamesAndShapes{{"bias", {1}}});
  CHECK(names_and_shapes(config_of("nn", Task::interaction, {6})) ==
        NamesAndShapes{{"hidden.0.weight", {6, 8}},
                       {"hidden.0.bias", {6}},
                       {"interaction_head.weight", {1, 6}},
                       {"interaction_head.bias", {1}}});
  const ModelConfig hybrid = config_of("hybrid", Task::hybrid);
  CHECK(names_and_shapes(hybrid) == NamesAndShapes{{"hidden.0.weight", {6, 8}},
                                                   {"hidden.0.bias", {6}},
                                                   {"hidden.1.weight", {5, 6}},
                                                   {"hidden.1.bias", {5}},
                                                   {"rating_head.weight", {1, 5}},
                                                   {"rating_head.bias", {1}},
                                                   {"interaction_head.weight", {1, 5}},
                                                   {"interaction_head.bias", {1}}});
  std::size_t offset = 0;
  for (const DenseTensor& tensor : dense_tensors(hybrid)) {
    CHECK(tensor.offset == offset);
    offset += tensor.size();
  }
}

TEST_CASE("tables have a row a user or item; only mf has scalar biases") {
  const Parameters mf = initial_parameters(config_of("mf", Task::rating), 1, InitBias::zero, {});
  CHECK(mf.user_embedding.size() == 1200);
  CHECK(mf.item_embedding.size() == 800);
  CHECK(mf.user_bias.size() == 300);
  CHECK(mf.item_bias.size() == 200);
  const Parameters nn = initial_parameters(config_of("nn", Task::rating), 1, InitBias::zero, {});
  CHECK(nn.user_bias.empty());
  CHECK(nn.item_bias.empty());
}

TEST_CASE("embeddings and scalar biases fill uniform(-0.05, 0.05)") {
  const Parameters p = initial_parameters(config_of("mf", Task::rating), 5, InitBias::zero, {});
  for (const std::vector<float>* values : {&p.user_embedding, &p.item_embedding, &p.user_bias, &p.item_bias}) {
    const Spread spread = spread_of(*values);
    CHECK(spread.low >= -0.05f);
    CHECK(spread.low < -0.047f);
    CHECK(spread.high < 0.05f);
    CHECK(spread.high > 0.047f);
    CHECK(std::fabs(spread.mean) < 4 * 0.05 / std::sqrt(3.0 * static_cast<double>(values->size())));
  }
  CHECK(p.dense == std::vector<float>{0});
}

TEST_CASE("dense weights fill Glorot's limits, dense biases are zero") {
  const ModelConfig config = config_of("nn", Task::rating, {64, 48});
  const Parameters p = initial_parameters(config, 5, InitBias::zero, {7, 0.5});
  const std::vector<std::pair<std::string, double>> fans = {
      {"hidden.0.weight", 8 + 64}, {"hidden.1.weight", 64 + 48}, {"rating_head.weight", 48 + 1}};
  for (const auto& [name, fan] : fans) {
    CAPTURE(name);
    const double limit = std::sqrt(6 / fan);
    const Spread spread = spread_of(values_of(p, config, name));
    CHECK(static_cast<double>(spread.low) >= -limit * 1.000001);
    CHECK(static_cast<double>(spread.high) <= limit * 1.000001);
    CHECK(static_cast<double>(spread.low) < -0.8 * limit);
    CHECK(static_cast<double>(spread.high) > 0.8 * limit);
  }
  for (const char* name : {"hidden.0.bias", "hidden.1.bias", "rating_head.bias"})
    for (const float value : values_of(p, config, name)) CHECK(value == 0);
}

TEST_CASE("tensors are drawn apart, and anew for another seed") {
  const ModelConfig config = config_of("hybrid", Task::hybrid, {8, 8});
  const Parameters p = initial_parameters(config, 5, InitBias::zero, {}),
                   q = initial_parameters(config, 6, InitBias::zero, {});
  CHECK(p == initial_parameters(config, 5, InitBias::zero, {}));
  CHECK(p.user_embedding[0] != q.user_embedding[0]);
  CHECK(p.user_embedding[0] != p.item_embedding[0]);
  CHECK(values_of(p, config, "rating_head.weight") != values_of(p, config, "interaction_head.weight"));
  CHECK(values_of(p, config, "hidden.0.weight")[0] != values_of(p, config, "hidden.1.weight")[0]);
}

TEST_CASE("a user's initial row does not depend on how many users there are") {
  ModelConfig small = config_of("mf", Task::rating);
  small.users = 10;
  const Parameters a = initial_parameters(small, 5, InitBias::zero, {}),
                   b = initial_parameters(config_of("mf", Task::rating), 5, InitBias::zero, {});
  CHECK(std::equal(a.user_embedding.begin(), a.user_embedding.end(), b.user_embedding.begin()));
}

TEST_CASE("--init-bias mean starts each head at the score whose activation is the training mean") {
  const TargetMeans means = {7.25, 0.8};
  for (const Activation activation : {Activation::identity, Activation::relu, Activation::bounded}) {
    CAPTURE(activation_name(activation));
    const ModelConfig config = config_of("hybrid", Task::hybrid, {6}, activation);
    const Parameters p = initial_parameters(config, 1, InitBias::mean, means);
    CHECK(static_cast<double>(activate(activation, values_of(p, config, "rating_head.bias")[0], config.bounds)) ==
          doctest::Approx(7.25));
    CHECK(static_cast<double>(sigmoid(values_of(p, config, "interaction_head.bias")[0])) == doctest::Approx(0.8));
    CHECK(values_of(p, config, "hidden.0.bias") == std::vector<float>(6, 0.0f));
  }
  CHECK(initial_parameters(config_of("mf", Task::rating), 1, InitBias::mean, means).dense ==
        std::vector<float>{7.25f});
  CHECK(initial_parameters(config_of("mf", Task::interaction), 1, InitBias::mean, means).dense[0] ==
        doctest::Approx(std::log(4.0)));
  for (const double share : {0.0, 1.0})
    CHECK(std::isfinite(
        initial_parameters(config_of("mf", Task::interaction), 1, InitBias::mean, {0, share}).dense[0]));
}

TEST_CASE(
    "--init-bias low starts a rating's head one standard deviation below the mean, one with an activation and a "
    "label's at the mean") {
  const TargetMeans means = {7.25, 0.8, 1.5};
  for (const Activation activation : {Activation::identity, Activation::relu, Activation::bounded}) {
    CAPTURE(activation_name(activation));
    const ModelConfig config = config_of("hybrid", Task::hybrid, {6}, activation);
    const Parameters p = initial_parameters(config, 1, InitBias::low, means);
    CHECK(static_cast<double>(activate(activation, values_of(p, config, "rating_head.bias")[0], config.bounds)) ==
          doctest::Approx(activation == Activation::identity ? 5.75 : 7.25));
    CHECK(static_cast<double>(sigmoid(values_of(p, config, "interaction_head.bias")[0])) == doctest::Approx(0.8));
  }
  CHECK(initial_parameters(config_of("mf", Task::rating), 1, InitBias::low, means).dense ==
        std::vector<float>{5.75f});
}
