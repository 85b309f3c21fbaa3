// What the engines are judged by: the contract written out in double, a sample and an element at a time, every row
// moved at every step as Keras does. Slow, and sharing only the random numbers, the order and the initial values
// with the code under test.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "formulas/epoch_order.h"

namespace anirec {

class ReferenceTrainer {
 public:
  using Vector = std::vector<double>;

  ReferenceTrainer(const ModelConfig& model, const TrainSettings& settings, const Parameters& start,
                   const Samples& samples)
      : model_(model), settings_(settings), samples_(samples), dense_tensors_(dense_tensors(model)) {
    const std::vector<float>* sources[] = {&start.user_embedding, &start.item_embedding, &start.user_bias,
                                           &start.item_bias, &start.dense};
    for (int t = 0; t < 5; ++t) {
      value_[t].assign(sources[t]->begin(), sources[t]->end());
      first_[t].assign(value_[t].size(), 0.0);
      second_[t].assign(value_[t].size(), 0.0);
    }
  }

  // One step over these samples (indices in split order); returns the batch's training loss.
  double step(const std::vector<std::uint32_t>& batch) {
    ++step_;
    for (int t = 0; t < 5; ++t) {
      gradient_[t].assign(value_[t].size(), 0.0);
      touched_[t].assign(value_[t].size(), false);
    }
    double loss = 0;
    for (const std::uint32_t index : batch) loss += add_sample(index, static_cast<double>(batch.size()));
    for (int t = 0; t < 5; ++t) update(t);
    return loss / static_cast<double>(batch.size());
  }

  // The samples of step `number` (from 1), by the order of the contract.
  std::vector<std::uint32_t> batch_of(std::uint64_t number) const {
    const std::uint64_t n = samples_.train.size(), b = settings_.batch_size, steps = (n + b - 1) / b;
    const PassOrder order =
        pass_order(settings_.seed, static_cast<std::uint32_t>((number - 1) / steps), n, settings_.shuffle);
    std::vector<std::uint32_t> batch;
    for (std::uint64_t p = (number - 1) % steps * b; p < n && batch.size() < b; ++p)
      batch.push_back(static_cast<std::uint32_t>(samples_.train.begin) +
                      sample_at(chunk_order(order, chunk_place(order, p)), p));
    return batch;
  }

  const Vector& user_embedding() const { return value_[0]; }
  const Vector& item_embedding() const { return value_[1]; }
  const Vector& user_bias() const { return value_[2]; }
  const Vector& item_bias() const { return value_[3]; }
  const Vector& dense() const { return value_[4]; }

  // Scores of a pair before the activation, without dropout.
  std::vector<double> scores(std::uint32_t user, std::uint32_t item) const {
    const std::size_t dim = static_cast<std::size_t>(model_.dim);
    Forward forward;
    forward.scale.assign(2 * dim, 1.0);
    run_forward(user, item, forward);
    return forward.score;
  }

 private:
  struct Forward {
    Vector scale;                // [2D] dropout's factor: 0 or 1/(1−p)
    std::vector<Vector> layers;  // inputs, then each hidden layer's output
    std::vector<double> score;
  };

  bool broadcast() const { return model_.trunk() == Trunk::dot && !model_.additive_bias; }

  Vector side(int table, std::uint32_t row) const {
    const std::size_t dim = static_cast<std::size_t>(model_.dim);
    Vector values(value_[table].begin() + static_cast<std::ptrdiff_t>(row * dim),
                  value_[table].begin() + static_cast<std::ptrdiff_t>((row + 1) * dim));
    if (broadcast())
      for (double& value : values) value += value_[table + 2][row];
    return values;
  }

