// For the files of cuda/device/ alone: checked calls of the CUDA runtime.
#pragma once

#include <cuda_runtime_api.h>

#include <source_location>
#include <string>

#include "device/device.h"
#include "device/failure.h"

namespace anirec::device {

// Throws DeviceError unless `status` is cudaSuccess. `call` names what was called, and on what.
void check(cudaError_t status, const std::string& call,
           std::source_location where = std::source_location::current());

// Throws DeviceError for the current device, asking nothing of it that a failed one could not answer.
[[noreturn]] void fail(Failure failure, const std::string& call, const std::string& problem, std::source_location where);

inline cudaStream_t raw(const Stream& stream) { return static_cast<cudaStream_t>(stream.handle()); }

}  // namespace anirec::device
