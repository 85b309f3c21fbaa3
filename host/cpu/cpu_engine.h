// The engine for machines without a GPU, and the oracle of the other one.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/engine.h"

namespace anirec {

std::unique_ptr<Engine> make_cpu_engine(const ModelConfig& model, const TrainSettings& settings, int threads);
// Bytes that such an engine takes for training, beside the samples.
std::uint64_t cpu_engine_memory(const ModelConfig& model, const TrainSettings& settings, int threads);

}  // namespace anirec
