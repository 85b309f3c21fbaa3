// The CUDA engine on the emulated device: what only it can show. What every engine must do is in tests/engines/.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "cuda/cuda_engine.h"
#include "cuda/scoring.h"
#include "cuda/train_step.h"
#include "cuda/window.h"
#include "device/emulation.h"
#include "engine/dense_slice.h"
#include "engines/small_problem.h"
#include "error.h"

using namespace anirec;

namespace {

struct Trained {
  Parameters parameters;
  double loss;
  bool operator==(const Trained&) const = default;
};

Trained train(const Problem& p, std::uint64_t steps, std::uint64_t memory_limit = 0,
              std::string* about = nullptr) {
  const std::unique_ptr<Engine> engine = make_cuda_engine(p.model, p.settings, 0, memory_limit);
  engine->load(p.start, nullptr);
  engine->attach(p.samples);
  if (about != nullptr) *about = engine->describe();
  TrainSums sums;
  engine->train({0, step_begin(steps + 1, p.samples.train.size(), p.settings.batch_size)}, sums);
  Trained trained;
  engine->read(trained.parameters);
  trained.loss = sums.loss;
  return trained;
}

std::vector<Problem> small_problems() {
  ProblemSize size;
  size.rows = 90;
  size.batch = 20;  // five steps a pass, the last one short
  return {make_problem("mf", Task::rating, size), make_problem("hybrid", Task::hybrid, size)};
}

}  // namespace

TEST_CASE("no order of threads, blocks or streams changes a bit, nor does what memory held before") {
  for (const Problem& p : small_problems()) {
    CAPTURE(p.model.name);
    CHECK(emulation::same_under_schedules(6, [&] { return train(p, 12); }));
  }
}

TEST_CASE("nor with batches of several slices of the dense layers") {
  const Problem p = sliced_problem("nn", Task::rating);
  REQUIRE(dense_slice_samples(p.model) < p.settings.batch_size);
  CHECK(emulation::same_under_schedules(4, [&] { return train(p, 2); }));
}

// By what it allocates beside its products' workspaces, which the plan leaves to the reserve.
TEST_CASE("a step's memory is what the plan says") {
  for (const Problem& p : {small_problems()[0], small_problems()[1], sliced_problem("nn", Task::rating),
                           sliced_problem("hybrid", Task::hybrid)}) {
    CAPTURE(p.model.name);
    CAPTURE(p.settings.batch_size);
    const std::uint32_t batch = p.settings.batch_size, slice = dense_slice_samples(p.model);
    const std::uint32_t last = static_cast<std::uint32_t>(p.samples.train.size() % batch);
    const device::Stream stream;
    const auto table = [&](std::uint32_t rows) {
      return cuda::DeviceTable(rows, p.model.dim, p.model.has_row_bias(), p.settings.optimizer);
    };
    const cuda::DeviceTable users = table(p.model.users), items = table(p.model.items);
    cuda::DeviceDense dense(p.start.dense.size());
    std::vector<device::Gemm> products;
    const std::uint64_t before = device::allocated_bytes();
    for (std::size_t l = 0; l < p.model.hidden.size(); ++l)
      for (const std::uint32_t samples : std::set{std::min(batch, slice), batch % slice, last}) {
        const std::int64_t inputs = l == 0 ? 2 * p.model.dim : p.model.hidden[l - 1], width = p.model.hidden[l];
        for (const auto shape :
             {device::dense_forward, device::dense_input_gradient, device::dense_weight_gradient})
          products.emplace_back(shape(samples, inputs, width, device::GemmMath::fp32));
      }
    const std::uint64_t workspaces = device::allocated_bytes() - before;
    const cuda::TrainStep step(p.model, p.settings, users, items, dense, 2 * batch, last, device::GemmMath::fp32,
                               stream);
    const std::uint64_t taken = device::allocated_bytes() - before - 2 * workspaces;
    const std::uint64_t planned = cuda::TrainStep::bytes_needed(p.model, p.settings, 2 * batch);
    CHECK(taken >= planned);
    CHECK(taken <= planned + 8 * sizeof(cuda::PartialGradient));  // the list of the partial gradients
  }
}

