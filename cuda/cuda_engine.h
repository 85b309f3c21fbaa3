// The engine for NVIDIA GPUs, in plain C++. A build without CUDA has the stub: no devices, and why.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace anirec {

struct CudaDevice {
  int index;
  std::string name;
  int major, minor;
  std::uint64_t total_bytes, free_bytes;
};

struct CudaDevices {
  std::vector<CudaDevice> devices;
  std::string reason;  // why there are none, or fewer
};

// Never throws. `only`: that device alone, so that the others stay untouched; -1: all.
CudaDevices list_cuda_devices(int only = -1);

// memory_limit: bytes of the device's memory to use at most; 0: what is free. Throws DeviceError where the tables do
// not fit, UsageError where the kernels do not take the sizes (D above 512).
std::unique_ptr<Engine> make_cuda_engine(const ModelConfig& model, const TrainSettings& settings, int index,
                                         std::uint64_t memory_limit);

}  // namespace anirec
