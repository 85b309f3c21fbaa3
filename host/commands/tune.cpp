#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <numeric>
#include <sstream>

#include <unistd.h>

#include "commands/command_table.h"
#include "commands/evaluation.h"
#include "commands/load_data.h"
#include "commands/memory_plan.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "commands/run_report.h"
#include "dataset/dataset_file.h"
#include "evaluate/text_table.h"
#include "formats/atomic_file.h"
#include "interrupt.h"
#include "model/target_statistics.h"
#include "report/search_report.h"
#include "train/fit.h"
#include "train/run_folder.h"
#include "train/search_folder.h"

namespace anirec {
namespace {

namespace fs = std::filesystem;

// Flags that take several values, and flags of train that a search has no use for.
const std::set<std::string> searchable = {
    "dim",       "hidden",     "dropout",      "mf-bias",      "rating-activation", "init-bias",
    "optimizer", "lr",         "lr-schedule",  "warmup-steps", "lr-decay",          "lr-decay-epochs",
    "l2",        "batch-size", "class-weight", "loss-weights", "patience"};
const std::set<std::string> not_of_a_search = {"init", "checkpoint-every", "max-seconds"};
// More rows to judge by than train's default leaves.
constexpr const char* standard_split = "0.8,0.1,0.1";

std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> values;
  std::istringstream in(text);
  for (std::string value; std::getline(in, value, '/');) values.push_back(value);
  return values;
}

std::string settings_text(const TrialSettings& settings) {
  std::string text;
  for (const auto& [flag, value] : settings) text += (text.empty() ? "--" : " --") + flag + " " + value;
  return text.empty() ? "the defaults" : text;
}

TrainConfig config_of(TrainConfig base, const TrialSettings& settings) {
  Arguments arguments;
  arguments.given = settings;
  apply_flags(base, arguments);
  return base;
}

struct Silent final : TrainingWatcher {
  void on_progress(std::uint64_t, double, double, double) override {}
  void on_epoch(const EpochReport&) override {}
};

// From data to the best run.
class Tuning {
 public:
  Tuning(SearchFolder& folder, TrainConfig base, const DeviceChoice& device, Dataset&& dataset, std::string titles,
         bool quiet)
      : folder_(folder),
        base_(std::move(base)),
        titles_(std::move(titles)),
        quiet_(quiet),
        device_(device),
        reference_(reference_to(dataset, folder.dataset)),
        summary_(summary_of(dataset)),
        users_(dataset.users),
        items_(dataset.items),
        samples_(split_dataset(std::move(dataset), config_split(base_))),
        statistics_(target_statistics(samples_)) {}

  ExitCode run() {
    const std::vector<std::uint64_t> rungs = rung_epochs(base_.epochs);
    std::vector<std::uint64_t> alive(folder_.trials.size());
    std::iota(alive.begin(), alive.end(), std::uint64_t{1});
    for (const std::uint64_t epochs : rungs) {
      for (const std::uint64_t trial : alive)
        if (!train_until(trial, epochs)) return interrupted();
      const auto loss = [&](std::uint64_t trial) { return record(trial).loss_after.at(epochs); };
      std::stable_sort(alive.begin(), alive.end(), [&](auto a, auto b) { return loss(a) < loss(b); });
      if (!std::isfinite(loss(alive[0])))
        throw Error(ExitCode::other, "no trial has a finite loss; search lower rates: --lr 1e-5/1e-4, say",
                    std::source_location::current());
      say_rung(epochs, alive);
      if (epochs == rungs.back()) break;
      const bool last_next = epochs == rungs[rungs.size() - 2];
      const std::uint64_t survivors = last_next ? 1 : surviving(alive.size());
      for (std::size_t i = survivors; i < alive.size(); ++i) fs::remove_all(folder_.trial_folder(alive[i]));
      alive.resize(survivors);
    }
    keep(alive[0]);
    const std::vector<SettingEffect> effects = effects_of_settings();
    write_report(effects);
    if (!quiet_) say_tables(effects);
    return ExitCode::ok;
  }

 private:
  TrialRecord& record(std::uint64_t trial) { return folder_.trials[trial - 1]; }

