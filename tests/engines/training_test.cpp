#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "engine/dense_slice.h"
#include "engines/against_reference.h"
#include "engines/engines.h"
#include "engines/small_problem.h"

using namespace anirec;

namespace {

// The losses of the reference's first `steps` steps.
std::vector<double> losses_of(ReferenceTrainer& reference, std::uint64_t steps) {
  std::vector<double> losses;
  for (std::uint64_t step = 1; step <= steps; ++step) losses.push_back(reference.step(reference.batch_of(step)));
  return losses;
}

// Trains step by step: the losses are these, but for a share of them.
void check_losses(Engine& engine, const Problem& p, const ReferenceTrainer& reference,
                  const std::vector<double>& losses, double near) {
  engine.load(p.start, nullptr);
  engine.attach(p.samples);
  for (std::uint64_t step = 1; step <= losses.size(); ++step) {
    CAPTURE(step);
    TrainSums sums;
    engine.train({step_begin(step, p.samples.train.size(), p.settings.batch_size),
                  step_begin(step + 1, p.samples.train.size(), p.settings.batch_size)},
                 sums);
    REQUIRE(sums.samples == static_cast<double>(reference.batch_of(step).size()));
    REQUIRE(sums.loss / sums.samples == doctest::Approx(losses[step - 1]).epsilon(near));
  }
}

// Trains `steps` steps on every engine and in the reference; losses step by step, parameters at the end.
void check_against_reference(const Problem& p, std::uint64_t steps) {
  ReferenceTrainer reference(p.model, p.settings, p.start, p.samples);
  const std::vector<double> losses = losses_of(reference, steps);

  for (const PresentEngine& present : present_engines()) {
    CAPTURE(present.name);
    const std::unique_ptr<Engine> engine = present.make(p.model, p.settings);
    check_losses(*engine, p, reference, losses, 1e-5);
    Parameters trained;
    engine->read(trained);
    check_parameters(trained, reference, p.start);

    Scores scores;
    const std::vector<std::uint32_t> users = {0, 5, 22, 22}, items = {0, 10, 3, 10};
    engine->predict(users, items, scores);
    for (std::size_t i = 0; i < users.size(); ++i)
      for (std::size_t h = 0; h < p.model.heads.size(); ++h)
        CHECK(std::abs(static_cast<double>(scores.by_head[h][i]) - reference.scores(users[i], items[i])[h]) <
              1e-3);
  }
}

}  // namespace

TEST_CASE("every model trains as the contract says") {
  const std::pair<const char*, Task> cases[] = {{"mf", Task::rating},
                                                {"mf", Task::interaction},
                                                {"nn", Task::rating},
                                                {"nn", Task::interaction},
                                                {"hybrid", Task::hybrid}};
  for (const auto& [model, task] : cases) {
    CAPTURE(model);
    CAPTURE(static_cast<int>(task));
    check_against_reference(make_problem(model, task), 60);
  }
}

TEST_CASE("every optimizer does what its name says") {
  for (const Optimizer optimizer :
       {Optimizer::adam, Optimizer::lazy_adam, Optimizer::adagrad, Optimizer::rowwise_adagrad, Optimizer::sgd})
    for (const char* model : {"mf", "nn"}) {
      CAPTURE(static_cast<int>(optimizer));
      CAPTURE(model);
      Problem p = make_problem(model, Task::rating);
      p.settings.optimizer = optimizer;
      check_against_reference(p, 60);
    }
}

TEST_CASE("rows that wait long are brought forward exactly") {
  // The highest of 300 users hardly ever occur: gaps of hundreds of steps.
  ProblemSize size;
  size.users = 300;
  size.batch = 2;
  for (const char* model : {"mf", "nn"}) {
    Problem p = make_problem(model, Task::rating, size);
    p.settings.rate.base = 1e-3;  // at 1e-2, float and double part ways after some 300 such steps
    check_against_reference(p, 600);
  }
}

TEST_CASE("biases beside the product") {
  Problem p = make_problem("mf", Task::rating);
  p.model.additive_bias = true;
  check_against_reference(p, 60);
}

TEST_CASE("losses, activations, weights and penalties") {
  for (const Activation activation : {Activation::relu, Activation::bounded}) {
    check_against_reference(make_problem("nn", Task::rating, {}, activation), 40);
    check_against_reference(make_problem("mf", Task::rating, {}, activation), 40);
  }
  Problem weighted = make_problem("mf", Task::interaction);
  weighted.settings.class_weight[0] = 2.5f;
  weighted.settings.l2 = 0.05f;
  check_against_reference(weighted, 40);
  Problem hybrid = make_problem("hybrid", Task::hybrid, {}, Activation::relu);
  hybrid.settings.class_weight[0] = 2.5f;
  hybrid.settings.l2 = 0.05f;
  check_against_reference(hybrid, 40);
}

