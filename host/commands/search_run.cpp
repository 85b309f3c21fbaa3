#include "commands/search_run.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <numeric>

#include "commands/command_table.h"
#include "commands/load_data.h"
#include "commands/run_config.h"
#include "commands/run_report.h"
#include "evaluate/text_table.h"
#include "formats/atomic_file.h"
#include "interrupt.h"
#include "model/target_statistics.h"
#include "report/search_report.h"
#include "terminal.h"
#include "train/fit.h"
#include "train/run_folder.h"

namespace anirec {
namespace {

namespace fs = std::filesystem;

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
      for (std::size_t place = 0; place < alive.size(); ++place) {
        show_progress(place + 1, alive.size(), epochs);
        train_until(alive[place], epochs);
      }
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
    const std::vector<std::uint64_t> order = best_first();
    const std::vector<SettingEffect> effects = effects_of_settings();
    write_report(order, effects);
    if (!quiet_) say_tables(order, effects);
    return ExitCode::ok;
  }

 private:
  TrialRecord& record(std::uint64_t trial) { return folder_.trials[trial - 1]; }

  // Trains a trial up to `epochs`, or to its early stop. Throws Interrupted, also with a checkpoint of the trial.
  void train_until(std::uint64_t trial, std::uint64_t epochs) {
    TrialRecord& of = record(trial);
    if (of.loss_after.contains(epochs)) return;
    if (!of.loss_after.empty() && !std::isfinite(of.loss_after.rbegin()->second)) {  // it failed before
      of.loss_after[epochs] = of.loss_after.rbegin()->second;
      return;
    }
    throw_if_interrupted();
    const TrainConfig config = trial_config(base_, of.settings);
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
        throw Interrupted();
      of.loss_after[epochs] = larger_is_better(config.monitor) ? -*progress.best.value : *progress.best.value;
    } catch (const Error& error) {
      if (error.code() != ExitCode::other) throw;
      of.loss_after[epochs] = std::numeric_limits<double>::infinity();  // its loss did not stay finite
    }
    folder_.write();
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

  std::string shown(double loss) const {
    return std::isfinite(loss) ? fixed_text(larger_is_better(base_.monitor) ? -loss : loss, 5) : "not finite";
  }

  void show_progress(std::size_t place, std::size_t trials, std::uint64_t epochs) const {
    if (quiet_ || !is_live(stdout)) return;
    std::printf("\rtrial %zu of %zu, up to %s \x1b[K\r", place, trials, counted(epochs, "epoch").c_str());
    std::fflush(stdout);
  }

  void say_rung(std::uint64_t epochs, const std::vector<std::uint64_t>& order) {
    if (quiet_) return;
    if (is_live(stdout)) std::printf("\x1b[K");
    std::printf("%s after %s: best %s %s (trial %llu)\n", counted(order.size(), "trial").c_str(),
                counted(epochs, "epoch").c_str(), base_.monitor.c_str(),
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

  void write_report(const std::vector<std::uint64_t>& order, const std::vector<SettingEffect>& effects) const {
    const RunFolder best(folder_.best_folder());
    SearchReport report{base_.model,
                        base_.task,
                        base_.monitor,
                        {},
                        {},
                        "best/report.html",
                        training_command(best, best.read_config()),
                        ANIREC_VERSION};
    for (const std::uint64_t trial : order)
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

  void say_tables(const std::vector<std::uint64_t>& order, const std::vector<SettingEffect>& effects) {
    std::printf("\nthe best trials:\n");
    for (std::size_t i = 0; i < std::min<std::size_t>(10, order.size()); ++i) {
      const TrialRecord& trial = record(order[i]);
      const auto& [epochs, loss] = *trial.loss_after.rbegin();
      std::printf("  %s after %s: %s\n", shown(loss).c_str(), counted(epochs, "epoch").c_str(),
                  settings_text(trial.settings).c_str());
    }
    if (!effects.empty())
      std::printf("\nwhat mattered, as a share of the differences after %s:\n",
                  counted(folder_.trials[0].loss_after.begin()->first, "epoch").c_str());
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

}  // namespace

TrainConfig trial_config(TrainConfig base, const TrialSettings& settings) {
  Arguments arguments;
  arguments.given = settings;
  apply_flags(base, arguments);
  return base;
}

ExitCode run_search(SearchFolder& folder, const TrainConfig& base, const DeviceChoice& device, Dataset&& dataset,
                    const std::string& titles, bool quiet) {
  return Tuning(folder, base, device, std::move(dataset), titles, quiet).run();
}

}  // namespace anirec