  void run_forward(std::uint32_t user, std::uint32_t item, Forward& forward) const {
    Vector inputs = side(0, user);
    const Vector items = side(1, item);
    inputs.insert(inputs.end(), items.begin(), items.end());
    for (std::size_t k = 0; k < inputs.size(); ++k) inputs[k] *= forward.scale[k];
    forward.layers = {inputs};
    if (model_.trunk() == Trunk::dot) {
      double score = value_[4][0];
      const std::size_t dim = inputs.size() / 2;
      for (std::size_t k = 0; k < dim; ++k) score += inputs[k] * inputs[dim + k];
      if (model_.additive_bias) score += value_[2][user] + value_[3][item];
      forward.score = {score};
      return;
    }
    for (std::size_t t = 0; t + 1 < dense_tensors_.size(); t += 2) {
      const DenseTensor &weight = dense_tensors_[t], &bias = dense_tensors_[t + 1];
      const bool head = weight.name.find("head") != std::string::npos;
      const Vector& in = forward.layers.back();
      Vector out(static_cast<std::size_t>(weight.shape[0]));
      for (std::size_t o = 0; o < out.size(); ++o) {
        out[o] = value_[4][bias.offset + o];
        for (std::size_t k = 0; k < in.size(); ++k) out[o] += value_[4][weight.offset + o * in.size() + k] * in[k];
        if (!head) out[o] = std::max(0.0, out[o]);
      }
      if (head)
        forward.score.push_back(out[0]);
      else
        forward.layers.push_back(out);
    }
  }

  // Adds a sample's gradients; its weighted loss.
  double add_sample(std::uint32_t index, double batch) {
    const Sample& sample = samples_.rows[index];
    const std::size_t dim = static_cast<std::size_t>(model_.dim);
    Forward forward;
    for (std::size_t e = 0; e < 2 * dim; ++e) {
      bool kept = true;
      if (settings_.dropout.threshold > 0) {
        // An element is dropped where 0.r₀r₁… < p, one plane a bit.
        double r = 0;
        for (std::uint32_t plane = 0; plane < settings_.dropout.planes; ++plane) {
          const Words4 words = philox(settings_.seed, index, static_cast<std::uint32_t>(step_),
                                      static_cast<std::uint32_t>(256 * (e / 128)) + plane, 3);
          r += ((words.word[e % 128 / 32] >> e % 32) & 1) * std::pow(0.5, plane + 1);
        }
        kept = r >= settings_.dropout.threshold / 256.0;
      }
      forward.scale.push_back(kept ? 256.0 / (256.0 - settings_.dropout.threshold) : 0.0);
    }
    run_forward(sample.user, sample.item, forward);

    double loss = 0;
    Vector slope;
    for (std::size_t h = 0; h < model_.heads.size(); ++h) {
      const Head& head = model_.heads[h];
      const double s = forward.score[h], sigmoid = 1 / (1 + std::exp(-s));
      double weight = static_cast<double>(head.weight), value, d;
      if (head.target == Target::label) {
        weight *= static_cast<double>(settings_.class_weight[sample.label > 0.5f]);
        value = sample.label > 0.5f ? -std::log(sigmoid) : -std::log(1 - sigmoid);
        d = sigmoid - static_cast<double>(sample.label);
      } else {
        const double low = static_cast<double>(model_.bounds.low),
                     range = static_cast<double>(model_.bounds.high) - low;
        double a = s, a_slope = 1;
        if (head.activation == Activation::relu) a = std::max(0.0, s), a_slope = s > 0;
        if (head.activation == Activation::bounded)
          a = low + range * sigmoid, a_slope = range * sigmoid * (1 - sigmoid);
        value = (a - static_cast<double>(sample.rating)) * (a - static_cast<double>(sample.rating));
        d = 2 * (a - static_cast<double>(sample.rating)) * a_slope;
      }
      loss += weight * value;
      slope.push_back(weight * d / batch);
    }

    Vector input_slope(2 * dim, 0.0);
    if (model_.trunk() == Trunk::dot) {
      gradient_[4][0] += slope[0];
      for (std::size_t k = 0; k < dim; ++k) {
        input_slope[k] = slope[0] * forward.layers[0][dim + k];
        input_slope[dim + k] = slope[0] * forward.layers[0][k];
      }
    } else {
      const std::size_t hidden = model_.hidden.size();
      Vector error(forward.layers.back().size(), 0.0);
      for (std::size_t h = 0; h < slope.size(); ++h) {
        const DenseTensor& weight = dense_tensors_[2 * (hidden + h)];
        for (std::size_t k = 0; k < error.size(); ++k) {
          gradient_[4][weight.offset + k] += slope[h] * forward.layers.back()[k];
          error[k] += slope[h] * value_[4][weight.offset + k];
        }
        gradient_[4][dense_tensors_[2 * (hidden + h) + 1].offset] += slope[h];
      }
      for (std::size_t l = hidden; l-- > 0;) {
        const DenseTensor &weight = dense_tensors_[2 * l], &bias = dense_tensors_[2 * l + 1];
        const Vector &in = forward.layers[l], &out = forward.layers[l + 1];
        Vector below(in.size(), 0.0);
        for (std::size_t o = 0; o < out.size(); ++o) {
          if (out[o] <= 0) continue;
          gradient_[4][bias.offset + o] += error[o];
          for (std::size_t k = 0; k < in.size(); ++k) {
            gradient_[4][weight.offset + o * in.size() + k] += error[o] * in[k];
            below[k] += error[o] * value_[4][weight.offset + o * in.size() + k];
          }
        }
        error = below;
      }
      input_slope = error;
    }

    for (int table = 0; table < 2; ++table) {
      const std::uint32_t row = table == 0 ? sample.user : sample.item;
      double bias_slope = model_.additive_bias ? slope[0] : 0.0;
      for (std::size_t k = 0; k < dim; ++k) {
        const std::size_t e = static_cast<std::size_t>(table) * dim + k;
        const double g = input_slope[e] * forward.scale[e];
        if (broadcast()) bias_slope += g;
        const double w = value_[table][row * dim + k], l2 = static_cast<double>(settings_.l2);
        gradient_[table][row * dim + k] += g + 2 * l2 * w / batch;
        touched_[table][row * dim + k] = true;
        loss += l2 * w * w;
      }
      if (model_.has_row_bias()) {
        gradient_[table + 2][row] += bias_slope;
        touched_[table + 2][row] = true;
      }
    }
    return loss;
  }

