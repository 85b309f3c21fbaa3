// The emulated GPU as tests see it: what order things happen in, and what goes wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>

namespace anirec::emulation {

// Back to the state of a fresh process: one healthy device with 1 GiB, schedule 0. Nothing may be queued or
// allocated.
void reset();

// The order of blocks, threads, lanes and streams from here on, and what memory nobody has written holds: the
// first schedules are NaN, large, very negative, and bytes of 0xA5.
void set_schedule(std::uint64_t seed);

void set_memory(std::uint64_t bytes);         // of the device
void hide_device(const std::string& reason);  // list_devices() gives this reason and no device
void fail_allocation(std::uint64_t nth);      // counting from 1 = the next; once
void fail_launch(std::uint64_t nth);          // of launch(), as queued; once
void lose_device(std::uint64_t nth);          // while the nth queued operation runs; from then on every call fails

struct Counts {
  std::uint64_t launches = 0;  // run, not queued
  std::uint64_t switches = 0;  // from fiber to fiber
};
Counts counts();

// Whether `body` gives equal results under `schedules` different schedules: a race between threads or streams, or
// a read of memory that nobody wrote, makes them differ.
template <class Body>
bool same_under_schedules(int schedules, const Body& body) {
  set_schedule(0);
  const auto first = body();
  bool same = true;
  for (int schedule = 1; schedule < schedules; ++schedule) {
    set_schedule(static_cast<std::uint64_t>(schedule));
    same = same && body() == first;
  }
  set_schedule(0);
  return same;
}

}  // namespace anirec::emulation
