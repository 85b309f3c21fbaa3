// The numbers of a model: four tables with a row a user or item, and everything dense in one vector.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model_config.h"

namespace anirec {

struct Parameters {
  std::vector<float> user_embedding, item_embedding;  // [U,D], [I,D]
  std::vector<float> user_bias, item_bias;            // [U], [I]; empty for nn and hybrid
  std::vector<float> dense;                           // the dense tensors of dense_tensors(), end to end
  bool operator==(const Parameters&) const = default;
};

bool is_finite(const Parameters& parameters);  // all values are

// A dense tensor inside Parameters::dense.
struct DenseTensor {
  std::string name;                 // as in model.safetensors
  std::vector<std::int64_t> shape;  // row-major; weights are [outputs, inputs]
  std::size_t offset = 0;
  std::size_t size() const;
};

// mf: bias [1]. nn, hybrid: hidden.l.weight [H,inputs], hidden.l.bias [H], …, then each head's weight [1,H] and
// bias [1].
std::vector<DenseTensor> dense_tensors(const ModelConfig& config);

enum class InitBias { zero, mean, low };

// Means of the training targets, and the ratings' standard deviation: for heads whose bias starts there.
struct TargetMeans {
  double rating = 0, label = 0.5, rating_deviation = 0;
};

// Embeddings and scalar biases uniform(±0.05), weights Glorot uniform, biases 0 but for the heads' under
// InitBias::mean: there the score whose activation is the mean. InitBias::low: a rating's head without an
// activation starts one standard deviation below, and leaves it to mf's biases of rows, which are multiplied, to
// rise to the mean together.
Parameters initial_parameters(const ModelConfig& config, std::uint64_t seed, InitBias init_bias,
                              const TargetMeans& means);

// What an optimizer keeps beside the parameters, raw: rows are as they were when last touched.
struct OptimizerState {
  Parameters first, second;  // moments m and v; empty where the optimizer has none
                             // (rowwise-adagrad: second.user_embedding is [U], one number a row)
  std::vector<std::uint32_t> user_last_step, item_last_step;  // [U], [I]; adam only
  std::uint64_t step = 0;                                     // steps done
  bool operator==(const OptimizerState&) const = default;
};

}  // namespace anirec
