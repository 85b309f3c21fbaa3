#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "commands/command_table.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "formulas/permutation.h"
#include "formulas/philox.h"
#include "interrupt.h"
#include "parallel/team.h"

namespace anirec {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::ordered_json;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Bytes read and written a second when copying memory that no cache holds: what row traffic is measured against.
double copy_rate(Team& team) {
  constexpr std::size_t size = std::size_t{1} << 28, piece = std::size_t{1} << 20;
  std::vector<char> from(size, 1), to(size, 2);
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    const Clock::time_point start = Clock::now();
    team.for_ranges(size, piece, [&](std::size_t begin, std::size_t end, int) {
      std::memcpy(to.data() + begin, from.data() + begin, end - begin);
    });
    best = std::max(best, 2.0 * static_cast<double>(size) / seconds_since(start));
  }
  return best;
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
    const Words4 r = philox(42, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32), 0, purpose_synthetic);
    const float rating = 1.0f + static_cast<float>(r.word[2] % 10);
    samples.rows[i] = {index(r.word[0], 2.0, users), index(r.word[1], 2.5, items), rating, rating > 5 ? 1.0f : 0.0f};
  }
  samples.train = {0, rows};
  samples.validation = samples.test = {rows, rows};
  return samples;
}

// Distinct rows of a batch, on average over the first batches: what the row traffic of a step is made of.
double distinct_rows(const Samples& samples, std::uint32_t batch, bool of_users) {
  const std::uint64_t batches = std::min<std::uint64_t>(8, std::max<std::uint64_t>(1, samples.rows.size() / batch));
  double distinct = 0;
  for (std::uint64_t b = 0; b < batches; ++b) {
    std::vector<bool> seen(of_users ? samples.users : samples.items);
    for (std::uint64_t i = b * batch; i < std::min<std::uint64_t>((b + 1) * batch, samples.rows.size()); ++i) {
      const std::uint32_t row = of_users ? samples.rows[i].user : samples.rows[i].item;
      distinct += !seen[row];
      seen[row] = true;
    }
  }
  return distinct / static_cast<double>(batches);
}

struct BenchSizes {
  std::uint32_t users, items;
  std::uint64_t rows;
  double seconds;
};

ordered_json bench_training(const std::string& name, std::uint32_t batch, const TrainConfig& options,
                            const DeviceChoice& device, const BenchSizes& sizes, double rate) {
  TrainConfig config = options;
  config.model = name;
  config.task = name == "hybrid" ? "hybrid" : "rating";
  config.batch_size = batch;
  const Samples samples = long_tailed_samples(sizes.users, sizes.items, sizes.rows, config_task(config));
  const ModelConfig model = config_model(config, sizes.users, sizes.items, {1, 10});
  const TrainSettings settings = config_settings(config, samples.train.size());
  const std::unique_ptr<Engine> engine = open_engine(device, model, settings, config.threads);
  engine->load(initial_parameters(model, 42, InitBias::mean, {5.5, 0.5}), nullptr);
  engine->attach(samples);

  std::uint64_t step = 0;
  const std::uint64_t piece = std::max<std::uint64_t>(1, (1u << 17) / batch);
  TrainSums sums;
  const auto train_for = [&](double seconds) {
    const Clock::time_point start = Clock::now();
    const std::uint64_t first = step;
    do {
      throw_if_interrupted();
      engine->train({step_begin(step + 1, samples.train.size(), batch), step_begin(step + piece + 1, samples.train.size(), batch)}, sums);
      step += piece;
    } while (seconds_since(start) < seconds);
    return seconds_since(start) / static_cast<double>(step - first);
  };
  train_for(sizes.seconds / 4);  // caches, clocks, tables
  const double a_step = train_for(sizes.seconds);

  // A row's parameters and moments are read and written once a step.
  const double columns = settings.optimizer == Optimizer::adam || settings.optimizer == Optimizer::lazy_adam ? 3 : settings.optimizer == Optimizer::adagrad ? 2 : 1;
  const double row_bytes = columns * 4.0 * (model.dim + (model.has_row_bias() ? 1 : 0));
  const double users = distinct_rows(samples, batch, true), items = distinct_rows(samples, batch, false);
  const double bytes = 2 * row_bytes * (users + items);
  return {{"model", name},
          {"batch_size", batch},
          {"dim", model.dim},
          {"optimizer", config.optimizer},
          {"dropout", config.dropout},
          {"device", engine->describe()},
          {"step_microseconds", a_step * 1e6},
          {"samples_per_second", batch / a_step},
          {"distinct_users", users},
          {"distinct_items", items},
          {"row_bytes_per_step", bytes},
          {"row_bytes_per_second", bytes / a_step},
          {"share_of_copy_rate", bytes / a_step / rate}};
}

