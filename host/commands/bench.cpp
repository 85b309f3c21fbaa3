#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "commands/command_table.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "commands/step_bytes.h"
#include "formulas/permutation.h"
#include "formulas/philox.h"
#include "interrupt.h"
#include "parallel/team.h"

namespace anirec {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::ordered_json;

constexpr const char *standard_models = "mf,nn,hybrid", *standard_batches = "64,1024,65536";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Ratings of `users` × `items` with long tails on both sides; what they are does not matter for speed.
Samples long_tailed_samples(std::uint32_t users, std::uint32_t items, std::uint64_t rows, Task task) {
  Samples samples;
  samples.users = users;
  samples.items = items;
  samples.task = task;
  samples.rows.resize(rows);
  // Indices are scattered, so that neighbours in popularity are no neighbours in memory.
  const PermutationKey scatter = permutation_key(1, 2, 3, purpose_synthetic);
  const auto index = [&](std::uint32_t word, double power, std::uint32_t n) {
    const double u = std::pow(static_cast<double>(word) * 0x1p-32, power);
    return permuted_index(std::min(n - 1, static_cast<std::uint32_t>(u * n)), n, permutation_bits(n), scatter);
  };
  for (std::uint64_t i = 0; i < rows; ++i) {
    const Words4 r =
        philox(42, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32), 0, purpose_synthetic);
    const float rating = 1.0f + static_cast<float>(r.word[2] % 10);
    samples.rows[i] = {index(r.word[0], 2.0, users), index(r.word[1], 2.5, items), rating,
                       rating > 5 ? 1.0f : 0.0f};
  }
  samples.train = {0, rows};
  samples.validation = samples.test = {rows, rows};
  return samples;
}

struct RowShare {
  double distinct = 0;  // rows of a batch
  double in_long = 0;   // share of the samples whose row has more than step_tile_samples
};

// What the row traffic of a step is made of, on average over the first batches.
RowShare row_share(const Samples& samples, std::uint32_t batch, bool of_users) {
  const std::uint64_t rows = samples.rows.size();
  const std::uint64_t batches = std::min<std::uint64_t>(8, std::max<std::uint64_t>(1, rows / batch));
  const std::uint64_t counted = std::min(rows, batches * batch);
  RowShare share;
  for (std::uint64_t begin = 0; begin < counted; begin += batch) {
    std::map<std::uint32_t, std::uint32_t> count;
    for (std::uint64_t i = begin; i < std::min(begin + batch, counted); ++i)
      ++count[of_users ? samples.rows[i].user : samples.rows[i].item];
    share.distinct += static_cast<double>(count.size());
    for (const auto& [row, n] : count) share.in_long += n > step_tile_samples ? n : 0;
  }
  return {share.distinct / static_cast<double>(batches), share.in_long / static_cast<double>(counted)};
}

struct BenchSizes {
  std::uint32_t users, items;
  std::uint64_t rows;
  double seconds;
};

// What is the same for all that is timed. Samples are made once a task, the copy rate is measured on the first
// engine.
struct Bench {
  TrainConfig options;
  DeviceChoice device;
  BenchSizes sizes;
  std::map<Task, Samples> samples;
  double copy_rate = 0;

  const Samples& samples_of(Task task) {
    auto [found, is_new] = samples.try_emplace(task);
    if (is_new) found->second = long_tailed_samples(sizes.users, sizes.items, sizes.rows, task);
    return found->second;
  }
};

struct TimedSteps {
  double seconds;      // a step
  std::uint64_t next;  // the step that comes next
};

// A call of train() spans as many steps as take a good while: engines look ahead inside a call.
TimedSteps time_steps(Engine& engine, std::uint64_t samples, std::uint32_t batch, double seconds) {
  std::uint64_t step = 0, piece = std::max<std::uint64_t>(1, (1u << 17) / batch);
  TrainSums sums;
  const auto train_for = [&](double wanted) {
    const Clock::time_point start = Clock::now();
    const std::uint64_t first = step;
    do {
      throw_if_interrupted();
      const Clock::time_point called = Clock::now();
      engine.train({step_begin(step + 1, samples, batch), step_begin(step + piece + 1, samples, batch)}, sums);
      step += piece;
      if (sums.first_bad_step != 0)
        throw std::runtime_error(
            "bench: the loss became infinite, so what follows is no training; change --optimizer or --dropout");
      if (seconds_since(called) < wanted / 8) piece *= 2;
    } while (seconds_since(start) < wanted);
    return seconds_since(start) / static_cast<double>(step - first);
  };
  train_for(seconds / 4);  // caches, clocks, tables, graphs
  const double a_step = train_for(seconds);
  return {a_step, step + 1};
}

