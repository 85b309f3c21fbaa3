// --device → an engine, and why that one. The only place that names the engines.
#pragma once

#include <memory>
#include <string>

#include "engine/engine.h"

namespace anirec {

struct DeviceChoice {
  int cuda = -1;                   // index of the GPU; -1: the CPU
  std::string why;                 // for people
  std::uint64_t memory_limit = 0;  // of the GPU; 0: what is free
};

// device: auto, cpu, cuda or cuda:N. Throws UsageError on a name that is none, DeviceError where the device is not
// to be had. To be called before any data is read.
DeviceChoice choose_device(const std::string& device, std::uint64_t memory_limit = 0);

// What there is, a line a device, for anirec info.
std::string describe_devices();
std::string describe_libraries();  // what the engine for CPUs computes with

// threads 0: one a processor.
std::unique_ptr<Engine> open_engine(const DeviceChoice& device, const ModelConfig& model,
                                    const TrainSettings& settings, std::uint64_t threads);

// Bytes of this machine's memory that such an engine takes for training, beside the samples; a GPU has its own.
std::uint64_t engine_memory(const DeviceChoice& device, const ModelConfig& model, const TrainSettings& settings,
                            std::uint64_t threads);

// An engine that only looks: no optimizer state.
std::unique_ptr<Engine> open_engine_to_look(const DeviceChoice& device, const ModelConfig& model,
                                            const Parameters& parameters, std::uint64_t threads);

int threads_or_default(std::uint64_t threads);

}  // namespace anirec
