#include <doctest/doctest.h>

#include <map>

#include "engines/engines.h"
#include "engines/small_problem.h"
#include "engines/trained_run.h"

using namespace anirec;

namespace {

std::vector<Problem> problems() {
  std::vector<Problem> all;
  for (const std::uint32_t batch : {1u, 7u, 32u, 299u, 300u, 5000u}) {
    ProblemSize size;
    size.batch = batch;
    size.rows = 700;
    all.push_back(make_problem("mf", Task::rating, size));
    all.push_back(make_problem("hybrid", Task::hybrid, size));
  }
  for (const Optimizer optimizer :
       {Optimizer::lazy_adam, Optimizer::adagrad, Optimizer::rowwise_adagrad, Optimizer::sgd}) {
    all.push_back(make_problem("mf", Task::interaction));
    all.back().settings.optimizer = optimizer;
    all.push_back(make_problem("nn", Task::interaction));
    all.back().settings.optimizer = optimizer;
  }
  return all;
}

}  // namespace

TEST_CASE("where a run is cut, and by how many threads it is done, changes no bit") {
  for (const Problem& p : problems()) {
    CAPTURE(p.model.name);
    CAPTURE(p.settings.batch_size);
    std::map<std::string, TrainedRun> whole_of;  // bits are a device's own: engines for one device share them
    for (const PresentEngine& present : present_engines()) {
      CAPTURE(present.name);
      if (!whole_of.contains(present.device)) whole_of[present.device] = trained(p, present, {97});
      const TrainedRun& whole = whole_of[present.device];
      CHECK(whole.state.step == 97);
      CHECK(!(whole.read == p.start));
      CHECK(trained(p, present, {97}) == whole);
      CHECK(trained(p, present, {1, 2, 3, 10, 11, 47, 96, 97}) == whole);
    }
  }
}

TEST_CASE("nor with batches of several slices of the dense layers") {
  for (const Problem& p : {sliced_problem("nn", Task::interaction), sliced_problem("hybrid", Task::hybrid)})
    for (const PresentEngine& present : present_engines()) {
      CAPTURE(present.name);
      const TrainedRun whole = trained(p, present, {5});
      CHECK(whole.state.step == 5);
      CHECK(trained(p, present, {1, 2, 5}) == whole);
    }
}

TEST_CASE("looking never writes") {
  for (const Problem& p : problems())
    for (const PresentEngine& present : present_engines()) {
      const std::vector<std::uint64_t> cuts = {1, 5, 6, 30, 60};
      const TrainedRun unwatched = trained(p, present, cuts);
      const TrainedRun watched = trained(p, present, cuts, [&](std::unique_ptr<Engine>& engine) {
        Scores scores;
        Ranked ranked;
        Parameters parameters;
        const std::vector<std::uint32_t> users = {0, 1, 22}, items = {3, 10, 0};
        engine->predict(users, items, scores);
        engine->rank(users, 4, nullptr, nullptr, ranked);
        engine->read(parameters);
      });
      CHECK(watched == unwatched);
    }
}

TEST_CASE("a state read and loaded into another engine goes on to the same bits") {
  for (const Problem& p : problems())
    for (const PresentEngine& present : present_engines()) {
      CAPTURE(p.model.name);
      CAPTURE(static_cast<int>(p.settings.optimizer));
      const TrainedRun straight = trained(p, present, {40, 80});
      const TrainedRun moved = trained(p, present, {40, 80}, [&](std::unique_ptr<Engine>& engine) {
        Parameters raw;
        OptimizerState state;
        engine->read_state(raw, state);
        engine = present.make(p.model, p.settings);
        engine->load(raw, &state);
        engine->attach(p.samples);
      });
      CHECK(moved == straight);
    }
}

TEST_CASE("every engine knows how fast its device copies memory") {
  const Problem p = make_problem("mf", Task::rating);
  for (const PresentEngine& present : present_engines()) {
    CAPTURE(present.name);
    CHECK(present.make(p.model, p.settings)->copy_rate() > 0);
  }
}

TEST_CASE("the seed decides order, dropout and start") {
  const PresentEngine present = present_engines()[0];
  const Problem p = make_problem("mf", Task::rating);
  Problem other = p;
  other.settings.seed = 43;
  CHECK(!(trained(p, present, {10}).read == trained(other, present, {10}).read));
  CHECK(
      !(initial_parameters(p.model, 1, InitBias::zero, {}) == initial_parameters(p.model, 2, InitBias::zero, {})));
}

TEST_CASE("training stops at the first loss that is not finite") {
  for (const PresentEngine& present : present_engines()) {
    Problem p = make_problem("mf", Task::rating);
    p.settings.optimizer = Optimizer::sgd;
    p.settings.rate.base = 1e30;
    const std::unique_ptr<Engine> engine = present.make(p.model, p.settings);
    engine->load(p.start, nullptr);
    engine->attach(p.samples);
    TrainSums sums;
    engine->train({0, at_step(p, 50)}, sums);
    CHECK(sums.first_bad_step > 1);
    CHECK(sums.first_bad_step < 10);
  }
}