  // Trains a trial up to `epochs`, or to its early stop; false: interrupted.
  bool train_until(std::uint64_t trial, std::uint64_t epochs) {
    TrialRecord& of = record(trial);
    if (of.loss_after.contains(epochs)) return true;
    if (!of.loss_after.empty() && !std::isfinite(of.loss_after.rbegin()->second)) {  // it failed before
      of.loss_after[epochs] = of.loss_after.rbegin()->second;
      return true;
    }
    throw_if_interrupted();
    show_progress(trial, epochs);
    const TrainConfig config = config_of(base_, of.settings);
    const ModelConfig model = config_model(config, samples_.users, samples_.items, statistics_.bounds);
    // The schedule is that of the whole run, however far this rung goes.
    const TrainSettings settings = config_settings(config, samples_.train.size());
    TrainConfig up_to = config;
    up_to.epochs = epochs;
    RunFolder run(folder_.trial_folder(trial));
    run.lock();
    Progress progress;
    try {
      const std::unique_ptr<Engine> engine = open_engine(device_, model, settings, config.threads);
      auto checkpoint = run.holds_run() ? run.read_checkpoint(model, settings.optimizer) : std::nullopt;
      if (checkpoint) {
        progress = checkpoint->progress;
        engine->load(checkpoint->parameters, &checkpoint->state);
      } else {
        run.write_config({config, reference_, titles_});
        engine->load(initial_parameters(model, config.seed, config_init_bias(config), statistics_.means), nullptr);
      }
      run.metrics().cut(progress.step);  // a trial may have been broken off before its first checkpoint
      engine->attach(samples_);
      Silent watcher;
      if (fit({up_to, model, settings, samples_, users_, items_, run}, *engine, progress, watcher) ==
          FitEnd::interrupted)
        return false;
      of.loss_after[epochs] = larger_is_better(config.monitor) ? -*progress.best.value : *progress.best.value;
    } catch (const Error& error) {
      if (error.code() != ExitCode::other) throw;
      of.loss_after[epochs] = std::numeric_limits<double>::infinity();  // its loss did not stay finite
    }
    folder_.write();
    return true;
  }

  // The winner becomes a run like any other; its test split is touched once.
  void keep(std::uint64_t winner) {
    if (fs::exists(folder_.trial_folder(winner))) {
      fs::remove_all(folder_.best_folder());
      fs::rename(folder_.trial_folder(winner), folder_.best_folder());
    }
    const RunFolder run(folder_.best_folder());
    const StoredConfig config = run.read_config();
    finish_run({run, config, summary_, samples_, titles_for_report({}, config), device_}, quiet_);
  }

  ExitCode interrupted() const {
    std::fprintf(stderr, "anirec: interrupted; go on with: anirec tune --resume --out %s\n",
                 printable(folder_.path).c_str());
    return ExitCode::interrupted;
  }

  std::string shown(double loss) const {
    return std::isfinite(loss) ? fixed_text(larger_is_better(base_.monitor) ? -loss : loss, 5) : "not finite";
  }

  void show_progress(std::uint64_t trial, std::uint64_t epochs) const {
    if (quiet_ || !isatty(STDOUT_FILENO)) return;
    std::printf("\rtrial %llu, up to %llu epochs \x1b[K\r", static_cast<unsigned long long>(trial),
                static_cast<unsigned long long>(epochs));
    std::fflush(stdout);
  }

  void say_rung(std::uint64_t epochs, const std::vector<std::uint64_t>& order) {
    if (quiet_) return;
    if (isatty(STDOUT_FILENO)) std::printf("\x1b[K");
    std::printf("%s trial%s after %llu epochs: best %s %s (trial %llu)\n", count_text(order.size()).c_str(),
                order.size() == 1 ? "" : "s", static_cast<unsigned long long>(epochs), base_.monitor.c_str(),
                shown(record(order[0]).loss_after.at(epochs)).c_str(), static_cast<unsigned long long>(order[0]));
    std::fflush(stdout);
  }

  // Numbers of the trials, the best first: those that went further are better than those that did not.
  std::vector<std::uint64_t> best_first() const {
    std::vector<std::uint64_t> order(folder_.trials.size());
    std::iota(order.begin(), order.end(), std::uint64_t{1});
    const auto last = [&](std::uint64_t trial) { return *folder_.trials[trial - 1].loss_after.rbegin(); };
    std::stable_sort(order.begin(), order.end(), [&](std::uint64_t a, std::uint64_t b) {
      return std::pair(last(b).first, last(a).second) < std::pair(last(a).first, last(b).second);
    });
    return order;
  }

  std::vector<SettingEffect> effects_of_settings() const {
    std::vector<TrialResult> results;
    for (const TrialRecord& trial : folder_.trials)
      if (!trial.settings.empty()) results.push_back({trial.settings, trial.loss_after.begin()->second});
    return setting_effects(results);
  }