TEST_CASE("looking takes the memory that the plan says") {
  ProblemSize many_items;  // so many that ranking takes more than predicting
  many_items.users = 10;
  many_items.items = 45000;
  many_items.dim = 1;
  many_items.hidden = {1};
  std::vector<Problem> problems = {make_problem("mf", Task::rating), make_problem("hybrid", Task::hybrid),
                                   make_problem("mf", Task::rating, many_items),
                                   make_problem("nn", Task::rating, many_items)};
  many_items.hidden = {1, 2};
  problems.push_back(make_problem("nn", Task::rating, many_items));
  for (const Problem& p : problems) {
    CAPTURE(p.model.name);
    CAPTURE(p.model.items);
    emulation::reset();
    const std::unique_ptr<Engine> engine = make_cuda_engine(p.model, p.settings, 0, 0);
    engine->load(p.start, nullptr);
    const auto look = [&](bool many) {
      std::vector<std::uint32_t> users(p.model.users);
      std::iota(users.begin(), users.end(), 0u);
      Ranked ranked;
      engine->rank(users, 1, nullptr, nullptr, ranked);
      const std::vector<std::uint32_t> pairs(many ? 65536 : 1, 0);
      Scores of_pairs;
      engine->predict(pairs, pairs, of_pairs);
    };
    const bool predicts = p.model.items < 100;  // what takes the most
    const std::uint64_t planned = device::allocated_bytes() + cuda::bytes_needed_to_look(p.model);
    emulation::set_memory(planned + 16384);  // beside it: numbers of a step, lists of items
    look(predicts);
    emulation::set_memory(planned - 65536);
    CHECK_THROWS_AS(look(predicts), DeviceError);
  }
  emulation::reset();
}

TEST_CASE("a failure of the device at any moment is one clear error") {
  const Problem p = small_problems()[0];
  const auto message_of = [&](auto inject, std::uint64_t nth) -> std::string {
    emulation::reset();
    inject(nth);
    std::string message;
    try {
      train(p, 6);
    } catch (const DeviceError& error) {
      message = error.what();
    }
    emulation::reset();
    return message;
  };
  int allocations = 0;
  for (std::uint64_t nth = 1; nth < 200; ++nth) {
    const std::string message = message_of(emulation::fail_allocation, nth);
    if (message.empty()) break;  // more than there are
    ++allocations;
    // Device memory is helped by smaller sizes, pinned memory by other means.
    CHECK(message.find("memory") != std::string::npos);
  }
  CHECK(allocations > 20);
  for (const std::uint64_t nth : {1, 5, 12, 20}) {
    CHECK(message_of(emulation::fail_launch, nth) != "");
    CHECK(message_of(emulation::lose_device, nth) != "");
  }
}

TEST_CASE("what does not fit is refused before it is tried") {
  const Problem p = small_problems()[0];
  CHECK_THROWS_WITH_AS(train(p, 1, 1000), doctest::Contains("--device-memory-limit"), DeviceError);
  Problem wide = p;
  wide.model.dim = 513;
  CHECK_THROWS_WITH_AS(make_cuda_engine(wide.model, wide.settings, 0, 0), doctest::Contains("--dim 513"),
                       UsageError);
}