// Seconds a step of each phase, over about a window of samples; nothing where the engine has no phases.
std::vector<PhaseTime> phase_times(Engine& engine, std::uint64_t samples, std::uint32_t batch,
                                   std::uint64_t step) {
  const std::uint64_t steps = std::clamp<std::uint64_t>((1u << 20) / batch, 16, 2048);
  TrainSums sums;
  std::vector<PhaseTime> times =
      engine.time_phases({step_begin(step, samples, batch), step_begin(step + steps, samples, batch)}, sums);
  for (PhaseTime& time : times) time.seconds /= static_cast<double>(steps);
  return times;
}

// Bytes and bound of each phase, in the order of the step, beside what it was measured to take.
ordered_json phases_json(const ModelConfig& model, const StepShape& shape, std::vector<PhaseTime> measured,
                         double copy_rate) {
  ordered_json phases = ordered_json::array();
  const auto add_time = [](ordered_json& phase, double seconds) { phase["microseconds"] = seconds * 1e6; };
  for (const PhaseBytes& phase : step_bytes(model, shape)) {
    ordered_json of = {
        {"name", phase.name}, {"bytes", phase.bytes}, {"bound_microseconds", phase.bytes / copy_rate * 1e6}};
    const auto found = std::find_if(measured.begin(), measured.end(), [&](const PhaseTime& time) {
      return std::string_view(time.name) == phase.name;
    });
    if (found != measured.end()) {
      add_time(of, found->seconds);
      if (phase.bytes > 0) of["share_of_copy_rate"] = phase.bytes / found->seconds / copy_rate;
      measured.erase(found);
    }
    phases.push_back(of);
  }
  for (const PhaseTime& rest : measured) {  // whose bytes are few
    phases.push_back({{"name", rest.name}});
    add_time(phases.back(), rest.seconds);
  }
  return phases;
}

ordered_json bench_training(Bench& bench, const std::string& name, std::uint64_t dim, std::uint32_t batch) {
  TrainConfig config = bench.options;
  config.model = name;
  config.task = name == "hybrid" ? "hybrid" : "rating";
  config.dim = dim;
  config.batch_size = batch;
  const Samples& samples = bench.samples_of(config_task(config));
  const ModelConfig model = config_model(config, bench.sizes.users, bench.sizes.items, {1, 10});
  const TrainSettings settings = config_settings(config, samples.train.size());
  const std::unique_ptr<Engine> engine = open_engine(bench.device, model, settings, config.threads);
  if (bench.copy_rate == 0) bench.copy_rate = engine->copy_rate();
  engine->load(initial_parameters(model, 42, InitBias::mean, {5.5, 0.5}), nullptr);
  engine->attach(samples);
  const TimedSteps timed = time_steps(*engine, samples.train.size(), batch, bench.sizes.seconds);
  const double a_step = timed.seconds;
  const std::vector<PhaseTime> measured = phase_times(*engine, samples.train.size(), batch, timed.next);

  const std::uint32_t mask_bytes =
      settings.dropout.threshold == 0 ? 0 : static_cast<std::uint32_t>((2 * model.dim + 127) / 128 * 16);
  const RowShare users = row_share(samples, batch, true), items = row_share(samples, batch, false);
  const StepShape shape = {batch,         users.distinct, items.distinct,    users.in_long,
                           items.in_long, mask_bytes,     settings.optimizer};
  const double bytes = row_bytes(model, shape);
  return {{"model", name},
          {"batch_size", batch},
          {"dim", model.dim},
          {"optimizer", config.optimizer},
          {"dropout", config.dropout},
          {"device", engine->describe()},
          {"step_microseconds", a_step * 1e6},
          {"samples_per_second", batch / a_step},
          {"distinct_users", shape.users},
          {"distinct_items", shape.items},
          {"row_bytes_per_step", bytes},
          {"row_bytes_per_second", bytes / a_step},
          {"share_of_copy_rate", bytes / a_step / bench.copy_rate},
          {"phases", phases_json(model, shape, measured, bench.copy_rate)}};
}