  void write_report(const std::vector<SettingEffect>& effects) const {
    const RunFolder best(folder_.best_folder());
    SearchReport report{base_.model,
                        base_.task,
                        base_.monitor,
                        {},
                        {},
                        "best/report.html",
                        training_command(best, best.read_config()),
                        ANIREC_VERSION};
    for (const std::uint64_t trial : best_first())
      report.trials.push_back({trial, folder_.trials[trial - 1].settings, folder_.trials[trial - 1].loss_after});
    for (const SearchedSetting& setting : folder_.search) {
      report.settings.push_back({setting.flag, setting.values, {}, {}});
      for (const SettingEffect& effect : effects)
        if (effect.flag == setting.flag) {
          report.settings.back().share = effect.share;
          report.settings.back().best = effect.best;
        }
    }
    write_file_atomically(folder_.report_file(), search_report_html(report));
  }

  void say_tables(const std::vector<SettingEffect>& effects) {
    const std::vector<std::uint64_t> order = best_first();
    std::printf("\nthe best trials:\n");
    for (std::size_t i = 0; i < std::min<std::size_t>(10, order.size()); ++i) {
      const TrialRecord& trial = record(order[i]);
      const auto& [epochs, loss] = *trial.loss_after.rbegin();
      std::printf("  %s after %llu epochs: %s\n", shown(loss).c_str(), static_cast<unsigned long long>(epochs),
                  settings_text(trial.settings).c_str());
    }
    if (!effects.empty())
      std::printf("\nwhat mattered, as a share of the differences after %llu epochs:\n",
                  static_cast<unsigned long long>(folder_.trials[0].loss_after.begin()->first));
    for (const SettingEffect& effect : effects)
      std::printf("  %3.0f %%  --%s (best on average: %s)\n", 100 * effect.share, effect.flag.c_str(),
                  effect.best.c_str());
    const RunFolder run(folder_.best_folder());
    std::printf("\nkept %s\nreport: %s\ntrain it again:\n%s\n", printable(run.path()).c_str(),
                printable(folder_.report_file()).c_str(), training_command(run, run.read_config()).c_str());
  }

  SearchFolder& folder_;
  const TrainConfig base_;
  const std::string titles_;  // their file
  const bool quiet_;
  const DeviceChoice device_;
  const DatasetReference reference_;
  const DatasetSummary summary_;
  const IdMap users_, items_;
  const Samples samples_;
  const TargetStatistics statistics_;
};

// The flags that all trials share, and what is searched: flags with several values, and the standard search's that
// were not given at all.
void read_request(SearchFolder& folder, const Arguments& arguments, TrainConfig& base) {
  const std::string model = arguments.text("model");
  std::set<std::string> config_names;
  for (const OptionSpec& option : config_flags()) config_names.insert(option.name);
  std::vector<SearchedSetting> given;
  for (const auto& [flag, text] : arguments.given) {
    if (flag == "titles") folder.arguments[flag] = fs::absolute(text).lexically_normal().string();
    if (!config_names.contains(flag)) continue;
    const std::vector<std::string> values =
        searchable.contains(flag) ? values_of(text) : std::vector<std::string>{text};
    if (values.size() > 1)
      given.push_back({flag, values});
    else
      folder.arguments[flag] = text;
  }
  folder.search = given;
  for (const SearchedSetting& setting : standard_search(model))
    if (!arguments.has(setting.flag)) folder.search.push_back(setting);
  if (!folder.arguments.contains("split") && !folder.arguments.contains("split-by"))
    folder.arguments["split"] = standard_split;

  Arguments shared;
  shared.given = folder.arguments;
  base = requested_config(shared);
  check_config(base);
  if (base.monitor.starts_with("train_"))
    throw UsageError("--monitor " + base.monitor + ": trials are compared on validation rows; give " +
                     base.monitor.substr(6));
  // Every value on its own, before any data is read.
  for (const SearchedSetting& setting : folder.search)
    for (const std::string& value : setting.values) {
      check_config(config_of(base, {{setting.flag, value}}));
    }
}

// Refuses a search whose largest trial cannot be trained here, before the first is.
void require_memory_for_trials(const SearchFolder& folder, const TrainConfig& base, const DeviceChoice& device,
                               const Dataset& dataset) {
  MemoryPlan largest;
  for (const TrialRecord& trial : folder.trials) {
    const MemoryPlan plan = plan_training(config_of(base, trial.settings), device, dataset);
    if (plan.total() > largest.total()) largest = plan;
  }
  require_memory_for(largest, dataset);
}

// Trials are compared on validation rows.
void require_validation(const TrainConfig& base, std::uint64_t rows) {
  const SplitOptions split = config_split(base);
  std::uint64_t train = 0, validation = 0;
  split_counts(split.shares, rows, train, validation);
  if (validation == 0 || (split.by == SplitBy::leave_last_out && !split.shares_given))
    throw UsageError("--split " + printable(split.shares, 60) +
                     " leaves no validation rows, which trials are compared on; give them a share");
}

ExitCode run(const Arguments& arguments) {
  if (!arguments.has("out")) throw UsageError("--out is missing; name the folder of the search, searches/mf say");
  SearchFolder folder(arguments.text("out"));
  const bool resume = arguments.has("resume"), quiet = arguments.has("quiet");
  TrainConfig base;
  if (resume) {
    folder.read();
    Arguments stored;
    stored.given = folder.arguments;
    base = requested_config(stored);
    check_config(base);
  } else {
    if (folder.holds_search())
      throw UsageError(printable(folder.path) +
                       " already holds a search; go on with --resume, or choose another --out");
    if (arguments.positional.empty())
      throw UsageError("no data given: name a prepared dataset or ratings files (anirec help tune)");
    read_request(folder, arguments, base);
    const std::uint64_t trials = arguments.number("trials", 30, 1, 100000);
    for (std::uint64_t trial = 1; trial <= trials; ++trial)
      folder.trials.push_back({trial_settings(folder.search, base.seed, trial), {}});
  }
  std::string titles;
  if (folder.arguments.contains("titles"))
    titles = fs::absolute(folder.arguments.at("titles")).lexically_normal().string();
  const DeviceChoice device =
      choose_device(base.device, parse_size(base.device_memory_limit, "device-memory-limit"));
  RunFolder lock(folder.path);
  lock.lock();

  Dataset dataset;
  if (resume) {
    dataset = read_dataset(folder.dataset);
  } else {
    Team team(threads_or_default(base.threads));
    dataset = load_data(arguments.positional, base, team, quiet);
    if (!quiet) std::fputs(describe_dataset(dataset).c_str(), stdout);
    require_validation(base, dataset.user.size());
  }
  take_rules(dataset.rules, base);
  require_memory_for_trials(folder, base, device, dataset);
  if (!resume) {
    const bool prepared = is_prepared(arguments.positional);
    folder.dataset =
        fs::absolute(prepared ? arguments.positional[0] : folder.dataset_file()).lexically_normal().string();
    if (!prepared) write_dataset(dataset, folder.dataset);
    folder.write();
  }
  return Tuning(folder, base, device, std::move(dataset), titles, quiet).run();
}

}  // namespace

