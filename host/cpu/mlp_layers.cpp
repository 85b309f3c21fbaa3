#include "cpu/mlp_layers.h"

#include <cblas.h>
#include <algorithm>

#include "cpu/vector.h"

namespace anirec {
namespace {

// Dot product over any length, in sixteen fixed lanes.
ANIREC_INLINE float lane_dot(const float* a, const float* b, int size) {
  Vec sum = {};
  int k = 0;
  for (; k + lanes <= size; k += lanes) {
    Vec x, y;
    load(x, a + k);
    load(y, b + k);
    sum.add_product(x, y);
  }
  float rest = 0;
  for (; k < size; ++k) rest += a[k] * b[k];
  return lane_sum(sum) + rest;
}

ANIREC_CLONES void add_bias_relu(float* __restrict values, const float* __restrict bias, std::uint32_t tile,
                                 int width) {
  for (std::uint32_t i = 0; i < tile; ++i, values += width)
    for (int j = 0; j < width; ++j) {
      const float z = values[j] + bias[j];
      values[j] = z > 0 ? z : 0.0f;
    }
}

ANIREC_CLONES void dot_rows(const float* hidden, const float* weight, float bias, std::uint32_t tile, int width,
                            float* score) {
  for (std::uint32_t i = 0; i < tile; ++i)
    score[i] = lane_dot(hidden + std::size_t{i} * static_cast<std::size_t>(width), weight, width) + bias;
}

// Adds slope ⊗ weight to the error; adds slopeᵀ · hidden to the weight's gradient and Σ slope to the bias's.
ANIREC_CLONES void head_backward(const float* __restrict slope, const float* __restrict weight,
                                 const float* __restrict hidden, std::uint32_t tile, int width,
                                 float* __restrict error, float* __restrict weight_gradient,
                                 float* bias_gradient) {
  float slopes = 0;
  for (std::uint32_t i = 0; i < tile; ++i, error += width, hidden += width) {
    const float s = slope[i];
    slopes += s;
    for (int j = 0; j < width; ++j) error[j] += s * weight[j];
    for (int j = 0; j < width; ++j) weight_gradient[j] += s * hidden[j];
  }
  *bias_gradient += slopes;
}

ANIREC_CLONES void relu_mask(float* __restrict error, const float* __restrict hidden, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) error[k] = hidden[k] > 0 ? error[k] : 0.0f;
}

ANIREC_CLONES void add_columns(const float* __restrict values, std::uint32_t tile, int width,
                               float* __restrict sums) {
  for (std::uint32_t i = 0; i < tile; ++i, values += width)
    for (int j = 0; j < width; ++j) sums[j] += values[j];
}

}  // namespace

MlpLayers::MlpLayers(const ModelConfig& model) {
  for (const DenseTensor& tensor : dense_tensors(model)) {
    if (tensor.shape.size() == 1) continue;  // a bias lies right behind its weight
    const Layer layer = {static_cast<int>(tensor.shape[1]), static_cast<int>(tensor.shape[0]), tensor.offset,
                         tensor.offset + tensor.size()};
    (tensor.name.starts_with("hidden.") ? hidden_ : heads_).push_back(layer);
  }
}

int MlpLayers::widest() const {
  int widest = 0;
  for (const Layer& layer : hidden_) widest = std::max(widest, layer.width);
  return widest;
}

void MlpLayers::forward(int layer, const float* dense, const float* in, std::uint32_t tile, float* out) const {
  const Layer& l = hidden_[static_cast<std::size_t>(layer)];
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(tile), l.width, l.inputs, 1.0f, in,
              l.inputs, dense + l.weight, l.inputs, 0.0f, out, l.width);
  bias_relu(layer, dense, out, tile);
}

bool MlpLayers::skips_zeros(int layer) const {
  constexpr int most_weights = 1 << 15;
  const Layer& l = hidden_[static_cast<std::size_t>(layer)];
  return l.inputs % lanes == 0 && l.width % lanes == 0 && l.inputs * l.width <= most_weights;
}

void MlpLayers::forward(int layer, const float* dense, const float* turned, const float* in,
                        const NonZeros& nonzero, std::uint32_t tile, float* out) const {
  const Layer& l = hidden_[static_cast<std::size_t>(layer)];
  multiply_sparse(in, nonzero, turned, l.width, out);
  bias_relu(layer, dense, out, tile);
}

void MlpLayers::turn_weight(int layer, const float* dense, float* turned) const {
  const Layer& l = hidden_[static_cast<std::size_t>(layer)];
  transpose(dense + l.weight, l.width, l.inputs, turned);
}

void MlpLayers::bias_relu(int layer, const float* dense, float* values, std::uint32_t tile) const {
  const Layer& l = hidden_[static_cast<std::size_t>(layer)];
  add_bias_relu(values, dense + l.bias, tile, l.width);
}

void MlpLayers::head_scores(std::size_t head, const float* dense, const float* hidden, std::uint32_t tile,
                            float* score) const {
  const Layer& l = heads_[head];
  dot_rows(hidden, dense + l.weight, dense[l.bias], tile, l.inputs, score);
}

void MlpLayers::backward_heads(const float* dense, const float* hidden, const float* slope, std::uint32_t tile,
                               float* error, float* gradient) const {
  const int width = heads_[0].inputs;
  const std::size_t count = std::size_t{tile} * static_cast<std::size_t>(width);
  std::fill_n(error, count, 0.0f);
  for (const Layer& head : heads_) {
    head_backward(slope, dense + head.weight, hidden, tile, width, error, gradient + head.weight,
                  gradient + head.bias);
    slope += tile;
  }
  relu_mask(error, hidden, count);
}

void MlpLayers::backward(int layer, const float* dense, const float* in, const float* error, std::uint32_t tile,
                         NonZeros& nonzero, float* in_error, float* gradient) const {
  const Layer& l = hidden_[static_cast<std::size_t>(layer)];
  const int rows = static_cast<int>(tile);
  add_columns(error, tile, l.width, gradient + l.bias);
  if (skips_zeros(layer)) {
    nonzero.find(error, tile, l.width);
    nonzero.turn();
    add_transposed_sparse(error, nonzero, in, l.inputs, gradient + l.weight);
    multiply_sparse(error, nonzero, dense + l.weight, l.inputs, in_error);
    return;
  }
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l.width, l.inputs, rows, 1.0f, error, l.width, in, l.inputs,
              1.0f, gradient + l.weight, l.inputs);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, l.inputs, l.width, 1.0f, error, l.width,
              dense + l.weight, l.inputs, 0.0f, in_error, l.inputs);
}

void MlpLayers::mask_error(int layer, const float* hidden, std::uint32_t tile, float* error) const {
  relu_mask(error, hidden, std::size_t{tile} * static_cast<std::size_t>(width(layer)));
}

}  // namespace anirec
