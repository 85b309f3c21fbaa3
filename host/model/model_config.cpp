#include "model/model_config.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "error.h"
#include "formats/json_file.h"

namespace anirec {
namespace {

using nlohmann::ordered_json;

Activation parse_activation(std::string_view name) {
  if (name == "sigmoid") return Activation::sigmoid;
  return parse_rating_activation(name);
}

int width_at(const ordered_json& json, const char* name) {
  return static_cast<int>(json_whole_number(json, name, 1, max_width));
}

std::uint32_t rows_at(const ordered_json& json, const char* name) {
  return static_cast<std::uint32_t>(json_whole_number(json, name, 0, std::numeric_limits<std::uint32_t>::max()));
}

float float_at(const ordered_json& json, const char* name) {
  constexpr double most = std::numeric_limits<float>::max();
  return static_cast<float>(json_number(json, name, -most, most));
}

const ordered_json& list_at(const ordered_json& json, const char* name, std::size_t most) {
  const ordered_json& list = json_field(json, name);
  if (!list.is_array() || list.size() > most)
    throw std::runtime_error("'" + std::string(name) + "' is no list, or too long a one");
  return list;
}

}  // namespace

std::vector<Head> make_heads(const std::string& model, Task task, Activation rating_activation,
                             float rating_weight, float interaction_weight) {
  if (model != "mf" && model != "nn" && model != "hybrid")
    throw UsageError("--model " + printable(model) + " is unknown; choose mf, nn or hybrid");
  if ((model == "hybrid") != (task == Task::hybrid))
    throw UsageError("--model " + model + " does not go with --task " + task_name(task) +
                     (model == "hybrid" ? "; the hybrid model needs --task hybrid"
                                        : "; it has one target: choose --task rating or interaction"));
  const Head rating = {Target::rating, rating_activation, Loss::squared_error, 1};
  const Head interaction = {Target::label, Activation::sigmoid, Loss::cross_entropy, 1};
  if (task == Task::rating) return {rating};
  if (task == Task::interaction) return {interaction};
  std::vector<Head> both = {rating, interaction};
  both[0].weight = rating_weight;
  both[1].weight = interaction_weight;
  return both;
}

Activation default_rating_activation(const std::string& model) {
  return model == "mf" ? Activation::identity : Activation::relu;
}

const char* activation_name(Activation activation) {
  switch (activation) {
    case Activation::identity: return "identity";
    case Activation::relu: return "relu";
    case Activation::sigmoid: return "sigmoid";
    case Activation::bounded: return "bounded";
  }
  return "";
}

Activation parse_rating_activation(std::string_view name) {
  for (const Activation activation : {Activation::identity, Activation::relu, Activation::bounded})
    if (name == activation_name(activation)) return activation;
  throw UsageError("--rating-activation " + printable(name) + " is unknown; choose identity, relu or bounded");
}

std::string model_config_json(const ModelConfig& config) {
  ordered_json heads = ordered_json::array();
  for (const Head& head : config.heads)
    heads.push_back(
        {{"name", head.name()}, {"activation", activation_name(head.activation)}, {"weight", head.weight}});
  return ordered_json{{"model", config.name},
                      {"task", task_name(config.task)},
                      {"dim", config.dim},
                      {"hidden", config.hidden},
                      {"mf_bias", config.additive_bias ? "additive" : "broadcast"},
                      {"heads", heads},
                      {"bounds", {config.bounds.low, config.bounds.high}},
                      {"users", config.users},
                      {"items", config.items}}
      .dump();
}

ModelConfig parse_model_config(const std::string& text, const std::string& file) try {
  const ordered_json json = ordered_json::parse(text);
  ModelConfig config;
  config.name = json_string(json, "model");
  config.task = parse_task(json_string(json, "task"));
  config.dim = width_at(json, "dim");
  for (const ordered_json& width : list_at(json, "hidden", max_layers))
    config.hidden.push_back(width_at({{"hidden", width}}, "hidden"));
  config.additive_bias = json_string(json, "mf_bias") == "additive";
  const ordered_json& bounds = list_at(json, "bounds", 2);
  if (bounds.size() != 2) throw std::runtime_error("'bounds' are not two");
  config.bounds.low = float_at({{"bounds", bounds[0]}}, "bounds");
  config.bounds.high = float_at({{"bounds", bounds[1]}}, "bounds");
  config.users = rows_at(json, "users");
  config.items = rows_at(json, "items");
  config.heads = make_heads(config.name, config.task, Activation::identity, 1, 1);
  const ordered_json& heads = list_at(json, "heads", config.heads.size());
  if (heads.size() != config.heads.size()) throw std::runtime_error("'heads' are too few");
  for (std::size_t h = 0; h < config.heads.size(); ++h) {
    config.heads[h].activation = parse_activation(json_string(heads[h], "activation"));
    config.heads[h].weight = float_at(heads[h], "weight");
  }
  if (config.hidden.empty() != (config.trunk() == Trunk::dot))
    throw std::runtime_error("layers that it cannot have");
  return config;
} catch (const std::exception& fault) {
  throw DataError(printable(file) + ": its model configuration is damaged (" + json_fault(fault) +
                  "); use a model.safetensors that anirec train wrote");
}

}  // namespace anirec
