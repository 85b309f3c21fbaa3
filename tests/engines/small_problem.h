// Small random training problems. Makes no assertion.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "formulas/philox.h"

namespace anirec {

struct Problem {
  ModelConfig model;
  TrainSettings settings;
  Samples samples;
  Parameters start;
};

struct ProblemSize {
  std::uint32_t users = 23, items = 11;
  std::uint64_t rows = 300;
  int dim = 8;
  std::vector<int> hidden = {7};
  std::uint32_t batch = 32;
};

// Long-tailed: low indices come often, the highest hardly ever.
inline Problem make_problem(const std::string& name, Task task, const ProblemSize& size = {},
                            Activation activation = Activation::identity) {
  Problem p;
  p.model.name = name;
  p.model.task = task;
  p.model.dim = size.dim;
  if (name != "mf") p.model.hidden = size.hidden;
  p.model.heads = make_heads(name, task, activation, 1, 5);
  p.model.bounds = {1, 10};
  p.model.users = size.users;
  p.model.items = size.items;
  p.settings.batch_size = size.batch;
  p.settings.rate.base = 0.01;
  p.settings.dropout = dropout_rate(0.5);
  p.settings.math = Math::fp32;
  p.samples.users = size.users;
  p.samples.items = size.items;
  p.samples.task = task;
  for (std::uint32_t i = 0; i < size.rows; ++i) {
    const Words4 r = philox(99, i, 0, 0, 77);
    const auto skewed = [](std::uint32_t word, std::uint32_t n) {
      const double u = word / 4294967296.0;
      return std::min(n - 1, static_cast<std::uint32_t>(u * u * n));
    };
    const std::uint32_t user = skewed(r.word[0], size.users), item = skewed(r.word[1], size.items);
    const float rating = 1.0f + static_cast<float>((user * 3 + item * 5 + r.word[2] % 3) % 10);
    p.samples.rows.push_back({user, item, rating, rating > 5 ? 1.0f : 0.0f});
  }
  p.samples.train = {0, size.rows};
  p.samples.validation = p.samples.test = {size.rows, size.rows};
  p.start = initial_parameters(p.model, 7, InitBias::mean, {5.5, 0.5});
  return p;
}

// A full batch of two slices of the dense layers (1,024 samples, as the layers are this wide) and a short one of
// one.
inline Problem sliced_problem(const std::string& name, Task task) {
  ProblemSize size;
  size.hidden = {816, 3};
  size.batch = 1024 + 70;
  size.rows = size.batch + 40;
  return make_problem(name, task, size);
}

// ‖a − b‖ / ‖b − start‖: an error as a share of all movement.
template <class A, class B, class C>
double relative_to_movement(const A& a, const B& b, const C& start) {
  double difference = 0, movement = 1e-300;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    movement += std::pow(static_cast<double>(b[i]) - static_cast<double>(start[i]), 2);
  }
  return std::sqrt(difference / movement);
}

}  // namespace anirec
