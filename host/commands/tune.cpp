#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>

#include "commands/command_table.h"
#include "commands/load_data.h"
#include "commands/memory_plan.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "commands/search_run.h"
#include "dataset/dataset_file.h"
#include "dataset/split.h"
#include "terminal.h"
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

constexpr std::uint64_t most_trials = 100000;

std::string absolute_path(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> values;
  std::istringstream in(text);
  for (std::string value; std::getline(in, value, '/');) values.push_back(value);
  return values;
}

// The flags that all trials share, and what is searched: flags with several values, and the standard search's that
// were not given at all.
void read_request(SearchFolder& folder, const Arguments& arguments, TrainConfig& base) {
  const std::string model = arguments.text("model");
  std::set<std::string> config_names;
  for (const OptionSpec& option : config_flags()) config_names.insert(option.name);
  std::vector<SearchedSetting> given;
  for (const auto& [flag, text] : arguments.given) {
    if (flag == "titles") folder.arguments[flag] = absolute_path(text);
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
      check_config(trial_config(base, {{setting.flag, value}}));
    }
}

// The first given flag that asks for another search than the one that goes on; "" where none does.
std::string changed_by_resume(const SearchFolder& folder, const Arguments& arguments, const TrainConfig& base) {
  if (arguments.has("trials") && arguments.number("trials", 0, 1, most_trials) != folder.trials.size())
    return "trials";
  const auto stored_titles = folder.arguments.find("titles");
  if (arguments.has("titles") && (stored_titles == folder.arguments.end() ||
                                  stored_titles->second != absolute_path(arguments.text("titles"))))
    return "titles";
  Arguments fixed;
  for (const auto& [flag, text] : arguments.given) {
    const auto searched = std::ranges::find(folder.search, flag, &SearchedSetting::flag);
    const std::vector<std::string> values = searchable.contains(flag) ? values_of(text) : std::vector{text};
    const bool is_searched = searched != folder.search.end();
    if (is_searched ? values != searched->values : values.size() > 1) return flag;
    if (!is_searched) fixed.given[flag] = text;
  }
  return changed_flag(base, fixed, {"threads"});
}

// Refuses a search whose largest trial cannot be trained here, before the first is.
void require_memory_for_trials(const SearchFolder& folder, const TrainConfig& base, const DeviceChoice& device,
                               const Dataset& dataset) {
  MemoryPlan largest;
  for (const TrialRecord& trial : folder.trials) {
    const MemoryPlan plan = plan_training(trial_config(base, trial.settings), device, dataset);
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

ExitCode search(const Arguments& arguments, SearchFolder& folder) {
  const bool resume = arguments.has("resume"), quiet = arguments.has("quiet");
  TrainConfig base;
  if (resume) {
    folder.read();
    Arguments stored;
    stored.given = folder.arguments;
    base = requested_config(stored);
    const std::string changed = changed_by_resume(folder, arguments, base);
    if (!changed.empty())
      throw UsageError("--" + changed + ": a resumed search keeps its settings; only --threads may change");
    if (!quiet && !arguments.positional.empty())
      print_wrapped("a resumed search goes on with its own dataset; " + printable(arguments.positional[0]) +
                    " is not read");
    Arguments machine;
    if (arguments.has("threads")) machine.given["threads"] = arguments.text("threads");
    apply_flags(base, machine);
    check_config(base);
  } else {
    if (folder.holds_search())
      throw UsageError(printable(folder.path) +
                       " already holds a search; go on with --resume, or choose another --out");
    if (arguments.positional.empty())
      throw UsageError("no data given: name a prepared dataset or ratings files (anirec help tune)");
    read_request(folder, arguments, base);
    const std::uint64_t trials = arguments.number("trials", 30, 1, most_trials);
    for (std::uint64_t trial = 1; trial <= trials; ++trial)
      folder.trials.push_back({trial_settings(folder.search, base.seed, trial), {}});
  }
  std::string titles;
  if (folder.arguments.contains("titles")) titles = absolute_path(folder.arguments.at("titles"));
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
    if (!quiet) std::fputs(describe_dataset(dataset, team).c_str(), stdout);
    require_validation(base, dataset.user.size());
  }
  take_rules(dataset.rules, base);
  require_memory_for_trials(folder, base, device, dataset);
  if (!resume) {
    const bool prepared = is_prepared(arguments.positional);
    folder.dataset = absolute_path(prepared ? arguments.positional[0] : folder.dataset_file());
    if (!prepared) write_dataset(dataset, folder.dataset);
    folder.write();
  }
  return run_search(folder, base, device, std::move(dataset), titles, quiet);
}

ExitCode run_tune(const Arguments& arguments) {
  if (!arguments.has("out")) throw UsageError("--out is missing; name the folder of the search, searches/mf say");
  SearchFolder folder(arguments.text("out"));
  try {
    return search(arguments, folder);
  } catch (const Interrupted&) {
    if (!folder.holds_search()) throw;
    std::fflush(stdout);
    std::fprintf(stderr, "anirec: interrupted; go on with: anirec tune --resume --out %s\n",
                 printable(folder.path).c_str());
    return ExitCode::interrupted;
  }
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
  options.push_back({"resume", "", "go on with the search in --out; only --threads may change", "", run_group});
  options.push_back({"quiet", "", "print nothing but errors", "", run_group});
  return {
      "tune",
      "anirec tune DATA... --model mf|nn|hybrid --task TASK --out DIR [--trials N]",
      "searches good settings, and keeps the best run",
      options,
      {"anirec tune animelist.csv --model mf --task rating --trials 50 --out searches/mf",
       "anirec tune ratings.csv --model nn --task rating --lr 1e-3/3e-3 --hidden 64/128,64 --out searches/nn",
       "anirec tune --resume --out searches/mf"},
      run_tune,
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