CommandSpec tune_command() {
  std::vector<OptionSpec> options;
  for (OptionSpec option : training_flags()) {
    if (not_of_a_search.contains(option.name)) continue;
    if (option.name == "split") option.standard = standard_split;
    options.push_back(option);
  }
  options.push_back({"titles", "FILE", "titles and genres for the best run's report", "", data_group});
  options.push_back({"trials", "N", "settings to try; the first are the defaults", "30", run_group});
  options.push_back({"out", "DIR", "the folder of the search; its best run is DIR/best", "", run_group});
  options.push_back({"resume", "", "go on with the search in --out", "", run_group});
  options.push_back({"quiet", "", "print nothing but errors", "", run_group});
  return {
      "tune",
      "anirec tune DATA... --model mf|nn|hybrid --task TASK --out DIR [--trials N]",
      "searches good settings, and keeps the best run",
      options,
      {"anirec tune animelist.csv --model mf --task rating --trials 50 --out searches/mf",
       "anirec tune ratings.csv --model nn --task rating --lr 1e-3/3e-3 --hidden 64/128,64 --out searches/nn",
       "anirec tune --resume --out searches/mf"},
      run,
      "Trials are drawn from a list of values for each setting (a flag that is given is fixed; several values "
      "separated by / are searched) and trained a few epochs; the better third on validation goes on three times "
      "as far, and so on; the best is trained to the end. DIR/best is a run folder like any other, its test split "
      "is looked at once, at the end. DIR/report.html shows every trial and what mattered.",
      {{model_group, "anirec tune animelist.csv --model nn --task rating --dim 32/64 --out searches/nn"},
       {data_group, "anirec tune u.data --model mf --task rating --split 0.9,0.1,0 --out searches/u"},
       {training_group,
        "anirec tune ratings.csv --model mf --task rating --lr 1e-3/3e-3 --l2 0 --epochs 30 --out searches/mf"},
       {machine_group, "anirec tune animelist.csv --model mf --task rating --threads 4 --out searches/mf"},
       {run_group, "anirec tune animelist.csv --model mf --task rating --trials 100 --out searches/mf"}}};
}

}  // namespace anirec
