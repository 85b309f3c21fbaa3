// What the tests of edges share.
#pragma once

#include <memory>

#include "cuda/cuda_engine.h"
#include "engines/small_problem.h"

namespace anirec {

inline std::unique_ptr<Engine> engine_for(const Problem& p, const OptimizerState* state = nullptr) {
  std::unique_ptr<Engine> engine = make_cuda_engine(p.model, p.settings, 0, 0);
  engine->load(p.start, state);
  return engine;
}

inline PositionRange first_steps(const Problem& p, std::uint64_t steps) {
  return {0, step_begin(steps + 1, p.samples.train.size(), p.settings.batch_size)};
}

inline float head_score(const Scores& scores, std::size_t head, std::size_t i) { return scores.by_head[head][i]; }

}  // namespace anirec
