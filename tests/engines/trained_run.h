// All that training leaves behind, to be compared bit by bit. Makes no assertion.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "engines/engines.h"
#include "engines/small_problem.h"

namespace anirec {

struct TrainedRun {
  Parameters read, raw;
  OptimizerState state;
  TrainSums sums;
  bool operator==(const TrainedRun& o) const {
    return read == o.read && raw == o.raw && state == o.state && sums.loss == o.sums.loss &&
           sums.squared_error == o.sums.squared_error && sums.absolute_error == o.sums.absolute_error &&
           sums.cross_entropy == o.sums.cross_entropy && sums.true_positive == o.sums.true_positive &&
           sums.samples == o.sums.samples;
  }
};

inline TrainedRun look_at(const Engine& engine, const TrainSums& sums) {
  TrainedRun run;
  engine.read(run.read);
  engine.read_state(run.raw, run.state);
  run.sums = sums;
  return run;
}

inline std::uint64_t at_step(const Problem& p, std::uint64_t steps_done) {
  return step_begin(steps_done + 1, p.samples.train.size(), p.settings.batch_size);
}

// Trains up to each of these numbers of steps in turn, one call each; `between` is called after each.
template <class Between>
inline TrainedRun trained(const Problem& p, const PresentEngine& present, const std::vector<std::uint64_t>& cuts,
                          Between between) {
  std::unique_ptr<Engine> engine = present.make(p.model, p.settings);
  engine->load(p.start, nullptr);
  engine->attach(p.samples);
  TrainSums sums;
  std::uint64_t done = 0;
  for (const std::uint64_t cut : cuts) {
    engine->train({at_step(p, done), at_step(p, cut)}, sums);
    done = cut;
    between(engine);
  }
  return look_at(*engine, sums);
}

inline TrainedRun trained(const Problem& p, const PresentEngine& present, const std::vector<std::uint64_t>& cuts) {
  return trained(p, present, cuts, [](std::unique_ptr<Engine>&) {});
}

}  // namespace anirec
