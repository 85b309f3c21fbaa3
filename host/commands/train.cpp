#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands/command_table.h"
#include "commands/evaluation.h"
#include "commands/load_data.h"
#include "commands/memory_plan.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "commands/run_report.h"
#include "dataset/dataset_file.h"
#include "dataset/split.h"
#include "evaluate/text_table.h"
#include "interrupt.h"
#include "memory.h"
#include "model/target_statistics.h"
#include "terminal.h"
#include "train/fit.h"
#include "train/progress.h"
#include "train/run_folder.h"

namespace anirec {
namespace {

namespace fs = std::filesystem;

// The flags that are not part of a run's configuration.
struct TrainRequest {
  std::vector<std::string> data;
  std::string out;
  bool resume, overwrite;
  LogFormat log;
  bool text() const { return log == LogFormat::text; }
};

TrainRequest read_request(const Arguments& arguments) {
  TrainRequest request;
  request.data = arguments.positional;
  if (!arguments.has("out")) throw UsageError("--out is missing; name the run folder to write, runs/mf say");
  request.out = arguments.text("out");
  request.resume = arguments.has("resume");
  request.overwrite = arguments.has("overwrite");
  if (request.resume && request.overwrite)
    throw UsageError("--resume and --overwrite do not go together; give one");
  const std::string format = arguments.text("log-format", "text");
  if (format != "text" && format != "json")
    throw UsageError("--log-format " + printable(format, 40) + " is unknown; choose text or json");
  request.log = arguments.has("quiet") ? LogFormat::quiet : format == "json" ? LogFormat::json : LogFormat::text;
  if (request.data.empty() && !request.resume)
    throw UsageError("no data given: name a prepared dataset or ratings files (anirec help train)");
  return request;
}

const char* end_text(FitEnd end) {
  switch (end) {
    case FitEnd::all_epochs: return "all epochs done";
    case FitEnd::stopped_early: return "stopped: no better epoch within --patience";
    case FitEnd::out_of_time: return "stopped: --max-seconds have passed; --resume goes on";
    case FitEnd::interrupted: return "";
  }
  return "";
}

// A file that is renamed in time, or removed.
struct PassingFile {
  std::string path;
  ~PassingFile() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

// From data to a finished run; `stored` is what config.json holds, or will.
class Training {
 public:
  Training(const TrainRequest& request, const Arguments& arguments, StoredConfig stored, RunFolder& run)
      : request_(request),
        arguments_(arguments),
        config_(std::move(stored)),
        run_(run),
        device_(choose_device(config_.options.device,
                              parse_size(config_.options.device_memory_limit, "device-memory-limit"))) {}

  ExitCode start() {
    take_titles();
    std::optional<Model> init;
    if (!config_.options.init.empty()) {
      init = read_model(config_.options.init);
      require_same_kind(*init, config_model(config_.options, 1, 1, {}), config_.options.init);
    }
    Team team(threads_or_default(config_.options.threads));
    Dataset dataset =
        load_data(request_.data, config_.options, team, !request_.text(), init ? with_ids_of(*init) : ForModel());
    throw_if_interrupted();
    if (request_.text()) {
      std::fputs(describe_dataset(dataset, team).c_str(), stdout);
      report_titles(arguments_, titles_, dataset.items);
    }

    const bool prepared = is_prepared(request_.data);
    const std::string source = prepared ? fs::absolute(request_.data[0]).lexically_normal().string() : "";
    const PassingFile kept_dataset = {run_.dataset_file() + ".new"};
    if (!prepared) write_dataset(dataset, kept_dataset.path);
    take_rules(dataset.rules, config_.options);
    config_.dataset = reference_to(dataset, prepared ? source : fs::path(run_.dataset_file()).filename().string());
    take(std::move(dataset));
    Parameters start =
        initial_parameters(model_, config_.options.seed, config_init_bias(config_.options), statistics_.means);
    if (init) start = start_from(*init, model_, std::move(start), users_, items_, config_.options.init);

    // All that the new run begins with is there; the old one goes for good with the new one's first checkpoint.
    run_.set_aside(source);
    if (!prepared) {
      run_.take_dataset(kept_dataset.path);
      if (request_.text())
        print_wrapped("kept the dataset as " + printable(run_.dataset_file()) +
                      " (anirec prepare makes one for several runs)");
    }
    run_.write_config(config_);
    return go_on(std::move(start), std::nullopt, Progress{});
  }

