// Everything a run is made from, each option declared once: flags, config.json and docs/commands.md come from
// visit_options().
#pragma once

#include <cstdint>
#include <string>

#include "dataset/split.h"
#include "engine/train_settings.h"
#include "model/model_config.h"
#include "model/parameters.h"

namespace anirec {

struct TrainConfig {
  std::string model, task;
  // data
  std::string columns, separator, unrated = "negative", split, split_by = "rows";
  double positive_from = 6;
  bool no_shuffle = false;
  std::uint64_t seed = 42;
  // model
  std::uint64_t dim = 64;
  std::string hidden = "64", mf_bias = "broadcast", rating_activation = "auto", init_bias = "mean", init;
  double dropout = 0.5;
  // training
  std::string optimizer = "adam", lr_schedule = "constant", monitor = "loss", keep = "best", class_weight = "1,1",
              loss_weights = "1,5";
  double lr = 0;  // 0: the optimizer's default
  std::uint64_t warmup_steps = 0, lr_decay_epochs = 10, batch_size = 256, epochs = 100, steps_per_epoch = 0,
                patience = 10, validation_rows = 0;
  double lr_decay = 0.1, l2 = 0, checkpoint_every = 0, max_seconds = 0;
  // machine
  std::string device = "auto", device_memory_limit = "0", math = "auto";
  std::uint64_t threads = 0;
};

// What values a number may have.
struct Limits {
  double low, high;
  bool open_low = false;  // low itself is not allowed
};

// Calls visit(name, field, help) or, for numbers, visit(name, field, help, limits), for every option in the order
// of help. Names are as in config.json ("batch_size"); flags have '-' for '_'.
template <class Config, class Visitor>
void visit_options(Config& c, Visitor&& visit) {
  constexpr double many = 1e15;
  visit("model", c.model, "mf, nn or hybrid");
  visit("task", c.task, "rating, interaction or hybrid");

  visit("columns", c.columns, "user=…,item=…,rating=…[,status=…][,time=…]: header names, or positions from 1");
  visit("separator", c.separator, "characters between columns, or tab, or space");
  visit("unrated", c.unrated, "completed rows without a rating (interaction): negative, positive or drop");
  visit("positive_from", c.positive_from, "without a status column, ratings from here on are label 1",
        Limits{-1e30, 1e30});
  visit("split", c.split, "shares of train, validation, test (0.95,0.005,0.045; by leave-last-out 1,0,0)");
  visit("split_by", c.split_by, "rows, or leave-last-out: each user's last row is test");
  visit("seed", c.seed, "of the split, the order, the initial weights and dropout",
        Limits{0, 1.8446744073709552e19});
  visit("no_shuffle", c.no_shuffle, "keep the order of the file, for the split and in every pass");

  visit("dim", c.dim, "embedding width", Limits{1, max_width});
  visit("hidden", c.hidden, "widths of the hidden layers (nn, hybrid)");
  visit("dropout", c.dropout, "share of embedding elements dropped in training, in steps of 1/256",
        Limits{0, 0.998});
  visit("mf_bias", c.mf_bias, "broadcast (inside the product) or additive (beside it)");
  visit("rating_activation", c.rating_activation, "identity, relu, bounded, or auto (mf identity, else relu)");
  visit("init_bias", c.init_bias,
        "the heads' biases start at zero, at the training mean, or low: a rating's without activation one "
        "standard deviation below");
  visit("init", c.init, "start from the parameters of a model.safetensors");

  visit("optimizer", c.optimizer, "adam, lazy-adam, adagrad, rowwise-adagrad or sgd");
  visit("lr", c.lr, "learning rate (0: 1e-3 for the adams, 1e-2 for the others)", Limits{0, 1e6});
  visit("lr_schedule", c.lr_schedule, "constant, cosine or step");
  visit("warmup_steps", c.warmup_steps, "steps over which the rate rises from 0", Limits{0, many});
  visit("lr_decay", c.lr_decay, "factor of the step schedule", Limits{0, 1, true});
  visit("lr_decay_epochs", c.lr_decay_epochs, "epochs between two decays", Limits{1, many});
  visit("l2", c.l2, "penalty on the embeddings a batch reads", Limits{0, 1e6});
  visit("batch_size", c.batch_size, "samples a step", Limits{1, 1 << 24});
  visit("epochs", c.epochs, "at most this many", Limits{1, 1e9});
  visit("steps_per_epoch", c.steps_per_epoch, "steps an epoch has (0: one pass over the data)", Limits{0, many});
  visit("patience", c.patience, "stop after this many epochs without a better --monitor (0: never)",
        Limits{0, 1e9});
  visit(
      "monitor", c.monitor,
      "loss, rmse, mae, bce, accuracy, precision, recall, specificity or auc: of validation, or of train where it "
      "is empty or the name begins with train_");
  visit("keep", c.keep, "weights that model.safetensors holds: best (by --monitor) or last");
  visit("class_weight", c.class_weight, "weights of labels 0,1 in the training loss");
  visit("loss_weights", c.loss_weights, "weights of the rating and the interaction loss (hybrid)");
  visit("validation_rows", c.validation_rows, "validate on the first so many rows only (0: all)", Limits{0, many});

  visit("device", c.device, "auto, cpu or cuda[:N]");
  visit("device_memory_limit", c.device_memory_limit, "GPU memory to use at most, 8G say (0: what is free)");
  visit("threads", c.threads, "CPU threads (0: one a processor)", Limits{0, 1024});
  visit("math", c.math, "dense layers on a GPU: auto, fp32, tf32 or bf16");
  visit("checkpoint_every", c.checkpoint_every,
        "epochs between two checkpoints (0: after an epoch when a second has passed, and every minute)",
        Limits{0, 1e9});
  visit("max_seconds", c.max_seconds, "stop training after this time (0: never)", Limits{0, 1e12});
}

// What --model and --task alone stand for: TrainConfig's values, but for those that tools/search_defaults found
// better for this model and task (docs/benchmarks.md). Names that are unknown stay for check_config() to refuse.
TrainConfig default_config(const std::string& model, const std::string& task);

// The study's settings (section 5 of the contract), before flags override them. Throws UsageError.
void apply_preset(TrainConfig& config, const std::string& preset);

// What the configuration means; all throw UsageError with the flag and its choices.
Task config_task(const TrainConfig& config);
TaskRules config_rules(const TrainConfig& config);
SplitOptions config_split(const TrainConfig& config);
InitBias config_init_bias(const TrainConfig& config);
// `bounds`: the range of the training ratings.
ModelConfig config_model(const TrainConfig& config, std::uint32_t users, std::uint32_t items, Bounds bounds);
// The schedule counts steps, so it needs the number of train samples.
TrainSettings config_settings(const TrainConfig& config, std::uint64_t train_samples);
std::uint64_t config_steps_per_epoch(const TrainConfig& config, std::uint64_t train_samples);
// All of the above with stand-in sizes: refuses what cannot be before any data is read.
void check_config(const TrainConfig& config);

// "8G", "512M", "1.5k": bytes. Throws UsageError naming the flag.
std::uint64_t parse_size(const std::string& text, const std::string& flag);

}  // namespace anirec