TEST_CASE("streamed samples train the same bits as resident ones") {
  // More samples than the chunks that must fit at once.
  ProblemSize size;
  size.dim = 1;
  size.rows = 5 * order_chunk_size + 1000;
  size.batch = 1u << 16;
  Problem p = make_problem("mf", Task::rating, size);
  p.settings.optimizer = Optimizer::sgd;
  p.settings.dropout = dropout_rate(0);
  std::string resident_about, streamed_about;
  const Trained resident = train(p, 20, 0, &resident_about);
  // 16 MB a chunk; the windows and their plans take some 250 MB here.
  std::uint64_t limit = 100'000'000;
  Trained streamed;
  for (;; limit += 10'000'000) {
    try {
      streamed = train(p, 20, limit, &streamed_about);
      break;
    } catch (const DeviceError&) {
      REQUIRE(limit < 2'000'000'000);
    }
  }
  CHECK(resident_about.find("resident") != std::string::npos);
  CHECK(streamed_about.find("streamed") != std::string::npos);
  CHECK(streamed == resident);
}

TEST_CASE("a window's plan is the CPU's, row by row and sample by sample") {
  ProblemSize size;
  size.users = 3;  // some of their runs take several tiles
  size.rows = 500;
  size.batch = 64;
  const Problem p = make_problem("mf", Task::rating, size);
  const device::Stream stream;
  const std::uint32_t batches = 8, window_size = batches * size.batch;
  cuda::Window window(p.settings, p.model, batches);
  cuda::PlanScratch scratch(window_size);
  cuda::ChunkStore store(p.samples, 0, stream);
  CatchUpTable rates(p.settings.rate);
  rates.extend(20);
  const cuda::WindowRange range = {1, 0, 500, 9};  // the whole second pass, the last batch short
  window.plan(range, 500, 0, rates, store, scratch, stream);
  device::synchronize();

  const auto fetched = [](const auto* from, std::size_t count) {
    std::vector<std::remove_cvref_t<decltype(*from)>> values(count);
    const device::Stream copies;
    if (count == 0) return values;
    device::download(values.data(), from, count * sizeof values[0], copies, std::source_location::current());
    copies.synchronize();
    return values;
  };
  const auto steps = fetched(window.steps(), batches);
  const auto fed = fetched(window.fed().sample, 500);
  const auto index = fetched(window.fed().index, 500);
  for (std::uint32_t i = 0; i < 500; ++i) CHECK(fed[i].user == p.samples.rows[index[i]].user);
  CHECK(std::set<std::uint32_t>(index.begin(), index.end()).size() == 500);

  std::size_t long_runs_seen = 0;
  for (int side = 0; side < 2; ++side) {
    const cuda::PlanView& plan = window.plan_of(side);
    const std::uint32_t runs = steps[batches - 1].run_end[side], tiles = steps[batches - 1].tile_end[side];
    const auto place = fetched(plan.place, 500), row = fetched(plan.run_row, runs),
               begin = fetched(plan.run_begin, runs + 1);
    const auto run_tile = fetched(plan.run_tile, runs + 1), tile_run = fetched(plan.tile_run, tiles),
               tile_begin = fetched(plan.tile_begin, tiles + 1);
    for (std::uint32_t b = 0; b < batches; ++b) {
      const std::uint32_t first = b * size.batch, count = std::min(size.batch, 500 - first);
      CHECK(steps[b].size == count);
      std::map<std::uint32_t, std::vector<std::uint32_t>> expected_of, planned_of;
      for (std::uint32_t i = first; i < first + count; ++i)
        expected_of[side == 0 ? fed[i].user : fed[i].item].push_back(i);
      for (std::uint32_t r = steps[b].run_begin[side]; r < steps[b].run_end[side]; ++r) {
        CHECK(!planned_of.contains(row[r]));
        planned_of[row[r]].assign(place.begin() + begin[r], place.begin() + begin[r + 1]);
        // Its tiles cover the run, in order, none longer than a tile may be.
        std::uint32_t at = begin[r];
        for (std::uint32_t t = run_tile[r]; t < run_tile[r + 1]; ++t) {
          CHECK(tile_run[t] == r);
          CHECK(tile_begin[t] == at);
          at = std::min(at + cuda::tile_samples, begin[r + 1]);
        }
        CHECK(at == begin[r + 1]);
      }
      CHECK(planned_of == expected_of);
      // The lists of long runs and their tiles, in any order.
      std::set<std::uint32_t> expected_long;
      std::map<std::uint32_t, std::uint32_t> expected_tiles, listed_tiles;
      for (std::uint32_t r = steps[b].run_begin[side]; r < steps[b].run_end[side]; ++r) {
        if (run_tile[r + 1] - run_tile[r] < 2) continue;
        expected_long.insert(r);
        for (std::uint32_t t = run_tile[r]; t < run_tile[r + 1]; ++t) ++expected_tiles[t];
      }
      const auto run_list = fetched(plan.long_run + cuda::first_long_run(first), steps[b].long_runs[side]);
      const auto tile_list = fetched(plan.long_tile + cuda::first_long_tile(first), steps[b].long_tiles[side]);
      CHECK(run_list.size() == expected_long.size());
      CHECK(std::set<std::uint32_t>(run_list.begin(), run_list.end()) == expected_long);
      for (const std::uint32_t tile : tile_list) ++listed_tiles[tile];
      CHECK(listed_tiles == expected_tiles);
      long_runs_seen += expected_long.size();
    }
  }
  CHECK(long_runs_seen > 0);
}

TEST_CASE("timing the phases of steps trains the same bits") {
  for (const Problem& p : small_problems()) {
    CAPTURE(p.model.name);
    const std::unique_ptr<Engine> engine = make_cuda_engine(p.model, p.settings, 0, 0);
    engine->load(p.start, nullptr);
    engine->attach(p.samples);
    TrainSums sums;
    const std::uint64_t samples = p.samples.train.size();
    const std::uint32_t batch = p.settings.batch_size;
    std::set<std::string> names;
    double seconds = 0;
    for (const PhaseTime& phase : engine->time_phases({0, step_begin(8, samples, batch)}, sums)) {
      CHECK(names.insert(phase.name).second);
      CHECK(phase.seconds > 0);
      seconds += phase.seconds;
    }
    CHECK(names.contains("plan"));
    CHECK(names.contains("row update"));
    CHECK(seconds < 60);
    engine->train({step_begin(8, samples, batch), step_begin(13, samples, batch)}, sums);
    Trained timed;
    engine->read(timed.parameters);
    timed.loss = sums.loss;
    CHECK(timed == train(p, 12));
  }
}