std::vector<std::string> list_of(const Arguments& arguments, const std::string& name,
                                 const std::string& otherwise) {
  const std::string text = arguments.text(name, otherwise);
  if (text.empty())
    throw UsageError("--" + name + " is empty; give names or numbers separated by commas, " + otherwise + " say");
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

std::vector<std::uint64_t> numbers_of(const Arguments& arguments, const std::string& name,
                                      const std::string& otherwise, std::uint64_t high) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& text : list_of(arguments, name, otherwise)) {
    Arguments one;
    one.given[name] = text;
    numbers.push_back(one.number(name, 0, 1, high));
  }
  return numbers;
}

ExitCode run_bench(const Arguments& arguments) {
  if (!arguments.positional.empty())
    throw UsageError(printable(arguments.positional[0], 60) + ": bench takes options only (anirec help bench)");
  Bench bench;
  Arguments others = arguments;
  for (const char* list : {"batch-size", "dim", "model"}) others.given.erase(list);
  apply_flags(bench.options, others);
  bench.device = choose_device(bench.options.device);
  bench.sizes = {static_cast<std::uint32_t>(arguments.number("users", 31000, 1, 4000000000)),
                 static_cast<std::uint32_t>(arguments.number("items", 6000, 1, 4000000000)),
                 arguments.number("rows", 2000000, 1, 4000000000),
                 static_cast<double>(arguments.number("seconds", 2, 1, 600))};
  const std::vector<std::string> models = list_of(arguments, "model", standard_models);
  const std::vector<std::uint64_t> dims = numbers_of(arguments, "dim", "64", max_width);
  const std::vector<std::uint64_t> batches = numbers_of(arguments, "batch-size", standard_batches, 1 << 24);
  ordered_json steps = ordered_json::array();
  for (const std::string& model : models)
    for (const std::uint64_t dim : dims)
      for (const std::uint64_t batch : batches)
        steps.push_back(bench_training(bench, model, dim, static_cast<std::uint32_t>(batch)));
  const ordered_json out = {{"anirec", ANIREC_VERSION},
                            {"threads", threads_or_default(bench.options.threads)},
                            {"users", bench.sizes.users},
                            {"items", bench.sizes.items},
                            {"rows", bench.sizes.rows},
                            {"copy_bytes_per_second", bench.copy_rate},
                            {"steps", steps}};
  std::printf("%s\n", out.dump(2).c_str());
  return ExitCode::ok;
}

}  // namespace

CommandSpec bench_command() {
  std::vector<OptionSpec> options = {{"model", "LIST", "models to time", standard_models},
                                     {"dim", "LIST", "embedding widths to time", "64"},
                                     {"batch-size", "LIST", "batch sizes to time", standard_batches},
                                     {"users", "N", "rows of the user table", "31000"},
                                     {"items", "N", "rows of the item table", "6000"},
                                     {"rows", "N", "samples", "2000000"},
                                     {"seconds", "N", "to time each for, after a warm-up of a quarter", "2"}};
  for (const OptionSpec& option : config_flags({"hidden", "dropout", "optimizer", "device", "threads", "math"}))
    options.push_back(option);
  return {
      "bench",
      "anirec bench [--model LIST] [--dim LIST] [--batch-size LIST]",
      "training steps timed on this machine, as JSON",
      options,
      {"anirec bench --model mf --batch-size 1024"},
      run_bench,
      "Samples are long-tailed on both sides. share_of_copy_rate sets the bytes of parameters and moments that a "
      "step must read and write against what copying its memory reaches on the device; caches make shares above 1 "
      "possible. phases has the bytes that each part of a step on a GPU must move, named as in a profiler's "
      "timeline (docs/profiling.md), and the time they take at the copy rate; on a GPU also the time each was "
      "measured "
      "to take, launched one by one, and its share of the copy rate."};
}

}  // namespace anirec
