#include "commands/open_engine.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "cpu/blas.h"
#include "cpu/cpu_engine.h"
#include "cuda/cuda_engine.h"
#include "error.h"
#include "parallel/team.h"

namespace anirec {

DeviceChoice choose_device(const std::string& device, std::uint64_t memory_limit) {
  if (device == "cpu") return {-1, "as asked for", 0};
  const bool any = device == "auto";
  int index = 0;
  if (!any && device != "cuda") {
    const char* const end = device.data() + device.size();
    const char* const number = device.data() + std::min<std::size_t>(device.size(), 5);
    const auto [next, fault] = std::from_chars(number, end, index);
    if (!device.starts_with("cuda:") || fault != std::errc() || next != end || index < 0)
      throw UsageError("--device " + printable(device, 40) + " is unknown; choose auto, cpu, cuda or cuda:N");
  }
  const CudaDevices found = list_cuda_devices(index);
  if (!found.devices.empty()) return {index, any ? "the first GPU" : "as asked for", memory_limit};
  if (any) return {-1, found.reason, 0};
  throw DeviceError("--device " + device + ": " + found.reason + "; or use --device cpu");
}

std::string describe_libraries() { return describe_blas(); }

std::string describe_devices() {
  const CudaDevices found = list_cuda_devices();
  std::string text;
  for (const CudaDevice& gpu : found.devices) {
    char line[256];
    std::snprintf(line, sizeof line, "cuda:%d: %s, compute capability %d.%d, %.1f of %.1f GB free\n", gpu.index,
                  gpu.name.c_str(), gpu.major, gpu.minor, static_cast<double>(gpu.free_bytes) / 1e9,
                  static_cast<double>(gpu.total_bytes) / 1e9);
    text += line;
  }
  if (!found.reason.empty()) text += "cuda: " + found.reason + "\n";
  return text;
}

int threads_or_default(std::uint64_t threads) {
  return threads > 0 ? static_cast<int>(threads) : default_threads();
}

std::unique_ptr<Engine> open_engine(const DeviceChoice& device, const ModelConfig& model,
                                    const TrainSettings& settings, std::uint64_t threads) {
  if (device.cuda >= 0) return make_cuda_engine(model, settings, device.cuda, device.memory_limit);
  return make_cpu_engine(model, settings, threads_or_default(threads));
}

std::uint64_t engine_memory(const DeviceChoice& device, const ModelConfig& model, const TrainSettings& settings,
                            std::uint64_t threads) {
  return device.cuda >= 0 ? 0 : cpu_engine_memory(model, settings, threads_or_default(threads));
}

std::unique_ptr<Engine> open_engine_to_look(const DeviceChoice& device, const ModelConfig& model,
                                            const Parameters& parameters, std::uint64_t threads) {
  TrainSettings settings;
  settings.optimizer = Optimizer::sgd;
  std::unique_ptr<Engine> engine = open_engine(device, model, settings, threads);
  engine->load(parameters, nullptr);
  return engine;
}

}  // namespace anirec