  void update(int t) {
    const double lr = learning_rate_at(settings_.rate, step_), epsilon = 1e-7;
    const double n = static_cast<double>(step_);
    const double adam_lr = lr * std::sqrt(1 - std::pow(0.999, n)) / (1 - std::pow(0.9, n));
    const std::size_t dim = static_cast<std::size_t>(model_.dim);
    Vector row_mean(value_[t].size(), 0.0);
    if (settings_.optimizer == Optimizer::rowwise_adagrad && t < 2)
      for (std::size_t i = 0; i < value_[t].size(); ++i)
        row_mean[i / dim * dim] += gradient_[t][i] * gradient_[t][i] / static_cast<double>(dim);
    for (std::size_t i = 0; i < value_[t].size(); ++i) {
      double &w = value_[t][i], &m = first_[t][i], &v = second_[t][i];
      const double g = gradient_[t][i];
      switch (settings_.optimizer) {
        case Optimizer::lazy_adam:
          if (t < 4 && !touched_[t][i]) break;
          [[fallthrough]];
        case Optimizer::adam:
          m = 0.9 * m + 0.1 * g;
          v = 0.999 * v + 0.001 * g * g;
          w -= adam_lr * m / (std::sqrt(v) + epsilon);
          break;
        case Optimizer::adagrad:
          v += g * g;
          w -= lr * g / (std::sqrt(v) + epsilon);
          break;
        case Optimizer::rowwise_adagrad:
          v += t < 2 ? row_mean[i / dim * dim] : g * g;
          w -= lr * g / (std::sqrt(v) + epsilon);
          break;
        case Optimizer::sgd: w -= lr * g; break;
      }
    }
  }

  ModelConfig model_;
  TrainSettings settings_;
  const Samples& samples_;
  std::vector<DenseTensor> dense_tensors_;
  std::uint64_t step_ = 0;
  // Users, items, their biases, dense.
  Vector value_[5], first_[5], second_[5], gradient_[5];
  std::vector<bool> touched_[5];
};

}  // namespace anirec
