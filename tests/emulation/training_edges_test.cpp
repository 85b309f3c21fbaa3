// The CUDA engine where its kernels' guards decide: sizes beside blocks, tiles, lanes and tables. Small enough to
// be watched. tools/mutate_kernels shows that each guard is needed by some of these, or by the tests of
// tests/engines/.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cuda/step.h"
#include "device_arrays.h"
#include "edges.h"
#include "engine/catch_up_table.h"
#include "engines/against_reference.h"

using namespace anirec;

namespace {

// Trains in one call, so that all memory of the window is in use, and compares with the reference.
void check_training(const Problem& p, std::uint64_t steps) {
  ReferenceTrainer reference(p.model, p.settings, p.start, p.samples);
  double loss = 0;
  for (std::uint64_t step = 1; step <= steps; ++step) {
    const auto batch = reference.batch_of(step);
    loss += reference.step(batch) * static_cast<double>(batch.size());
  }
  const std::unique_ptr<Engine> engine = engine_for(p);
  engine->attach(p.samples);
  TrainSums sums;
  engine->train(first_steps(p, steps), sums);
  CHECK(sums.loss == doctest::Approx(loss).epsilon(1e-5));
  Parameters trained;
  engine->read(trained);
  check_parameters(trained, reference, p.start);
}

// One user in 100 of 103 samples: four tiles, the last one of 4.
Problem long_runs(const char* model, Task task, int dim) {
  ProblemSize size;
  size.rows = 103;
  size.batch = 103;
  size.dim = dim;
  size.hidden = {33, 5};
  Problem p = make_problem(model, task, size);
  for (std::size_t i = 3; i < p.samples.rows.size(); ++i) p.samples.rows[i].user = 4;
  return p;
}

}  // namespace

TEST_CASE("rows of every shape, with lanes that have nothing to do") {
  // Pieces of four: 1 to 2, 3 (L = 4), 9 (L = 16), 17 (L = 32), 33 and 65 (2 and 4 a lane).
  for (const int dim : {1, 5, 9, 12, 35, 68, 130, 257}) {
    CAPTURE(dim);
    check_training(long_runs("mf", Task::rating, dim), 2);
    check_training(long_runs("hybrid", Task::hybrid, dim), 2);
  }
}

TEST_CASE("every optimizer on rows with idle lanes and runs of several tiles") {
  for (const Optimizer optimizer :
       {Optimizer::adam, Optimizer::lazy_adam, Optimizer::adagrad, Optimizer::rowwise_adagrad, Optimizer::sgd})
    for (const bool additive : {false, true})
      for (const int dim : {9, 21}) {
        CAPTURE(static_cast<int>(optimizer));
        CAPTURE(dim);
        Problem p = long_runs("mf", Task::interaction, dim);
        p.model.additive_bias = additive;
        p.settings.optimizer = optimizer;
        p.settings.l2 = 0.01f;
        if (optimizer == Optimizer::sgd) p.settings.rate.base = 0.2;  // or it hardly moves at all
        check_training(p, 3);
        if (additive) continue;
        p = long_runs("nn", Task::rating, dim);
        p.settings.optimizer = optimizer;
        p.settings.rate.base = 0.02;
        p.settings.l2 = 0.01f;
        check_training(p, 3);
      }
}

TEST_CASE("batches beside the sizes of blocks and parts, with and without penalty") {
  for (const std::uint32_t batch : {1u, 31u, 32u, 33u, 63u, 64u, 65u, 255u, 256u, 257u})
    for (const float l2 : {0.0f, 0.02f}) {
      CAPTURE(batch);
      ProblemSize size;
      size.batch = batch;
      size.rows = batch + batch / 2 + 1;
      size.hidden = {5};
      Problem p = make_problem("mf", Task::rating, size);
      p.settings.l2 = l2;
      check_training(p, 3);
      p = make_problem("nn", Task::interaction, size);
      p.settings.l2 = l2;
      check_training(p, 3);
    }
}

TEST_CASE("batches of several slices, with and without penalty") {
  Problem p = sliced_problem("hybrid", Task::hybrid);
  check_training(p, 3);
  p.settings.l2 = 0.02f;
  check_training(p, 1);
}

TEST_CASE("a window that fills its memory to the last place") {
  // All users and all items of a batch differ: as many runs as samples, and as many tiles.
  for (const std::uint32_t rows : {64u, 256u}) {
    ProblemSize size;
    size.users = size.items = rows;
    size.rows = rows;
    size.batch = rows;
    Problem p = make_problem("mf", Task::rating, size);
    for (std::uint32_t i = 0; i < rows; ++i) p.samples.rows[i].user = p.samples.rows[i].item = i;
    check_training(p, 2);
    p.model.users = p.model.items = 1;
    p.start = initial_parameters(p.model, 7, InitBias::mean, {5.5, 0.5});
    for (Sample& sample : p.samples.rows) sample.user = sample.item = 0;
    check_training(p, 2);
  }
}

