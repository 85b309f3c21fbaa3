#include "phase_times.h"

#include <algorithm>
#include <exception>
#include <string_view>

namespace anirec::cuda {

std::vector<PhaseTime> PhaseTimes::total() const {
  std::vector<PhaseTime> phases;
  for (const auto& timed : timed_) {
    const auto same = [&](const PhaseTime& phase) { return std::string_view(phase.name) == timed->name; };
    auto found = std::find_if(phases.begin(), phases.end(), same);
    if (found == phases.end()) found = phases.insert(phases.end(), {timed->name, 0.0});
    found->seconds += timed->watch.seconds();
  }
  return phases;
}

Phase::Phase(const char* name, const device::Stream& stream, PhaseTimes* times) : range_(name), stream_(stream) {
  if (times == nullptr) return;
  times->timed_.push_back(std::make_unique<PhaseTimes::Timed>(PhaseTimes::Timed{name, device::Stopwatch()}));
  timed_ = times->timed_.back().get();
  timed_->watch.start(stream);
}

Phase::~Phase() noexcept(false) {
  if (timed_ != nullptr && std::uncaught_exceptions() == 0) timed_->watch.stop(stream_);
}

}  // namespace anirec::cuda
