// The dense layers of nn and hybrid over some samples of a tile, T of them. BLAS is called from inside a team's
// members: one thread each.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/sparse_rows.h"
#include "model/model_config.h"
#include "model/parameters.h"

namespace anirec {

class MlpLayers {
 public:
  explicit MlpLayers(const ModelConfig& model);

  int layers() const { return static_cast<int>(hidden_.size()); }
  int inputs(int layer) const { return hidden_[static_cast<std::size_t>(layer)].inputs; }
  int width(int layer) const { return hidden_[static_cast<std::size_t>(layer)].width; }
  int widest() const;

  // out [T, H] = relu(in [T, inputs] · Wᵀ + b).
  void forward(int layer, const float* dense, const float* in, std::uint32_t tile, float* out) const;
  // Whether zeros are skipped in a layer's products: where its weights fit the nearest caches, since every sample
  // reads the rows it needs of them.
  bool skips_zeros(int layer) const;
  // The same as forward() for inputs many of which are 0; `turned` is what turn_weight() made, Wᵀ [inputs, H].
  void forward(int layer, const float* dense, const float* turned, const float* in, const NonZeros& nonzero,
               std::uint32_t tile, float* out) const;
  void turn_weight(int layer, const float* dense, float* turned) const;
  // out = relu(in + b), in place, for an `in` that already is the product (ranking splits the first layer).
  void bias_relu(int layer, const float* dense, float* values, std::uint32_t tile) const;
  // score [T] of a head = h · w + c, over the last hidden layer's output.
  void head_scores(std::size_t head, const float* dense, const float* hidden, std::uint32_t tile,
                   float* score) const;

  // From the heads' slopes [heads][T]: error [T, H] of the last hidden layer, relu's mask applied; adds the heads'
  // gradients to `gradient` [dense].
  void backward_heads(const float* dense, const float* hidden, const float* slope, std::uint32_t tile,
                      float* error, float* gradient) const;
  // Adds a layer's weight and bias gradients; in_error [T, inputs] = error · W. `nonzero` is overwritten where the
  // layer skips zeros.
  void backward(int layer, const float* dense, const float* in, const float* error, std::uint32_t tile,
                NonZeros& nonzero, float* in_error, float* gradient) const;
  // error *= [hidden > 0], elementwise over a layer's tile.
  void mask_error(int layer, const float* hidden, std::uint32_t tile, float* error) const;

  const float* weight(int layer, const float* dense) const {
    return dense + hidden_[static_cast<std::size_t>(layer)].weight;
  }
  const float* head_weight(std::size_t head, const float* dense) const { return dense + heads_[head].weight; }
  const float* bias(int layer, const float* dense) const {
    return dense + hidden_[static_cast<std::size_t>(layer)].bias;
  }
  float head_bias(std::size_t head, const float* dense) const { return dense[heads_[head].bias]; }

 private:
  struct Layer {
    int inputs, width;
    std::size_t weight, bias;  // offsets into Parameters::dense
  };
  std::vector<Layer> hidden_, heads_;
};

}  // namespace anirec
