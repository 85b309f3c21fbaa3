// The phases of a training step: named in a profiler's timeline, and timed where somebody asks.
#pragma once

#include <memory>
#include <vector>

#include "device/device.h"
#include "engine/engine.h"

namespace anirec::cuda {

class PhaseTimes {
 public:
  // Seconds of each phase, added up over all its times, in the order they first came.
  std::vector<PhaseTime> total() const;

 private:
  friend class Phase;
  struct Timed {
    const char* name;
    device::Stopwatch watch;
  };
  std::vector<std::unique_ptr<Timed>> timed_;
};

// What is queued on `stream` until the end of the scope is one phase; `times` null: only named.
class Phase {
 public:
  Phase(const char* name, const device::Stream& stream, PhaseTimes* times);
  ~Phase() noexcept(false);
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

 private:
  const device::Range range_;
  const device::Stream& stream_;
  PhaseTimes::Timed* timed_ = nullptr;
};

}  // namespace anirec::cuda
