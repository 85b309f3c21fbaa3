#include "model/parameters.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "formulas/initial_value.h"

namespace anirec {
namespace {

void fill_uniform(std::span<float> values, std::uint64_t seed, std::uint32_t tensor, float limit) {
  for (std::size_t first = 0; first < values.size(); first += 4) {
    const InitialFour four = initial_four(seed, tensor, first / 4, limit);
    std::copy_n(four.value, std::min<std::size_t>(4, values.size() - first), values.data() + first);
  }
}

std::vector<float> uniform_table(std::size_t size, std::uint64_t seed, std::uint32_t tensor) {
  std::vector<float> values(size);
  fill_uniform(values, seed, tensor, embedding_limit);
  return values;
}

double logit(double share) {
  const double inside = std::clamp(share, 1e-6, 1 - 1e-6);
  return std::log(inside / (1 - inside));
}

// The score at which a head predicts the mean of its target; for InitBias::low one below, where no relu or
// logistic function could lose its slope there.
float starting_score(const ModelConfig& config, const Head& head, InitBias init_bias, const TargetMeans& means) {
  if (head.target == Target::label) return static_cast<float>(logit(means.label));
  const bool low = init_bias == InitBias::low && head.activation == Activation::identity;
  const double rating = means.rating - (low ? means.rating_deviation : 0.0);
  if (head.activation == Activation::bounded)
    return static_cast<float>(
        logit((rating - config.bounds.low) / std::max(1e-6f, config.bounds.high - config.bounds.low)));
  return static_cast<float>(rating);
}

}  // namespace

bool is_finite(const Parameters& parameters) {
  const Parameters& p = parameters;
  for (const std::vector<float>* values :
       {&p.user_embedding, &p.item_embedding, &p.user_bias, &p.item_bias, &p.dense})
    if (!std::all_of(values->begin(), values->end(), [](float value) { return std::isfinite(value); }))
      return false;
  return true;
}

std::size_t DenseTensor::size() const {
  std::size_t product = 1;
  for (const std::int64_t extent : shape) product *= static_cast<std::size_t>(extent);
  return product;
}

std::vector<DenseTensor> dense_tensors(const ModelConfig& config) {
  std::vector<DenseTensor> tensors;
  std::size_t offset = 0;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    tensors.push_back({name, std::move(shape), offset});
    offset += tensors.back().size();
  };
  if (config.trunk() == Trunk::dot) {
    add("bias", {1});
    return tensors;
  }
  std::int64_t inputs = 2 * config.dim;
  for (std::size_t layer = 0; layer < config.hidden.size(); ++layer) {
    const std::string name = "hidden." + std::to_string(layer);
    const std::int64_t width = config.hidden[layer];
    add(name + ".weight", {width, inputs});
    add(name + ".bias", {width});
    inputs = width;
  }
  for (const Head& head : config.heads) {
    const std::string name = std::string(head.name()) + "_head";
    add(name + ".weight", {1, inputs});
    add(name + ".bias", {1});
  }
  return tensors;
}

Parameters initial_parameters(const ModelConfig& config, std::uint64_t seed, InitBias init_bias,
                              const TargetMeans& means) {
  Parameters parameters;
  const std::size_t dim = static_cast<std::size_t>(config.dim);
  parameters.user_embedding = uniform_table(config.users * dim, seed, initial_user_embedding);
  parameters.item_embedding = uniform_table(config.items * dim, seed, initial_item_embedding);
  if (config.has_row_bias()) {
    parameters.user_bias = uniform_table(config.users, seed, initial_user_bias);
    parameters.item_bias = uniform_table(config.items, seed, initial_item_bias);
  }

  const std::vector<DenseTensor> tensors = dense_tensors(config);
  parameters.dense.resize(tensors.back().offset + tensors.back().size());
  const auto values = [&](const DenseTensor& tensor) {
    return std::span(parameters.dense).subspan(tensor.offset, tensor.size());
  };
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const DenseTensor& tensor = tensors[i];
    if (tensor.shape.size() != 2) continue;  // biases start at 0
    std::uint32_t purpose = initial_hidden + static_cast<std::uint32_t>(i / 2);
    if (tensor.name == "rating_head.weight") purpose = initial_rating_head;
    if (tensor.name == "interaction_head.weight") purpose = initial_interaction_head;
    fill_uniform(values(tensor), seed, purpose,
                 glorot_limit(static_cast<double>(tensor.shape[1]), static_cast<double>(tensor.shape[0])));
  }
  if (init_bias != InitBias::zero)
    for (std::size_t h = 0; h < config.heads.size(); ++h) {
      // The heads' biases are the last dense tensors, each behind its weight; mf's one bias is its head's.
      const std::size_t at = config.trunk() == Trunk::dot ? 0 : tensors.size() - 2 * (config.heads.size() - h) + 1;
      values(tensors[at])[0] = starting_score(config, config.heads[h], init_bias, means);
    }
  return parameters;
}

}  // namespace anirec
