// The engines that are present: every test of this folder runs its one body over each of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cpu/cpu_engine.h"
#include "engine/engine.h"

namespace anirec {

struct PresentEngine {
  std::string name;
  std::function<std::unique_ptr<Engine>(const ModelConfig&, const TrainSettings&)> make;
};

inline std::vector<PresentEngine> present_engines() {
  const auto cpu = [](int threads) {
    return [threads](const ModelConfig& model, const TrainSettings& settings) {
      return make_cpu_engine(model, settings, threads);
    };
  };
  return {{"cpu, 1 thread", cpu(1)}, {"cpu, 2 threads", cpu(2)}, {"cpu, 3 threads", cpu(3)}};
}

}  // namespace anirec
