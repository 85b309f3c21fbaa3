#include "train/train_config.h"

#include <doctest/doctest.h>

#include <set>

#include "error.h"

using namespace anirec;

namespace {

TrainConfig config_of(const std::string& model, const std::string& task) {
  TrainConfig config;
  config.model = model;
  config.task = task;
  return config;
}

// Gives every field it is shown another value, and adds up the room the fields take.
struct ChangeAll {
  std::size_t &bytes, &fields;
  std::set<std::string>& names;
  template <class Field>
  void count(const char* name, Field&) const {
    bytes += sizeof(Field);
    ++fields;
    names.insert(name);
  }
  void operator()(const char* name, std::string& field, const char*) const { count(name, field), field += "x"; }
  void operator()(const char* name, bool& field, const char*) const { count(name, field), field = !field; }
  void operator()(const char* name, std::uint64_t& field, const char*, Limits) const {
    count(name, field), field += 1;
  }
  void operator()(const char* name, double& field, const char*, Limits) const { count(name, field), field += 1; }
};

struct CheckDefaults {
  void operator()(const char*, const std::string&, const char* help) const { CHECK(std::string(help) != ""); }
  void operator()(const char*, const bool& field, const char*) const { CHECK_FALSE(field); }
  template <class Number>
  void operator()(const char* name, const Number& field, const char*, Limits limits) const {
    CAPTURE(name);
    CHECK(static_cast<double>(field) >= limits.low);
    CHECK(static_cast<double>(field) <= limits.high);
  }
};

std::string refusal(const TrainConfig& config) {
  try {
    check_config(config);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("visit_options covers every field, each once") {
  TrainConfig config;
  std::size_t bytes = 0, fields = 0;
  std::set<std::string> names;
  visit_options(config, ChangeAll{bytes, fields, names});
  CHECK(names.size() == fields);
  // A field that is left out would leave room over; a bool alone takes up to seven bytes of padding.
  CHECK(bytes <= sizeof(TrainConfig));
  CHECK(sizeof(TrainConfig) - bytes < 8);
  CHECK(config.no_shuffle);
  CHECK(config.threads == 1);
  CHECK(config.device == "autox");
}

TEST_CASE("defaults are within their limits and make sense for every model and task") {
  const TrainConfig standard;
  visit_options(standard, CheckDefaults{});
  for (const auto& [model, task] : {std::pair{"mf", "rating"},
                                    {"mf", "interaction"},
                                    {"nn", "rating"},
                                    {"nn", "interaction"},
                                    {"hybrid", "hybrid"}}) {
    const TrainConfig own = default_config(model, task);
    visit_options(own, CheckDefaults{});
    CHECK(refusal(own) == "");
  }
}

TEST_CASE("the reference preset is the contract's, with class weights for the interaction task alone") {
  for (const auto& [model, task, weight] :
       {std::tuple{"mf", "rating", "1,1"}, {"nn", "interaction", "2.5,1"}, {"hybrid", "hybrid", "1,1"}}) {
    TrainConfig config = default_config(model, task);
    apply_preset(config, "reference");
    CAPTURE(task);
    CHECK(config.class_weight == weight);
    CHECK(config.batch_size == 64);
    CHECK(config.steps_per_epoch == 1000);
    CHECK(config.epochs == 100);
    CHECK(config.lr == 1e-3);
    CHECK(config.lr_schedule == "constant");
    CHECK(config.dropout == 0.5);
    CHECK(config.l2 == 0);
    CHECK(config.patience == 3);
    CHECK(config.monitor == "train_loss");
    CHECK(config.keep == "last");
    CHECK(config.validation_rows == 640);
    CHECK(config.init_bias == "zero");
    CHECK(refusal(config) == "");
  }
  TrainConfig config = config_of("mf", "rating");
  CHECK_THROWS_AS(apply_preset(config, "other"), UsageError);
}

TEST_CASE("an epoch is a pass with a short last batch, unless it is told its steps") {
  TrainConfig config = config_of("mf", "rating");
  config.batch_size = 100;
  CHECK(config_steps_per_epoch(config, 1000) == 10);
  CHECK(config_steps_per_epoch(config, 1001) == 11);
  CHECK(config_steps_per_epoch(config, 1) == 1);
  config.steps_per_epoch = 7;
  CHECK(config_steps_per_epoch(config, 1000) == 7);
}

TEST_CASE("settings take the optimizer's default rate, and schedules count in steps") {
  TrainConfig config = config_of("mf", "rating");
  config.batch_size = 10;
  config.epochs = 20;
  for (const auto& [name, rate] : {std::pair{"adam", 1e-3},
                                   {"lazy-adam", 1e-3},
                                   {"adagrad", 1e-2},
                                   {"rowwise-adagrad", 1e-2},
                                   {"sgd", 1e-2}}) {
    config.optimizer = name;
    CHECK(config_settings(config, 95).rate.base == rate);
  }
  config.lr = 0.3;
  CHECK(config_settings(config, 95).rate.base == 0.3);
  config.lr_schedule = "cosine";
  CHECK(config_settings(config, 95).rate.total_steps == 200);
  config.lr_schedule = "step";
  config.lr_decay_epochs = 3;
  CHECK(config_settings(config, 95).rate.decay_every == 30);
  CHECK(config_settings(config, 95).rate.total_steps == 0);
  config.dropout = 0.3;
  CHECK(config_settings(config, 95).dropout.threshold == 77);
  config.class_weight = "2.5,0.5";
  CHECK(config_settings(config, 95).class_weight[0] == 2.5f);
  CHECK(config_settings(config, 95).class_weight[1] == 0.5f);
}

TEST_CASE("the model is made from the options") {
  TrainConfig config = config_of("hybrid", "hybrid");
  config.hidden = "256,128";
  config.loss_weights = "2,3";
  config.rating_activation = "bounded";
  const ModelConfig model = config_model(config, 11, 7, {1, 5});
  CHECK(model.hidden == std::vector<int>{256, 128});
  CHECK(model.heads[0].weight == 2);
  CHECK(model.heads[1].weight == 3);
  CHECK(model.heads[0].activation == Activation::bounded);
  CHECK(model.bounds.high == 5);
  CHECK(model.users == 11);
  CHECK(model.items == 7);
  config = config_of("mf", "rating");
  CHECK(config_model(config, 1, 1, {}).hidden.empty());
  CHECK(config_model(config, 1, 1, {}).heads[0].activation == Activation::identity);
  CHECK_FALSE(config_model(config, 1, 1, {}).additive_bias);
  config.mf_bias = "additive";
  CHECK(config_model(config, 1, 1, {}).additive_bias);
}

TEST_CASE("a figure can be monitored where the task has it") {
  TrainConfig config = config_of("mf", "rating");
  for (const char* name : {"loss", "rmse", "mae", "train_loss", "train_rmse"}) {
    config.monitor = name;
    CHECK(refusal(config) == "");
  }
  for (const char* name : {"auc", "bce", "train_auc", "hr@10", "", "train_", "validation_loss"}) {
    config.monitor = name;
    CHECK(refusal(config).find("--monitor") == 0);
  }
  config = config_of("hybrid", "hybrid");
  for (const char* name : {"auc", "rmse", "train_accuracy", "specificity"}) {
    config.monitor = name;
    CHECK(refusal(config) == "");
  }
}

TEST_CASE("more steps than 32 bits count are refused") {
  TrainConfig config = config_of("mf", "rating");
  config.batch_size = 1;
  config.epochs = 10;
  CHECK_NOTHROW(config_settings(config, 400000000));
  CHECK_THROWS_AS(config_settings(config, 400000001), UsageError);
  config.steps_per_epoch = std::uint64_t{1} << 62;
  config.epochs = 1000000000;
  CHECK_THROWS_AS(config_settings(config, 10), UsageError);
}

TEST_CASE("sizes take units") {
  CHECK(parse_size("0", "x") == 0);
  CHECK(parse_size("123", "x") == 123);
  CHECK(parse_size("1.5k", "x") == 1536);
  CHECK(parse_size("512M", "x") == 536870912);
  CHECK(parse_size("8G", "x") == 8589934592);
  CHECK(parse_size("8GB", "x") == 8589934592);
  CHECK(parse_size("8GiB", "x") == 8589934592);
  CHECK(parse_size("1T", "x") == 1099511627776);
  for (const char* text : {"", "G", "8X", "8GG", "-1G", "nan", "inf", "8 G", "1e30"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_size(text, "limit"), UsageError);
  }
}
