// What a failing device says: one home for the texts, so that the emulated failures of the tests read like real
// ones.
#pragma once

#include <cstdint>
#include <source_location>
#include <string>

namespace anirec::device {

enum class Failure {
  lost,       // fell off the bus, or was reset
  our_fault,  // a kernel did what it must not: nothing works any more in this process
  too_old,    // no kernel in this build runs on it
  no_cublas,
  other,
};

// "device 0 (NVIDIA H100): cudaLaunchKernel of row_update_kernel: <what the vendor says>; <what to do>".
[[noreturn]] void throw_failure(Failure failure, int device, const std::string& device_name,
                                const std::string& call, const std::string& problem, std::source_location where);

[[noreturn]] void throw_out_of_memory(int device, const std::string& device_name, std::uint64_t wanted,
                                      std::uint64_t free, std::uint64_t total, std::source_location where);

// No graphics card involved: the page-locked memory of the host ran out.
[[noreturn]] void throw_out_of_pinned(std::uint64_t wanted, std::source_location where);

// "1.5 GiB", "640 KiB".
std::string bytes_text(std::uint64_t bytes);

// The name of a function as it was written, from the linker's.
std::string readable_name(const char* linker_name);

}  // namespace anirec::device
