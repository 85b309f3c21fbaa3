#include "device/failure.h"

#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "error.h"

namespace anirec::device {
namespace {

std::string device_text(int device, const std::string& name) {
  return "device " + std::to_string(device) + (name.empty() ? "" : " (" + printable(name) + ")");
}

std::string what_to_do(Failure failure) {
  switch (failure) {
    case Failure::lost:
      return "the GPU has to be freed or reset (see nvidia-smi and the kernel's log); the last checkpoint is "
             "whole, "
             "go on from it with --resume, or train with --device cpu";
    case Failure::our_fault:
      return "this is a fault of anirec, not of the GPU: please report it with the command line; the last "
             "checkpoint is "
             "whole, go on from it with --resume, or train with --device cpu";
    case Failure::too_old:
      return "this build has no code for it: build with -DCMAKE_CUDA_ARCHITECTURES for this GPU, or use --device "
             "cpu";
    case Failure::no_cublas:
      return "install the cuBLAS of CUDA 12 or 13 (libcublasLt) or name its folder in LD_LIBRARY_PATH, or "
             "use --device cpu";
    case Failure::other:
      return "look at nvidia-smi for the state of the GPU, or use --device cpu";
  }
  return "";
}

}  // namespace

void throw_failure(Failure failure, int device, const std::string& device_name, const std::string& call,
                   const std::string& problem, std::source_location where) {
  throw DeviceError(device_text(device, device_name) + ": " + call + ": " + problem + "; " + what_to_do(failure),
                    where);
}

void throw_out_of_memory(int device, const std::string& device_name, std::uint64_t wanted, std::uint64_t free,
                         std::uint64_t total, std::source_location where) {
  throw DeviceError(device_text(device, device_name) + ": out of memory: wanted " + bytes_text(wanted) +
                        ", free " + bytes_text(free) + " of " + bytes_text(total) +
                        "; --device-memory-limit streams the samples, a smaller --batch-size or --dim needs less",
                    where);
}

void throw_out_of_pinned(std::uint64_t wanted, std::source_location where) {
  throw DeviceError(
      "cannot lock " + bytes_text(wanted) +
          " of host memory for copies to the device; a larger --device-memory-limit streams less, and "
          "`ulimit -l` or the container's memory limit may be too low",
      where);
}

std::string bytes_text(std::uint64_t bytes) {
  const char* const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  char text[48];
  std::snprintf(text, sizeof text, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string readable_name(const char* linker_name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(linker_name, nullptr, nullptr, &status), &std::free);
  std::string name = text == nullptr ? linker_name : text.get();
  // Kernels in an unnamed namespace, without their parameters: "anirec::(anonymous namespace)::f(int*)" →
  // "anirec::f".
  const std::string unnamed = "(anonymous namespace)::";
  for (std::size_t at; (at = name.find(unnamed)) != std::string::npos;) name.erase(at, unnamed.size());
  return name.substr(0, name.find('('));
}

}  // namespace anirec::device
