#include "cpu/cpu_engine.h"

#include <doctest/doctest.h>

#include "engines/small_problem.h"

using namespace anirec;

namespace {

struct Trained {
  Parameters parameters;
  OptimizerState state;
  double loss = 0;
  bool operator==(const Trained&) const = default;
};

Trained trained(const Problem& p, int threads, const std::vector<std::uint64_t>& cuts) {
  const std::unique_ptr<Engine> engine = make_cpu_engine(p.model, p.settings, threads);
  engine->load(p.start, nullptr);
  engine->attach(p.samples);
  TrainSums sums;
  std::uint64_t done = 0;
  const auto position = [&](std::uint64_t steps) {
    return step_begin(steps + 1, p.samples.train.size(), p.settings.batch_size);
  };
  for (const std::uint64_t cut : cuts) {
    engine->train({position(done), position(cut)}, sums);
    done = cut;
  }
  Trained result;
  engine->read_state(result.parameters, result.state);
  result.loss = sums.loss;
  return result;
}

}  // namespace

TEST_CASE("passes of several windows, planned by several members, give the same bits however they are cut") {
  for (const std::string name : {"mf", "nn"})
    for (const Optimizer optimizer : {Optimizer::adam, Optimizer::sgd})
      for (const std::uint32_t users : {40u, 900u}) {  // batches by users, and by items
        ProblemSize size;
        size.users = users;
        size.items = 70;
        size.rows = 40000;
        size.batch = 64;
        Problem p = make_problem(name, Task::rating, size);
        p.settings.optimizer = optimizer;
        CAPTURE(name);
        CAPTURE(users);
        const Trained whole = trained(p, 1, {800});
        CHECK(whole.state.step == 800);
        CHECK(!(whole.parameters == p.start));
        CHECK(trained(p, 2, {800}) == whole);
        CHECK(trained(p, 3, {1, 300, 625, 640, 800}) == whole);
      }
}