  ExitCode resume() {
    take_titles();
    if (request_.text() && !request_.data.empty())
      print_wrapped("a resumed run goes on with its own dataset; " + printable(request_.data[0]) + " is not read");
    take(run_.read_dataset_of_run(config_));
    auto checkpoint = run_.read_checkpoint(model_, settings_.optimizer);
    if (!checkpoint)
      throw DataError(printable(run_.path()) +
                      ": there is no checkpoint to resume from; train it again with --overwrite");
    Progress& progress = checkpoint->progress;
    run_.metrics().cut(progress.step);
    run_.write_config(config_);
    if (request_.text()) std::printf("resuming after step %s\n", count_text(progress.step).c_str());
    return go_on(std::move(checkpoint->parameters), std::move(checkpoint->state), progress);
  }

 private:
  // Read before anything is trained: a fault in them is then seen at once.
  void take_titles() {
    titles_ = titles_for_report(arguments_, config_);
    if (arguments_.has("titles"))
      config_.titles = fs::absolute(arguments_.text("titles")).lexically_normal().string();
  }

  // Splits the data and makes everything that depends on it.
  void take(Dataset&& dataset) {
    plan_ = plan_training(config_.options, device_, dataset);
    require_memory_for(plan_, dataset);
    users_ = dataset.users;
    items_ = dataset.items;
    summary_ = summary_of(dataset);
    samples_ = split_dataset(std::move(dataset), config_split(config_.options));
    statistics_ = target_statistics(samples_);
    model_ = config_model(config_.options, samples_.users, samples_.items, statistics_.bounds);
    settings_ = config_settings(config_.options, samples_.train.size());
  }

  ExitCode go_on(Parameters parameters, std::optional<OptimizerState> state, Progress progress) {
    FitEnd end;
    {
      const std::unique_ptr<Engine> engine = open_engine(device_, model_, settings_, config_.options.threads);
      engine->load(parameters, state ? &*state : nullptr);
      parameters = Parameters();
      state.reset();
      engine->attach(samples_);
      interrupt_on_closed_pipe();
      if (request_.text()) print_start(*engine);
      const std::unique_ptr<TrainingWatcher> watcher = make_watcher(request_.log, config_.options.epochs, stdout);
      end = fit({config_.options, model_, settings_, samples_, users_, items_, run_}, *engine, progress, *watcher);
    }
    if (end == FitEnd::interrupted) {
      std::fprintf(stderr,
                   "anirec: interrupted; a checkpoint is in %s, go on with: anirec train --resume --out %s\n",
                   printable(run_.path()).c_str(), printable(run_.path()).c_str());
      return ExitCode::interrupted;
    }
    if (request_.text())
      std::printf("%s; best epoch %llu\n", end_text(end), static_cast<unsigned long long>(progress.best.epoch));
    finish_run({run_, config_, summary_, samples_, titles_, device_}, !request_.text());
    if (request_.text()) print_wrapped("report: " + printable(run_.file("report.html")));
    return ExitCode::ok;
  }

  void print_start(const Engine& engine) const {
    print_wrapped("device: " + engine.describe() + " (" + device_.why + ")");
    std::printf("%s for %s: batch %u, %s, rate %g\n", model_.name.c_str(), task_name(model_.task),
                settings_.batch_size, config_.options.optimizer.c_str(), settings_.rate.base);
    std::printf("rows: %s train, %s validation, %s test\n", count_text(samples_.train.size()).c_str(),
                count_text(samples_.validation.size()).c_str(), count_text(samples_.test.size()).c_str());
    std::printf("memory: %s for the rows, %s for the model\n", memory_text(plan_.samples).c_str(),
                memory_text(plan_.engine + plan_.checkpoint).c_str());
    std::printf("an epoch a line, with its losses; * marks the best so far\n");
    std::fflush(stdout);
  }

