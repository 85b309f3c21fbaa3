#include "model/model_config.h"

#include <nlohmann/json.hpp>

#include "error.h"

namespace anirec {
namespace {

using nlohmann::ordered_json;

Activation parse_activation(std::string_view name) {
  if (name == "sigmoid") return Activation::sigmoid;
  return parse_rating_activation(name);
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
    heads.push_back({{"name", head.name()}, {"activation", activation_name(head.activation)}, {"weight", head.weight}});
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
  config.name = json.at("model");
  config.task = parse_task(json.at("task").get<std::string>());
  config.dim = json.at("dim");
  config.hidden = json.at("hidden").get<std::vector<int>>();
  config.additive_bias = json.at("mf_bias") == "additive";
  config.bounds.low = json.at("bounds").at(0);
  config.bounds.high = json.at("bounds").at(1);
  config.users = json.at("users");
  config.items = json.at("items");
  config.heads = make_heads(config.name, config.task, Activation::identity, 1, 1);
  if (json.at("heads").size() != config.heads.size()) throw DataError("wrong number of heads");
  for (std::size_t h = 0; h < config.heads.size(); ++h) {
    const ordered_json& head = json.at("heads").at(h);
    config.heads[h].activation = parse_activation(head.at("activation").get<std::string>());
    config.heads[h].weight = head.at("weight");
  }
  bool sane = config.dim >= 1 && config.dim <= max_width && config.hidden.empty() == (config.trunk() == Trunk::dot);
  for (const int width : config.hidden) sane = sane && width >= 1 && width <= max_width;
  if (!sane) throw DataError("impossible sizes");
  return config;
} catch (const std::exception& fault) {
  throw DataError(printable(file) + ": its model configuration is damaged (" + printable(fault.what(), 80) +
                  "); use a model.safetensors that anirec train wrote");
}

}  // namespace anirec
