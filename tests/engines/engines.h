// The engines that are present: every test of this folder runs its one body over each of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cpu/cpu_engine.h"
#ifdef ANIREC_WITH_CUDA  // the real engine's test or the emulated one's
#include "cuda/cuda_engine.h"
#endif
#include "engine/engine.h"

namespace anirec {

struct PresentEngine {
  std::string name, device;  // engines for one device give the same bits
  std::function<std::unique_ptr<Engine>(const ModelConfig&, const TrainSettings&)> make;
};

inline std::vector<PresentEngine> present_engines() {
  const auto cpu = [](int threads) {
    return [threads](const ModelConfig& model, const TrainSettings& settings) {
      return make_cpu_engine(model, settings, threads);
    };
  };
  std::vector<PresentEngine> engines = {
      {"cpu, 1 thread", "cpu", cpu(1)}, {"cpu, 2 threads", "cpu", cpu(2)}, {"cpu, 3 threads", "cpu", cpu(3)}};
#ifdef ANIREC_WITH_CUDA
  if (!list_cuda_devices().devices.empty())
    engines.push_back({"cuda", "cuda", [](const ModelConfig& model, const TrainSettings& settings) {
                         return make_cuda_engine(model, settings, 0, 0);
                       }});
#endif
  return engines;
}

}  // namespace anirec
