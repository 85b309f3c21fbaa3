#include "commands/open_engine.h"

#include <algorithm>

#include "cpu/cpu_engine.h"
#include "error.h"
#include "parallel/team.h"

namespace anirec {

DeviceChoice choose_device(const std::string& device) {
  if (device == "auto") return {"cpu", "this build has no CUDA engine"};
  if (device == "cpu") return {"cpu", "as asked for"};
  const bool cuda = device == "cuda" || (device.starts_with("cuda:") && device.size() > 5 && device.size() < 9 &&
                                         std::all_of(device.begin() + 5, device.end(), [](char c) { return c >= '0' && c <= '9'; }));
  if (cuda) throw DeviceError("--device " + device + ": this build has no CUDA engine; use --device cpu");
  throw UsageError("--device " + printable(device, 40) + " is unknown; choose auto, cpu, cuda or cuda:N");
}

int threads_or_default(std::uint64_t threads) {
  return threads > 0 ? static_cast<int>(threads) : default_threads();
}

std::unique_ptr<Engine> open_engine(const DeviceChoice&, const ModelConfig& model, const TrainSettings& settings,
                                    std::uint64_t threads) {
  return make_cpu_engine(model, settings, threads_or_default(threads));
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
