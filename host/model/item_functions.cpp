#include "model/item_functions.h"

#include <algorithm>

namespace anirec {

ItemFunctions::ItemFunctions(const ModelConfig& model, const Parameters& parameters,
                             std::vector<std::uint32_t> items)
    : model_(model), parameters_(parameters), items_(std::move(items)), dim_(static_cast<std::size_t>(model.dim)) {
  if (model.trunk() == Trunk::mlp) read_layers();
}

void ItemFunctions::at(const Vector& row, Vector& scores, Vector& slopes) const {
  scores.assign(items_.size() * heads(), 0);
  slopes.assign(scores.size() * row_size(), 0);
  Vector user_side;
  if (model_.trunk() == Trunk::mlp) {
    user_side.assign(layers_[0].bias.size(), 0);
    for (std::size_t j = 0; j < user_side.size(); ++j) user_side[j] = dot(weights_of(0, j, dim_), row);
  }
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const std::span<double> score(scores.data() + i * heads(), heads());
    double* const slope = slopes.data() + i * heads() * row_size();
    if (model_.trunk() == Trunk::dot)
      dot_at(row, i, score[0], slope);
    else
      mlp_at(user_side, i, score, slope);
  }
}

void ItemFunctions::dot_at(const Vector& row, std::size_t i, double& score, double* slope) const {
  const double item_bias = static_cast<double>(parameters_.item_bias[items_[i]]);
  const double inside = model_.additive_bias ? 0 : 1;
  score = static_cast<double>(parameters_.dense[0]);
  for (std::size_t k = 0; k < dim_; ++k) {
    slope[k] = static_cast<double>(item_row(i)[k]) + inside * item_bias;
    score += (row[k] + inside * row[dim_]) * slope[k];
    slope[dim_] += inside * slope[k];
  }
  if (!model_.additive_bias) return;
  score += row[dim_] + item_bias;
  slope[dim_] = 1;
}

void ItemFunctions::read_layers() {
  const std::vector<DenseTensor> tensors = dense_tensors(model_);
  const auto values = [&](std::size_t tensor) {
    const auto begin = parameters_.dense.begin() + static_cast<std::ptrdiff_t>(tensors[tensor].offset);
    return Vector(begin, begin + static_cast<std::ptrdiff_t>(tensors[tensor].size()));
  };
  for (std::size_t t = 0; t < tensors.size(); t += 2) layers_.push_back({values(t), values(t + 1)});
  // The first layer splits: W·[u; i] = Wu·u + Wi·i; the items' part stays the same.
  Layer& first = layers_[0];
  Vector user_half;
  const std::size_t width = first.bias.size();
  item_side_.resize(items_.size() * width);
  for (std::size_t j = 0; j < width; ++j) {
    const std::span<const double> all = std::span(first.weight).subspan(j * 2 * dim_, 2 * dim_);
    user_half.insert(user_half.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(dim_));
    for (std::size_t i = 0; i < items_.size(); ++i)
      item_side_[i * width + j] = std::inner_product(
          item_row(i).begin(), item_row(i).end(), all.begin() + static_cast<std::ptrdiff_t>(dim_), first.bias[j]);
  }
  first.weight = std::move(user_half);
}

void ItemFunctions::mlp_at(const Vector& user_side, std::size_t i, std::span<double> score, double* slope) const {
  const std::size_t hidden = layers_.size() - heads();
  std::vector<Vector> values(hidden);  // behind the relu
  for (std::size_t layer = 0; layer < hidden; ++layer) {
    const std::size_t width = layers_[layer].bias.size();
    values[layer].resize(width);
    for (std::size_t j = 0; j < width; ++j) {
      const double z = layer == 0 ? user_side[j] + item_side_[i * width + j]
                                  : layers_[layer].bias[j] +
                                        dot(weights_of(layer, j, values[layer - 1].size()), values[layer - 1]);
      values[layer][j] = std::max(z, 0.0);
    }
  }
  for (std::size_t h = 0; h < score.size(); ++h) {
    const Layer& head = layers_[hidden + h];
    score[h] = head.bias[0] + dot(head.weight, values.back());
    Vector back = head.weight;  // d score / d values of the layer
    for (std::size_t layer = hidden; layer-- > 0;) {
      const std::size_t inputs = layer == 0 ? dim_ : values[layer - 1].size();
      Vector below(inputs, 0);
      for (std::size_t j = 0; j < back.size(); ++j)
        if (values[layer][j] > 0) add_scaled(below, back[j], weights_of(layer, j, inputs));
      back = std::move(below);
    }
    std::copy(back.begin(), back.end(), slope + h * row_size());
  }
}

}  // namespace anirec
