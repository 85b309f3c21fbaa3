// What is queued on the emulated device, and when it runs: as late as possible, in random order between streams.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "device/device.h"
#include "device/random.h"
#include "device/watch.h"

namespace anirec::emulation {

// How often an event was recorded, and how many of those the device has come to.
struct EventState {
  std::uint64_t recorded = 0, reached = 0;
  watch::Clock clock;                        // of the last record
  std::chrono::steady_clock::time_point at;  // when the device last came to it
};

struct Operation {
  std::string name;
  std::function<void()> run;          // or, where empty, a place in the order:
  std::shared_ptr<EventState> event;  // reaches it, or waits until it is reached
  std::uint64_t ticket = 0;           // the how-manieth record
  bool waits = false;
  std::uint32_t number = 0;  // of the stream's operations, from 1
  watch::Clock clock;        // what it knows to have run before
};

struct Queue {
  std::uint32_t index;  // among the streams of this device, ever
  std::uint32_t issued = 0;
  std::deque<Operation> waiting;
  watch::Clock clock;
};

struct RecordedGraph {
  std::vector<Operation> operations;
};

// Puts an operation on a stream, or into the graph that is being captured.
void queue(const device::Stream& stream, std::string name, std::function<void()> run);

// Everything that is queued runs. For destructors: what fails, fails at the next call.
void drain() noexcept;

// Throws where the device is lost; aborts in a capture, where `call` is not allowed.
void require_device(const char* call, std::source_location where);
void forbid_in_capture(const char* call);

// Names the device in errors.
const std::string& device_name();
std::uint32_t poison();
bool takes_failure(std::uint64_t& countdown);  // counts down, and says whether this is the one

struct Failures {
  std::uint64_t allocation = 0, launch = 0, loss = 0;  // 0: none to come
  bool lost = false;
};
Failures& failures();

// Aborts where something next to a Buffer was overwritten (memory.cpp).
void require_guards(const std::function<std::string()>& operation);

// While it lives, the device's memory may be touched (memory.cpp).
struct MemoryOpen {
  MemoryOpen();
  ~MemoryOpen();
};

}  // namespace anirec::emulation
