#include <cstdio>

#include "commands/command_table.h"
#include "commands/evaluation.h"
#include "commands/load_data.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "commands/run_report.h"
#include "evaluate/ranking_metrics.h"
#include "evaluate/text_table.h"
#include "terminal.h"

namespace anirec {
namespace {

SampleRange range_of(const Samples& samples, const std::string& split) {
  if (split == "train") return samples.train;
  if (split == "validation") return samples.validation;
  if (split == "test") return samples.test;
  if (split == "all") return {0, samples.rows.size()};
  throw UsageError("--split " + printable(split, 40) + " is unknown; choose train, validation or test");
}

std::vector<Sample> rows_of(const Samples& samples, SampleRange range) {
  const auto begin = samples.rows.begin();
  return {begin + static_cast<std::ptrdiff_t>(range.begin), begin + static_cast<std::ptrdiff_t>(range.end)};
}

// Rows of users and items the model knows, as samples of their own: what ranking can judge.
Samples known_rows(std::span<const Sample> rows, const ModelConfig& model) {
  Samples known;
  known.task = model.task;
  known.users = model.users;
  known.items = model.items;
  for (const Sample& row : rows)
    if (row.user != unknown_index && row.item != unknown_index) known.rows.push_back(row);
  known.test = {0, known.rows.size()};
  return known;
}

ExitCode run_evaluate(const Arguments& arguments) {
  const std::string path = arguments.only("run folder");
  const bool foreign = arguments.has("data");
  const std::string split = arguments.text("split", foreign ? "all" : "test");
  const int top = static_cast<int>(arguments.number("top", 10, 1, 100000));
  range_of({}, split);
  OpenRun open = open_run(path);
  const Titles titles = titles_for_report(arguments, open.config);
  const TrainConfig options = options_to_look(open.config.options, arguments);
  const DeviceChoice device = choose_device(options.device);
  Team team(threads_or_default(options.threads));
  const ModelConfig& model = open.model.config;

  // The run's own rows: what is judged, and what baselines learn from.
  const RunFolder folder(path);
  const std::uint64_t epochs = folder.metrics().epochs_trained();
  Dataset dataset = read_dataset_of(open, folder);
  const DatasetSummary summary = summary_of(dataset);
  const Samples own = split_dataset(std::move(dataset), config_split(open.config.options));
  const std::span<const Sample> train = std::span(own.rows).subspan(own.train.begin, own.train.size());

  Evaluation evaluation;
  evaluation.split = split;
  std::vector<Sample> judged;
  if (foreign) {
    ForModel for_model = with_ids_of(open.model);
    for_model.every_user = true;
    Dataset data = load_data({arguments.text("data")}, options, team, false, for_model);
    const IdMap users = data.users, items = data.items;
    SplitOptions parts = config_split(open.config.options);
    if (split == "all") parts = {.shares = "1,0,0"};
    const Samples samples = split_dataset(std::move(data), parts);
    judged = rows_of(samples, range_of(samples, split));
    const UnknownRows unknown = match_to_model(judged, users, items, open.model.users, open.model.items);
    evaluation.unknown_users = unknown.users;
    evaluation.unknown_items = unknown.items;
  } else {
    judged = rows_of(own, range_of(own, split));
  }
  if (judged.empty())
    throw DataError(printable(path) + ": its " + split +
                    " split has no rows; choose another --split, or give --data");

  const std::unique_ptr<Engine> engine =
      open_engine_to_look(device, model, open.model.parameters, options.threads);
  evaluation.metrics = evaluate_rows(*engine, model, judged);
  evaluation.baselines = pointwise_baselines(model.task, train, own.users, own.items, judged);
  if (arguments.has("ranking")) {
    Samples known = known_rows(judged, model);
    const ItemLists excluded = items_by_user(own, own.train), relevant = relevant_items_by_user(known, known.test);
    evaluation.metrics.ranking = ranking_metrics(*engine, model.users, model.items, top, excluded, relevant);
    evaluation.baselines.push_back(popularity_baseline(own, top, excluded, relevant));
  }
  print_wrapped("device: " + engine->describe() + " (" + device.why + ")");
  if (evaluation.unknown_users + evaluation.unknown_items > 0)
    print_wrapped(counted(evaluation.unknown_users, "row") + " of unknown users and " +
                  count_text(evaluation.unknown_items) + " of unknown items: scored with that side at zero");
  std::fputs(describe_evaluation(evaluation, path, open.config.options, epochs).c_str(), stdout);
  write_evaluation(evaluation, folder);
  write_run_report({folder, open.config, summary, own, open.model, *engine, titles, &evaluation, judged});
  return ExitCode::ok;
}

}  // namespace

CommandSpec evaluate_command() {
  std::vector<OptionSpec> options = {
      {"data", "DATA", "judge other rows: a prepared dataset or a ratings file", ""},
      {"split", "NAME", "train, validation or test", "test; all rows of --data"},
      {"ranking", "", "also rank the full catalogue for every user", ""},
      {"top", "K", "cut-off of the ranking figures", "10"},
      {"titles", "FILE", "titles and genres for the report", "those given to train"}};
  for (const OptionSpec& option : config_flags({"columns", "separator", "device", "threads"}))
    options.push_back(option);
  return {"evaluate",
          "anirec evaluate RUN [--data DATA] [--split NAME] [--ranking]",
          "a run's figures with the baselines beside them; writes RUN/evaluation.json and RUN/report.html",
          options,
          {"anirec evaluate runs/mf --ranking", "anirec evaluate runs/u1 --data ml-100k/u1.test"},
          run_evaluate,
          "Rows whose user or item the model does not know are scored with that side's embedding and bias at "
          "zero, and "
          "counted."};
}

}  // namespace anirec
