// Everything an engine must know to make a step.
#pragma once

#include <cstdint>

#include "formulas/dropout.h"
#include "formulas/learning_rate.h"
#include "formulas/optimizer.h"

namespace anirec {

enum class Math { automatic, fp32, tf32, bf16 };  // arithmetic of the dense layers on a GPU

struct TrainSettings {
  Optimizer optimizer = Optimizer::adam;
  LearningRate rate;
  DropoutRate dropout;
  float l2 = 0;
  float class_weight[2] = {1, 1};  // of labels 0 and 1, in training only
  std::uint32_t batch_size = 1024;
  std::uint64_t seed = 42;
  bool shuffle = true;
  Math math = Math::automatic;
};

}  // namespace anirec
