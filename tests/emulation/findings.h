// Looks whether the ring finds a planted fault.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace anirec::samples {

struct Finding {
  bool stopped = false;  // the process ended with a message
  bool differs = false;  // it went through, but not always to the same result
  std::string message;
  bool found() const { return stopped || differs; }
};

// Runs `body` under 12 schedules in a child process.
Finding look_for_fault(const std::function<std::vector<float>()>& body);

// In this build: kernels are compiled with address sanitizer; the accesses of kernels are watched.
bool addresses_checked();
bool accesses_watched();

}  // namespace anirec::samples
