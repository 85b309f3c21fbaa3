// The engine for machines without a GPU, and the oracle of the other one.
#pragma once

#include <memory>

#include "engine/engine.h"

namespace anirec {

std::unique_ptr<Engine> make_cpu_engine(const ModelConfig& model, const TrainSettings& settings, int threads);

}  // namespace anirec
