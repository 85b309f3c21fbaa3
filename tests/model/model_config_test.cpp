#include "model/model_config.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "error.h"

using namespace anirec;

namespace {

ModelConfig hybrid_config() {
  ModelConfig config;
  config.name = "hybrid";
  config.task = Task::hybrid;
  config.dim = 16;
  config.hidden = {32, 8};
  config.heads = make_heads("hybrid", Task::hybrid, Activation::bounded, 1, 5);
  config.bounds = {0.5f, 5};
  config.users = 12;
  config.items = 7;
  return config;
}

std::string config_error(const std::string& json) {
  try {
    parse_model_config(json, "some.file");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("each model has the heads of its task") {
  const auto rating = make_heads("nn", Task::rating, Activation::relu, 1, 5);
  REQUIRE(rating.size() == 1);
  CHECK(rating[0].target == Target::rating);
  CHECK(rating[0].activation == Activation::relu);
  CHECK(rating[0].loss == Loss::squared_error);
  CHECK(rating[0].weight == 1);
  const auto label = make_heads("mf", Task::interaction, Activation::relu, 3, 5);
  REQUIRE(label.size() == 1);
  CHECK(label[0].activation == Activation::sigmoid);
  CHECK(label[0].loss == Loss::cross_entropy);
  CHECK(label[0].weight == 1);
  const auto both = make_heads("hybrid", Task::hybrid, Activation::identity, 2, 5);
  REQUIRE(both.size() == 2);
  CHECK(std::string(both[0].name()) == "rating");
  CHECK(std::string(both[1].name()) == "interaction");
  CHECK(both[0].weight == 2);
  CHECK(both[1].weight == 5);
  CHECK(hybrid_config().ranking_head() == 1);
}

TEST_CASE("models and tasks that do not go together are bad usage") {
  CHECK_THROWS_AS(make_heads("hybrid", Task::rating, Activation::relu, 1, 5), UsageError);
  CHECK_THROWS_AS(make_heads("hybrid", Task::interaction, Activation::relu, 1, 5), UsageError);
  CHECK_THROWS_AS(make_heads("mf", Task::hybrid, Activation::relu, 1, 5), UsageError);
  CHECK_THROWS_AS(make_heads("nn", Task::hybrid, Activation::relu, 1, 5), UsageError);
  CHECK_THROWS_AS(make_heads("svd", Task::rating, Activation::relu, 1, 5), UsageError);
}

TEST_CASE("rating activations have names; sigmoid is none of them") {
  for (const char* name : {"identity", "relu", "bounded"})
    CHECK(std::string(activation_name(parse_rating_activation(name))) == name);
  CHECK_THROWS_AS(parse_rating_activation("sigmoid"), UsageError);
  CHECK_THROWS_AS(parse_rating_activation(""), UsageError);
  CHECK(default_rating_activation("mf") == Activation::identity);
  CHECK(default_rating_activation("nn") == Activation::relu);
  CHECK(default_rating_activation("hybrid") == Activation::relu);
}

TEST_CASE("a configuration comes back from its JSON as it was") {
  const ModelConfig config = hybrid_config();
  const std::string json = model_config_json(config);
  const ModelConfig back = parse_model_config(json, "x");
  CHECK(model_config_json(back) == json);
  CHECK(back.name == "hybrid");
  CHECK(back.hidden == config.hidden);
  CHECK(back.bounds.low == 0.5f);
  CHECK(back.heads[0].activation == Activation::bounded);
  CHECK(back.heads[0].loss == Loss::squared_error);
  CHECK(back.heads[1].activation == Activation::sigmoid);
  CHECK(back.heads[1].weight == 5);
  CHECK(back.users == 12);
  CHECK(back.items == 7);
}

TEST_CASE("a damaged configuration is refused with the file's name") {
  const nlohmann::json good = nlohmann::json::parse(model_config_json(hybrid_config()));
  for (const auto& [key, value] : good.items()) {
    CAPTURE(key);
    nlohmann::json without = good, wrong = good;
    without.erase(key);
    wrong[key] = key == "model" || key == "task" || key == "mf_bias" ? nlohmann::json(7) : nlohmann::json("x");
    CHECK(config_error(without.dump()).find("some.file") == 0);
    if (key != "mf_bias") CHECK(config_error(wrong.dump()).find("some.file") == 0);
  }
  const std::vector<std::pair<const char*, nlohmann::json>> wrong_values = {{"dim", 0},
                                                                            {"dim", -3},
                                                                            {"dim", 100000},
                                                                            {"hidden", nlohmann::json::array()},
                                                                            {"hidden", {0}},
                                                                            {"hidden", {3, 70000}},
                                                                            {"task", "rating"},
                                                                            {"model", "mf"},
                                                                            {"heads", nlohmann::json::array()}};
  for (const auto& [key, value] : wrong_values) {
    nlohmann::json wrong = good;
    wrong[key] = value;
    CAPTURE(wrong.dump());
    CHECK(config_error(wrong.dump()) != "");
  }
  for (const char* text : {"", "{", "[]", "3"}) CHECK(config_error(text) != "");
}

TEST_CASE("numbers that the configuration cannot have are refused, not wrapped or cut") {
  for (const auto& [field, value] : {std::pair{"users", "-1"},
                                     {"users", "4294967296"},
                                     {"items", "1e300"},
                                     {"dim", "0"},
                                     {"dim", "16.5"},
                                     {"dim", "65537"},
                                     {"hidden", "[0]"},
                                     {"hidden", "[]"},
                                     {"hidden", "[1e10]"},
                                     {"hidden", "7"},
                                     {"bounds", "[1]"},
                                     {"bounds", "[1,1e300]"},
                                     {"heads", "[]"},
                                     {"heads", "{}"},
                                     {"mf_bias", "1"},
                                     {"task", "[]"}}) {
    CAPTURE(field);
    CAPTURE(value);
    nlohmann::ordered_json json = nlohmann::ordered_json::parse(model_config_json(hybrid_config()));
    json[field] = nlohmann::ordered_json::parse(value);
    CHECK(config_error(json.dump()).find("some.file: its model configuration is damaged") == 0);
  }
  std::vector<int> layers(33, 8);
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(model_config_json(hybrid_config()));
  json["hidden"] = layers;
  CHECK(config_error(json.dump()).find("too long a one") != std::string::npos);
}