TEST_CASE("figures of a batch, with scores of exactly 0") {
  for (const bool zeros : {false, true}) {
    ProblemSize size;
    size.rows = size.batch = 300;  // two parts
    Problem p = make_problem("hybrid", Task::hybrid, size);
    p.settings.dropout = dropout_rate(0);
    p.settings.shuffle = false;
    if (zeros) std::fill(p.start.dense.begin(), p.start.dense.end(), 0.0f);
    const std::unique_ptr<Engine> engine = engine_for(p);
    engine->attach(p.samples);
    std::vector<std::uint32_t> users, items;
    for (const Sample& sample : p.samples.rows) {
      users.push_back(sample.user);
      items.push_back(sample.item);
    }
    Scores scores;
    engine->predict(users, items, scores);
    TrainSums expected, sums;
    const std::size_t label = p.model.heads[0].target == Target::label ? 0 : 1, rating = 1 - label;
    for (std::size_t i = 0; i < users.size(); ++i) {
      const Sample& sample = p.samples.rows[i];
      const double error = static_cast<double>(head_score(scores, rating, i) - sample.rating);
      expected.squared_error += error * error;
      expected.absolute_error += std::fabs(error);
      const float score = head_score(scores, label, i);
      expected.cross_entropy += static_cast<double>(cross_entropy(score, sample.label).loss);
      (score > 0 ? (sample.label > 0 ? expected.true_positive : expected.false_positive)
                 : (sample.label > 0 ? expected.false_negative : expected.true_negative)) += 1;
    }
    engine->train(first_steps(p, 1), sums);
    CHECK(sums.squared_error == doctest::Approx(expected.squared_error).epsilon(1e-5));
    CHECK(sums.absolute_error == doctest::Approx(expected.absolute_error).epsilon(1e-5));
    CHECK(sums.cross_entropy == doctest::Approx(expected.cross_entropy).epsilon(1e-5));
    CHECK(sums.true_positive == expected.true_positive);
    CHECK(sums.false_positive == expected.false_positive);
    CHECK(sums.true_negative == expected.true_negative);
    CHECK(sums.false_negative == expected.false_negative);
    CHECK((zeros ? sums.false_negative : sums.true_positive) > 0);
  }
}

