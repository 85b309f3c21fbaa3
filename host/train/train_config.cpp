#include "train/train_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "error.h"

namespace anirec {
namespace {

// The place of `text` among the choices.
std::size_t choice(const std::string& flag, const std::string& text, std::initializer_list<const char*> choices) {
  std::size_t index = 0;
  std::string all;
  for (const char* name : choices) {
    if (text == name) return index;
    all += (index == 0 ? "" : index + 1 == choices.size() ? " or " : ", ") + std::string(name);
    ++index;
  }
  throw UsageError("--" + flag + " " + printable(text, 60) + " is unknown; choose " + all);
}

template <class Number>
std::vector<Number> numbers(const std::string& flag, const std::string& text, const char* wanted) {
  std::vector<Number> values;
  const char *at = text.data(), *end = at + text.size();
  while (true) {
    Number value{};
    const auto [next, fault] = std::from_chars(at, end, value);
    if (fault != std::errc() || (next != end && *next != ','))
      throw UsageError("--" + flag + " " + printable(text, 60) + ": expected " + wanted);
    values.push_back(value);
    if (next == end) return values;
    at = next + 1;
  }
}

std::vector<float> two_weights(const std::string& flag, const std::string& text) {
  const char* wanted = "two numbers from 0 to 1e6, at least one above 0, such as 2.5,1";
  const std::vector<float> values = numbers<float>(flag, text, wanted);
  bool fine = values.size() == 2 && values[0] + values[1] > 0;
  for (const float value : values) fine = fine && value >= 0 && value <= 1e6f;
  if (!fine) throw UsageError("--" + flag + " " + printable(text, 60) + ": expected " + wanted);
  return values;
}

// Refuses a figure that training does not make for this task.
void check_monitor(const TrainConfig& config) {
  const bool of_train = config.monitor.starts_with("train_");
  const std::string name = of_train ? config.monitor.substr(6) : config.monitor;
  const Task task = config_task(config);
  std::vector<std::string> figures = {"loss"};
  if (task_has_rating(task)) figures.insert(figures.end(), {"rmse", "mae"});
  if (task_has_label(task))
    figures.insert(figures.end(), {"bce", "accuracy", "precision", "recall", "specificity"});
  if (task_has_label(task) && !of_train) figures.push_back("auc");
  if (std::find(figures.begin(), figures.end(), name) != figures.end()) return;
  std::string all;
  for (const std::string& figure : figures) all += (all.empty() ? "" : ", ") + figure;
  throw UsageError("--monitor " + printable(config.monitor, 60) + " is no figure of --task " + config.task +
                   "; choose " + all);
}

}  // namespace

TrainConfig default_config(const std::string& model, const std::string& task) {
  TrainConfig config;
  config.model = model;
  config.task = task;
  if (model != "mf") return config;
  config.dropout = 0;
  config.lr_schedule = "step";
  config.lr_decay = 0.5;
  if (task == "rating") {
    config.batch_size = 512;
    config.lr = 5e-3;
    config.lr_decay_epochs = 5;
    config.l2 = 0.085;
    config.init_bias = "low";
  } else {
    config.batch_size = 128;
    config.lr = 6e-3;
    config.lr_decay_epochs = 1;
    config.l2 = 0.003;
  }
  return config;
}

void apply_preset(TrainConfig& config, const std::string& preset) {
  choice("preset", preset, {"reference"});
  config.batch_size = 64;
  config.steps_per_epoch = 1000;
  config.epochs = 100;
  config.lr = 1e-3;
  config.lr_schedule = "constant";
  config.dropout = 0.5;
  config.l2 = 0;
  config.patience = 3;
  config.monitor = "train_loss";
  config.keep = "last";
  config.validation_rows = 640;
  config.init_bias = "zero";
  config.optimizer = "adam";
  if (config.task == "interaction") config.class_weight = "2.5,1";
}

Task config_task(const TrainConfig& config) { return parse_task(config.task); }

TaskRules config_rules(const TrainConfig& config) {
  return {config_task(config), parse_unrated(config.unrated), static_cast<float>(config.positive_from)};
}

SplitOptions config_split(const TrainConfig& config) {
  SplitOptions options;
  if (!config.split.empty()) options.shares = config.split;
  options.by = choice("split-by", config.split_by, {"rows", "leave-last-out"}) == 0 ? SplitBy::rows
                                                                                    : SplitBy::leave_last_out;
  options.shares_given = !config.split.empty();
  options.seed = config.seed;
  options.shuffle = !config.no_shuffle;
  std::uint64_t train, validation;
  split_counts(options.shares, 1000, train, validation);  // refuses malformed shares
  return options;
}

InitBias config_init_bias(const TrainConfig& config) {
  const std::size_t chosen = choice("init-bias", config.init_bias, {"zero", "mean", "low"});
  return chosen == 0 ? InitBias::zero : chosen == 1 ? InitBias::mean : InitBias::low;
}

ModelConfig config_model(const TrainConfig& config, std::uint32_t users, std::uint32_t items, Bounds bounds) {
  ModelConfig model;
  model.name = config.model;
  model.task = config_task(config);
  model.dim = static_cast<int>(config.dim);
  const Activation activation = config.rating_activation == "auto"
                                    ? default_rating_activation(config.model)
                                    : parse_rating_activation(config.rating_activation);
  const std::vector<float> weights = two_weights("loss-weights", config.loss_weights);
  model.heads = make_heads(config.model, model.task, activation, weights[0], weights[1]);
  const std::vector<int> hidden =
      numbers<int>("hidden", config.hidden, "widths separated by commas, such as 256,128");
  for (const int width : hidden)
    if (width < 1 || width > max_width)
      throw UsageError("--hidden " + printable(config.hidden, 60) + ": a width is from 1 to " +
                       std::to_string(max_width));
  if (hidden.size() > max_layers) throw UsageError("--hidden: at most " + std::to_string(max_layers) + " layers");
  if (model.trunk() == Trunk::mlp) model.hidden = hidden;
  model.additive_bias = choice("mf-bias", config.mf_bias, {"broadcast", "additive"}) == 1;
  model.bounds = bounds;
  model.users = users;
  model.items = items;
  return model;
}

std::uint64_t config_steps_per_epoch(const TrainConfig& config, std::uint64_t train_samples) {
  return config.steps_per_epoch > 0 ? config.steps_per_epoch
                                    : (train_samples + config.batch_size - 1) / config.batch_size;
}

TrainSettings config_settings(const TrainConfig& config, std::uint64_t train_samples) {
  TrainSettings settings;
  constexpr Optimizer optimizers[] = {Optimizer::adam, Optimizer::lazy_adam, Optimizer::adagrad,
                                      Optimizer::rowwise_adagrad, Optimizer::sgd};
  settings.optimizer = optimizers[choice("optimizer", config.optimizer,
                                         {"adam", "lazy-adam", "adagrad", "rowwise-adagrad", "sgd"})];
  const bool is_adam = settings.optimizer == Optimizer::adam || settings.optimizer == Optimizer::lazy_adam;
  constexpr Schedule schedules[] = {Schedule::constant, Schedule::cosine, Schedule::step};
  const std::uint64_t steps = config_steps_per_epoch(config, train_samples);
  settings.rate.schedule = schedules[choice("lr-schedule", config.lr_schedule, {"constant", "cosine", "step"})];
  settings.rate.base = config.lr > 0 ? config.lr : is_adam ? 1e-3 : 1e-2;
  settings.rate.warmup_steps = config.warmup_steps;
  settings.rate.total_steps = steps * config.epochs;
  settings.rate.decay = config.lr_decay;
  settings.rate.decay_every = steps * config.lr_decay_epochs;
  if (settings.rate.schedule != Schedule::cosine) settings.rate.total_steps = 0;
  settings.dropout = dropout_rate(config.dropout);
  settings.l2 = static_cast<float>(config.l2);
  const std::vector<float> weights = two_weights("class-weight", config.class_weight);
  settings.class_weight[0] = weights[0];
  settings.class_weight[1] = weights[1];
  settings.batch_size = static_cast<std::uint32_t>(config.batch_size);
  settings.seed = config.seed;
  settings.shuffle = !config.no_shuffle;
  constexpr Math maths[] = {Math::automatic, Math::fp32, Math::tf32, Math::bf16};
  settings.math = maths[choice("math", config.math, {"auto", "fp32", "tf32", "bf16"})];
  // Steps and samples are counted in 32 bits where dropout and the rows' last steps are.
  if (static_cast<double>(steps) * static_cast<double>(config.epochs) > 4e9)
    throw UsageError("--epochs " + std::to_string(config.epochs) +
                     " makes more than 4 billion steps; take fewer epochs or a larger --batch-size");
  return settings;
}

std::uint64_t parse_size(const std::string& text, const std::string& flag) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [next, fault] = std::from_chars(text.data(), end, value);
  const std::string unit(next, end);
  double factor = 0;
  if (unit.empty() || unit == "B") factor = 1;
  for (const auto& [letter, size] :
       {std::pair{'K', 1024.0}, {'M', 1048576.0}, {'G', 1073741824.0}, {'T', 1099511627776.0}})
    if (!unit.empty() && std::toupper(static_cast<unsigned char>(unit[0])) == letter &&
        (unit.size() == 1 || unit.substr(1) == "B" || unit.substr(1) == "iB"))
      factor = size;
  if (fault != std::errc() || factor == 0 || !(value >= 0) || value * factor > 1e18)
    throw UsageError("--" + flag + " " + printable(text, 60) + ": expected a size such as 512M or 8G");
  return static_cast<std::uint64_t>(value * factor);
}

void check_config(const TrainConfig& config) {
  if (config.model.empty()) throw UsageError("--model is missing; choose mf, nn or hybrid");
  if (config.task.empty()) throw UsageError("--task is missing; choose rating, interaction or hybrid");
  config_rules(config);
  config_split(config);
  config_init_bias(config);
  config_model(config, 1, 1, {});
  config_settings(config, 1);
  choice("keep", config.keep, {"best", "last"});
  check_monitor(config);
  parse_size(config.device_memory_limit, "device-memory-limit");
}

}  // namespace anirec