std::vector<std::string> list_of(const Arguments& arguments, const std::string& name, const std::string& otherwise) {
  const std::string text = arguments.text(name, otherwise);
  if (text.empty()) throw UsageError("--" + name + " is empty; give names or numbers separated by commas, " + otherwise + " say");
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

ExitCode run(const Arguments& arguments) {
  if (!arguments.positional.empty()) throw UsageError(printable(arguments.positional[0], 60) + ": bench takes options only (anirec help bench)");
  TrainConfig options;
  Arguments others = arguments;
  others.given.erase("batch-size");
  others.given.erase("model");
  apply_flags(options, others);
  const DeviceChoice device = choose_device(options.device);
  const BenchSizes sizes = {static_cast<std::uint32_t>(arguments.number("users", 31000, 1, 4000000000)),
                            static_cast<std::uint32_t>(arguments.number("items", 6000, 1, 4000000000)),
                            arguments.number("rows", 2000000, 1, 4000000000),
                            static_cast<double>(arguments.number("seconds", 2, 1, 600))};
  const std::vector<std::string> models = list_of(arguments, "model", "mf,nn,hybrid");
  std::vector<std::uint32_t> batches;
  for (const std::string& batch : list_of(arguments, "batch-size", "64,1024,65536")) {
    Arguments one;
    one.given["batch-size"] = batch;
    batches.push_back(static_cast<std::uint32_t>(one.number("batch-size", 0, 1, 1 << 24)));
  }
  Team team(threads_or_default(options.threads));
  const double rate = copy_rate(team);
  ordered_json out = {{"anirec", ANIREC_VERSION}, {"threads", team.size()}, {"users", sizes.users}, {"items", sizes.items},
                      {"rows", sizes.rows}, {"copy_bytes_per_second", rate}, {"steps", ordered_json::array()}};
  for (const std::string& model : models)
    for (const std::uint32_t batch : batches)
      out["steps"].push_back(bench_training(model, batch, options, device, sizes, rate));
  std::printf("%s\n", out.dump(2).c_str());
  return ExitCode::ok;
}

}  // namespace

CommandSpec bench_command() {
  std::vector<OptionSpec> options = {{"model", "LIST", "models to time", "mf,nn,hybrid"},
                                     {"batch-size", "LIST", "batch sizes to time", "64,1024,65536"},
                                     {"users", "N", "rows of the user table", "31000"},
                                     {"items", "N", "rows of the item table", "6000"},
                                     {"rows", "N", "samples", "2000000"},
                                     {"seconds", "N", "to time each for, after a warm-up of a quarter", "2"}};
  for (const OptionSpec& option : config_flags({"dim", "hidden", "dropout", "optimizer", "device", "threads", "math"})) options.push_back(option);
  return {"bench",
          "anirec bench [--model LIST] [--batch-size LIST]",
          "training steps timed on this machine, as JSON",
          options,
          {"anirec bench --model mf --batch-size 1024"},
          run,
          "Samples are long-tailed on both sides. share_of_copy_rate sets the bytes of parameters and moments that a "
          "step must read and write against what copying memory reaches here; caches make shares above 1 possible."};
}

}  // namespace anirec