TEST_CASE("rows that waited for any number of steps, as the table of waits says") {
  const std::vector<std::uint32_t> waits = {0, 1, 2, 77, 1023, 1024, 1025, 70000, 131071, 131072, 131073, 200000};
  constexpr std::uint32_t now = 262'000, never = 3;
  ProblemSize size;
  size.users = static_cast<std::uint32_t>(waits.size());
  size.items = 9;
  size.dim = 9;
  size.rows = size.batch = size.users - 1;
  for (const char* model : {"mf", "nn"}) {
    Problem p = make_problem(model, Task::rating, size);
    p.settings.dropout = dropout_rate(0);
    p.model.additive_bias = p.model.name == "mf";
    OptimizerState state;
    state.first = state.second = p.start;
    const auto fill = [](std::vector<float>& values, float by) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = by * static_cast<float>(1 + i % 7);
    };
    fill(state.first.user_embedding, 1e-2f);
    fill(state.second.user_embedding, 1e-3f);
    fill(state.first.user_bias, 1e-2f);
    fill(state.second.user_bias, 1e-3f);
    // Items, and all behind them, are 0: no score moves, no gradient comes.
    for (std::vector<float>* values : {&p.start.item_embedding, &p.start.item_bias, &p.start.dense,
                                       &state.first.item_embedding, &state.first.item_bias, &state.first.dense,
                                       &state.second.item_embedding, &state.second.item_bias, &state.second.dense})
      std::fill(values->begin(), values->end(), 0.0f);
    state.step = now;
    for (const std::uint32_t wait : waits) state.user_last_step.push_back(now - wait);
    state.item_last_step.assign(size.items, 0);
    state.user_last_step[never] = 0;
    for (std::uint32_t i = 0; i < size.rows; ++i) p.samples.rows[i] = {i, i % size.items, 0, 0};
    CatchUpTable table(p.settings.rate);
    table.extend(now + 1);

    const std::unique_ptr<Engine> engine = engine_for(p, &state);
    Parameters looked, raw;
    engine->read(looked);
    const std::size_t dim = static_cast<std::size_t>(size.dim);
    for (std::uint32_t u = 0; u < size.users; ++u) {
      CAPTURE(waits[u]);
      const CatchUp by = u == never ? CatchUp{} : table.between(now - waits[u], now);
      for (std::size_t e = u * dim; e < (u + 1) * dim; ++e)
        CHECK(looked.user_embedding[e] == catch_up(p.start.user_embedding[e], state.first.user_embedding[e],
                                                   state.second.user_embedding[e], by));
      if (p.model.additive_bias)
        CHECK(looked.user_bias[u] ==
              catch_up(p.start.user_bias[u], state.first.user_bias[u], state.second.user_bias[u], by));
    }
    if (p.model.name != "mf") continue;  // a step without any gradient needs the biases of nobody
    p.start.user_bias.assign(size.users, 0.0f);
    state.first.user_bias.assign(size.users, 0.0f);
    engine->load(p.start, &state);
    engine->attach(p.samples);
    TrainSums sums;
    const std::uint64_t at = std::uint64_t{now} * p.samples.train.size();
    engine->train({at, at + p.samples.train.size()}, sums);
    CHECK(sums.squared_error == 0);
    OptimizerState after;
    engine->read_state(raw, after);
    CHECK(after.user_last_step[0] == now + 1);
    CHECK(after.user_last_step.back() == now - waits.back());  // was in no batch
    for (std::uint32_t u = 0; u + 1 < size.users; ++u) {
      CAPTURE(waits[u]);
      const std::uint32_t steps = u == never ? now + 1 : waits[u] + 1;
      const CatchUp by = u == never ? CatchUp{} : table.between(now - waits[u], now);
      const AdamStep adam = {table.decay1(steps), table.decay2(steps), table.rate(now + 1)};
      for (std::size_t e = u * dim; e < (u + 1) * dim; ++e) {
        float w =
            catch_up(p.start.user_embedding[e], state.first.user_embedding[e], state.second.user_embedding[e], by);
        float m = state.first.user_embedding[e], v = state.second.user_embedding[e];
        adam_update(w, m, v, 0, adam);
        CHECK(after.first.user_embedding[e] == doctest::Approx(m));
        CHECK(after.second.user_embedding[e] == doctest::Approx(v));
        CHECK(raw.user_embedding[e] == doctest::Approx(w));
      }
    }
  }
}

TEST_CASE("a window over several chunks takes each position from its own") {
  // Chunks of any size will do; the window begins in the first, ends in the last, and fills its memory.
  const std::vector<std::uint32_t> sizes = {5, 1, 270, 40};
  constexpr std::uint32_t begin = 3, end = 300, batch = 64, first_index = 1000;
  const device::Stream stream;
  std::vector<device::Buffer<Sample>> samples_of;
  std::vector<cuda::WindowChunk> chunks;
  std::vector<std::uint32_t> expected;
  std::uint32_t position = 0, sample = 0;
  for (std::uint32_t c = 0; c < sizes.size(); ++c) {
    std::vector<Sample> samples(sizes[c]);
    for (Sample& s : samples) s = {sample++, c, 0, 0};
    samples_of.push_back(samples::on_device(samples, stream));
    const ChunkOrder order = {
        position, position, sizes[c], permutation_bits(sizes[c]), permutation_key(7, 0, c, purpose_order), true};
    for (std::uint32_t i = 0; i < sizes[c]; ++i) expected.push_back(sample_at(order, position + i));
    chunks.push_back({order, samples_of.back().data()});
    position += sizes[c];
  }
  const auto on_device = samples::on_device(chunks, stream);
  device::Buffer<Sample> fed(end - begin);
  device::Buffer<std::uint32_t> index(end - begin);
  cuda::FeedWindow feed = {};
  feed.chunks = on_device.data();
  feed.chunk_count = static_cast<std::uint32_t>(chunks.size());
  feed.first_position = begin;
  feed.size = end - begin;
  feed.batch = batch;
  feed.first_index = first_index;
  feed.fed = {fed.data(), index.data(), nullptr, 0};
  cuda::launch_feed(feed, stream);
  const auto rows = samples::to_host(fed, stream);
  const auto indices = samples::to_host(index, stream);
  for (std::uint32_t i = 0; i < end - begin; ++i) {
    CHECK(rows[i].user == expected[begin + i]);
    CHECK(indices[i] == first_index + expected[begin + i]);
  }
}

TEST_CASE("dense layers in every arithmetic, which are one in the emulation") {
  ProblemSize size;
  size.rows = 40;
  Problem p = make_problem("nn", Task::rating, size);
  for (const Math math : {Math::automatic, Math::fp32, Math::tf32, Math::bf16}) {
    p.settings.math = math;
    check_training(p, 2);
  }
}
