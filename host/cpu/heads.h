// Losses and error signals of a batch's scores, and the running sums they add to.
#pragma once

#include <cstdint>

#include "cpu/batch.h"
#include "engine/engine.h"
#include "engine/train_settings.h"
#include "model/model_config.h"

namespace anirec {

// Adds one head's figures for places [begin, end) of a batch to `sums`, and writes d loss / d score, loss weights,
// class weights and 1/B included. score and slope are [end − begin].
void head_losses(const ModelConfig& model, const Head& head, const TrainSettings& settings, const Batch& batch,
                 std::uint32_t begin, std::uint32_t end, const float* score, float* slope, TrainSums& sums);

}  // namespace anirec
