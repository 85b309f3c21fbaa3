// The engines of this build: every test of this folder runs its one body over each of them. The CPU's in the test
// of this folder's name; built ANIREC_WITH_CUDA, the emulated device's or a real one's. All are held to one
// reference.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#ifdef ANIREC_WITH_CUDA
#include <stdexcept>

#include "cuda/cuda_engine.h"
#else
#include "cpu/cpu_engine.h"
#endif
#include "engine/engine.h"

namespace anirec {

struct PresentEngine {
  std::string name, device;  // engines for one device give the same bits
  std::function<std::unique_ptr<Engine>(const ModelConfig&, const TrainSettings&)> make;
};

inline std::vector<PresentEngine> present_engines() {
#ifdef ANIREC_WITH_CUDA
  if (list_cuda_devices().devices.empty()) throw std::runtime_error("no device, real or emulated");
  return {{"cuda", "cuda", [](const ModelConfig& model, const TrainSettings& settings) {
             return make_cuda_engine(model, settings, 0, 0);
           }}};
#else
  const auto cpu = [](int threads) {
    return [threads](const ModelConfig& model, const TrainSettings& settings) {
      return make_cpu_engine(model, settings, threads);
    };
  };
  return {{"cpu, 1 thread", "cpu", cpu(1)}, {"cpu, 2 threads", "cpu", cpu(2)}, {"cpu, 3 threads", "cpu", cpu(3)}};
#endif
}

}  // namespace anirec