  const TrainRequest& request_;
  const Arguments& arguments_;
  StoredConfig config_;
  RunFolder& run_;
  DeviceChoice device_;
  IdMap users_, items_;
  Titles titles_;
  DatasetSummary summary_;
  Samples samples_;
  TargetStatistics statistics_;
  ModelConfig model_;
  TrainSettings settings_;
  MemoryPlan plan_;
};

void lock(RunFolder& run, const TrainRequest& request) {
  const bool locked = run.lock();
  if (!request.text()) return;
  if (!locked)
    std::printf("%s: its file system knows no locks; let no second anirec train there\n",
                printable(run.path()).c_str());
  if (run.put_back())
    std::printf("%s: the run that was to replace this one came to no checkpoint; this one is back\n",
                printable(run.path()).c_str());
}

ExitCode run_train(const Arguments& arguments) {
  const TrainRequest request = read_request(arguments);
  RunFolder run(request.out);
  StoredConfig stored;
  if (request.resume) {
    std::error_code ignored;
    run.refuse_unusable();
    if (run.holds_run()) lock(run, request);  // it may put the run back first
    if (!fs::exists(run.file("config.json"), ignored))
      throw DataError(printable(request.out) + ": there is no run to resume; train without --resume");
    stored = run.read_config();
    if (arguments.has("preset"))
      throw UsageError("--preset: a resumed run keeps its settings; only --epochs and --max-seconds may change");
    const bool cosine = stored.options.lr_schedule == "cosine";
    const std::string changed = changed_flag(
        stored.options, arguments,
        cosine ? std::set<std::string>{"max-seconds"} : std::set<std::string>{"epochs", "max-seconds"});
    if (!changed.empty())
      throw UsageError("--" + changed + ": a resumed run keeps its settings; only " +
                       (cosine ? "--max-seconds may change (the cosine schedule depends on --epochs)"
                               : "--epochs and --max-seconds may change"));
    apply_flags(stored.options, arguments);
  } else {
    stored.options = requested_config(arguments);
    check_config(stored.options);
  }
  const auto refuse_run = [&] {
    if (!request.resume && !request.overwrite && run.holds_run())
      throw UsageError(
          printable(request.out) +
          " already holds a run; go on with --resume, replace it with --overwrite, or choose another --out");
  };
  refuse_run();
  choose_device(stored.options.device);
  if (!request.resume) lock(run, request);
  refuse_run();  // one that came between
  Training training(request, arguments, std::move(stored), run);
  return request.resume ? training.resume() : training.start();
}

}  // namespace

CommandSpec train_command() {
  std::vector<OptionSpec> options = training_flags();
  const std::vector<OptionSpec> own = {
      {"titles", "FILE", "titles and genres for the report; also say how many items have one there", "",
       data_group},
      {"out", "DIR", "the run folder", "", run_group},
      {"preset", "NAME", "reference: the settings of the reference study; flags given override it", "", run_group},
      {"resume", "", "go on with the run in --out; only --epochs and --max-seconds may change", "", run_group},
      {"overwrite", "", "replace the run in --out, once the new one has its first checkpoint", "", run_group},
      {"quiet", "", "print nothing but errors", "", run_group},
      {"log-format", "NAME", "text, or json: an object an epoch", "text", run_group}};
  options.insert(options.end(), own.begin(), own.end());
  return {
      "train",
      "anirec train DATA... --model mf|nn|hybrid --task TASK --out RUN",
      "data → a run folder with a trained model; evaluates the test split at the end",
      options,
      {"anirec train animelist.csv --model hybrid --task hybrid --out runs/hybrid",
       "anirec train ml-100k/u.data --model mf --task rating --mf-bias additive --out runs/ml",
       "anirec train --resume --epochs 60 --out runs/hybrid"},
      run_train,
      "DATA is a prepared dataset or ratings files. Ctrl-C finishes the step, writes a checkpoint and exits with "
      "130. mf has defaults of its own, found together. Give --dropout or --l2 and the others are as for all "
      "models; give --optimizer or --lr-schedule and --lr and its decay are.",
      {{model_group, "anirec train sample.csv --out runs/nn --task rating --model nn --dim 32 --hidden 128,64"},
       {data_group, "anirec train u.data --model mf --task rating --out runs/u --split 0.8,0.1,0.1 --seed 7"},
       {training_group,
        "anirec train sample.csv --model mf --task rating --out runs/mf --lr 0.002 --lr-schedule cosine --epochs "
        "20"},
       {machine_group, "anirec train sample.csv --model mf --task rating --out runs/mf --device cpu --threads 4"},
       {run_group, "anirec train --resume --out runs/mf --max-seconds 3600 --log-format json"}}};
}

}  // namespace anirec
