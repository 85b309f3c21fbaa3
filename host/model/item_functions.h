// Some items of a trained model as functions of a user's row: scores of all heads, and their slopes. The row is
// the embedding and, where the model has one, the bias behind it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/parameters.h"
#include "model/small_algebra.h"

namespace anirec {

class ItemFunctions {
 public:
  // Model and parameters must outlive this object.
  ItemFunctions(const ModelConfig& model, const Parameters& parameters, std::vector<std::uint32_t> items);

  std::size_t row_size() const { return dim_ + (model_.has_row_bias() ? 1 : 0); }
  std::size_t heads() const { return model_.heads.size(); }

  // scores [items][heads], slopes [items][heads][row_size].
  void at(const Vector& row, Vector& scores, Vector& slopes) const;

 private:
  struct Layer {
    Vector weight, bias;  // [outputs, inputs], [outputs]; of the first layer the users' half of the inputs
  };

  void read_layers();
  void dot_at(const Vector& row, std::size_t i, double& score, double* slope) const;
  void mlp_at(const Vector& user_side, std::size_t i, std::span<double> score, double* slope) const;
  std::span<const float> item_row(std::size_t i) const {
    return std::span(parameters_.item_embedding).subspan(items_[i] * dim_, dim_);
  }
  std::span<const double> weights_of(std::size_t layer, std::size_t output, std::size_t inputs) const {
    return std::span(layers_[layer].weight).subspan(output * inputs, inputs);
  }

  const ModelConfig& model_;
  const Parameters& parameters_;
  const std::vector<std::uint32_t> items_;
  const std::size_t dim_;
  std::vector<Layer> layers_;  // hidden layers, then heads
  Vector item_side_;           // [items][width of the first layer]
};

}  // namespace anirec