TEST_CASE("stacks of hidden layers and odd widths") {
  for (const int dim : {1, 3, 15, 16, 17, 64, 100}) {
    CAPTURE(dim);
    ProblemSize size;
    size.dim = dim;
    size.hidden = {dim + 2, 5, 9};
    check_against_reference(make_problem("mf", Task::rating, size), 15);
    check_against_reference(make_problem("hybrid", Task::hybrid, size), 15);
  }
}

TEST_CASE("dropout rates of one to eight planes, and none") {
  for (const double p : {0.0, 0.25, 0.3, 0.5, 0.9, 1 / 256.0}) {
    CAPTURE(p);
    Problem problem = make_problem("mf", Task::rating, {.dim = 20});
    problem.settings.dropout = dropout_rate(p);
    check_against_reference(problem, 20);
    problem = make_problem("nn", Task::rating, {.dim = 20});
    problem.settings.dropout = dropout_rate(p);
    check_against_reference(problem, 20);
  }
}

TEST_CASE("schedules") {
  Problem p = make_problem("mf", Task::rating);
  p.settings.rate.warmup_steps = 20;
  p.settings.rate.schedule = Schedule::cosine;
  p.settings.rate.total_steps = 60;
  check_against_reference(p, 60);
  p.settings.rate.schedule = Schedule::step;
  p.settings.rate.decay_every = 7;
  check_against_reference(p, 60);
}

TEST_CASE("batches of one, of one single user, and larger than the data") {
  ProblemSize size;
  size.batch = 1;
  check_against_reference(make_problem("nn", Task::rating, size), 50);
  size.batch = 1000;
  check_against_reference(make_problem("mf", Task::rating, size), 20);
  check_against_reference(make_problem("nn", Task::rating, size), 20);
  // A last batch of 263, which is cut into more tiles than a full one of 512.
  size.batch = 512;
  size.rows = 512 + 263;
  check_against_reference(make_problem("mf", Task::rating, size), 6);
  check_against_reference(make_problem("hybrid", Task::hybrid, size), 6);
  size = {};
  size.users = 23;
  Problem one_user = make_problem("mf", Task::rating, size);
  for (Sample& sample : one_user.samples.rows) sample.user = 5;
  check_against_reference(one_user, 20);
}

// Products over so many samples are cut along them into several slices and a rest.
TEST_CASE("a batch so deep that its weights' gradients come in slices") {
  ProblemSize size;
  size.dim = 16;
  size.hidden = {64};
  size.rows = 1100 + 1024;
  size.batch = 1100;
  check_against_reference(make_problem("nn", Task::rating, size), 4);
  check_against_reference(make_problem("hybrid", Task::hybrid, size), 4);
}

// Layers so wide that 1,024 samples are a slice. A batch is two whole ones and a rest, or two alone; the last
// batch of a pass is one and a rest, or a rest alone.
TEST_CASE("batches of several slices of the dense layers") {
  const auto check = [](const char* model, Task task, std::vector<int> hidden, std::uint32_t batch,
                        std::uint32_t last) {
    CAPTURE(model);
    CAPTURE(hidden.size());
    ProblemSize size;
    size.hidden = std::move(hidden);
    size.batch = batch;
    size.rows = batch + last;
    Problem p = make_problem(model, task, size);
    REQUIRE(dense_slice_samples(p.model) == 1024);
    p.settings.l2 = 0.02f;
    check_against_reference(p, 2);
  };
  check("nn", Task::rating, {1024}, 2300, 1064);
  check("nn", Task::interaction, {800, 9}, 2048 + 33, 1024 + 1);
  check("hybrid", Task::hybrid, {1024}, 2048, 300);
}

TEST_CASE("products of rounded factors stay near") {
  ProblemSize size;
  size.dim = 16;
  size.hidden = {64, 32};
  size.rows = size.batch = 1100;
  Problem p = make_problem("nn", Task::rating, size);
  ReferenceTrainer reference(p.model, p.settings, p.start, p.samples);
  const std::vector<double> losses = losses_of(reference, 20);
  // Of a factor's 8, 11 and 24 bits.
  for (const auto& [math, near] : {std::pair{Math::bf16, 0.03}, {Math::tf32, 0.004}, {Math::fp32, 1e-5}}) {
    CAPTURE(near);
    p.settings.math = math;
    for (const PresentEngine& present : present_engines()) {
      CAPTURE(present.name);
      check_losses(*present.make(p.model, p.settings), p, reference, losses, near);
    }
  }
}

TEST_CASE("rows in the order of the file where nothing is shuffled") {
  Problem p = make_problem("mf", Task::rating);
  p.settings.shuffle = false;
  ReferenceTrainer reference(p.model, p.settings, p.start, p.samples);
  CHECK(reference.batch_of(2) == [] {
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 32; i < 64; ++i) expected.push_back(i);
    return expected;
  }());
  check_against_reference(p, 20);
}
