// All that training changes.
#pragma once

#include <cstdint>

#include "cpu/dense_update.h"
#include "cpu/row_table.h"
#include "engine/catch_up_table.h"
#include "engine/engine.h"
#include "engine/train_settings.h"
#include "model/model_config.h"

namespace anirec {

struct CpuState {
  CpuState(const ModelConfig& config, const TrainSettings& settings)
      : model(config),
        users(config.users, config.dim, config.has_row_bias(), settings.optimizer),
        items(config.items, config.dim, config.has_row_bias(), settings.optimizer),
        catch_up(settings.rate) {}

  ModelConfig model;
  RowTable users, items;
  DenseState dense;
  CatchUpTable catch_up;
  std::uint64_t step = 0;  // steps done

  // A row as it stands after the last step, into `to` [P]; zeros for unknown_index. Nothing is changed.
  void look_at(const RowTable& table, std::uint32_t index, float* to, float& bias) const;
};

}  // namespace anirec
