// What is trained: a trunk that turns a user and an item into features, and heads that score them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/task_rules.h"
#include "formulas/activation.h"
#include "formulas/loss.h"

namespace anirec {

// mf is the dot trunk, whose one head is the product plus a scalar; nn and hybrid are the mlp trunk with one
// and two heads.
enum class Trunk { dot, mlp };

enum class Target { rating, label };

// Of D and of each hidden layer: far beyond use, small enough that no product of sizes overflows.
constexpr int max_width = 65536;
constexpr std::size_t max_layers = 32;

struct Head {
  Target target;
  Activation activation;
  Loss loss;
  float weight;  // of its loss in the sum
  // Name of its tensors ("rating_head.weight") and of its figures.
  const char* name() const { return target == Target::rating ? "rating" : "interaction"; }
};

struct ModelConfig {
  std::string name;  // "mf", "nn", "hybrid"
  Task task = Task::rating;
  int dim = 64;                // D
  std::vector<int> hidden;     // widths of the hidden layers; empty for mf
  bool additive_bias = false;  // mf: biases beside the product instead of inside it
  std::vector<Head> heads;
  Bounds bounds;  // of a bounded activation
  std::uint32_t users = 0, items = 0;

  Trunk trunk() const { return name == "mf" ? Trunk::dot : Trunk::mlp; }
  bool has_row_bias() const { return trunk() == Trunk::dot; }
  // The head that recommendations and ranking go by: the interaction score where there is one.
  std::size_t ranking_head() const { return heads.size() - 1; }
};

// The heads a model has for a task. Throws UsageError where they do not go together (hybrid needs the hybrid
// task; mf and nn have one target).
std::vector<Head> make_heads(const std::string& model, Task task, Activation rating_activation,
                             float rating_weight, float interaction_weight);

Activation default_rating_activation(const std::string& model);
const char* activation_name(Activation activation);
Activation parse_rating_activation(std::string_view name);  // identity, relu, bounded; throws UsageError

// The configuration as the JSON text kept in model.safetensors, and back (DataError on a damaged one).
std::string model_config_json(const ModelConfig& config);
ModelConfig parse_model_config(const std::string& json, const std::string& file);

}  // namespace anirec
