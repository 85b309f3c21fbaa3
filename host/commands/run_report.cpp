#include "commands/run_report.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <numeric>

#include "commands/run_config.h"
#include "formats/atomic_file.h"
#include "formulas/activation.h"
#include "report/run_report.h"
#include "terminal.h"

namespace anirec {
namespace {

// What a report may cost: enough for a chart, and a second at most on an old computer.
constexpr std::size_t most_rows_scored = 200000, most_users_ranked = 2000, most_items_mapped = 2000,
                      most_items_listed = 8;
constexpr double most_products = 6e9;  // multiplications of all scores together
constexpr int recommended = 10;
constexpr double curve_resolution = 200;
constexpr std::size_t probability_bins = 10;

std::vector<Sample> evenly_spaced(std::span<const Sample> rows, std::size_t most) {
  if (rows.size() <= most) return {rows.begin(), rows.end()};
  std::vector<Sample> some;
  for (std::size_t i = 0; i < most; ++i) some.push_back(rows[i * rows.size() / most]);
  return some;
}

PredictionFigures predict(const Engine& engine, const ModelConfig& model, std::span<const Sample> judged) {
  const std::vector<Sample> rows = evenly_spaced(judged, most_rows_scored);
  PredictionFigures figures;
  figures.rows = rows.size();
  figures.of = judged.size();
  if (rows.empty()) return figures;
  std::vector<std::uint32_t> users, items;
  std::vector<float> labels;
  for (const Sample& row : rows) {
    users.push_back(row.user);
    items.push_back(row.item);
    labels.push_back(row.label);
  }
  Scores scores;
  engine.predict(users, items, scores);
  for (std::size_t h = 0; h < model.heads.size(); ++h) {
    const Head& head = model.heads[h];
    std::vector<float> activated;
    for (const float score : scores.by_head[h])
      activated.push_back(activate(head.activation, score, model.bounds));
    if (head.target == Target::rating) {
      figures.bins = rating_bins(rows);
      figures.by_rating = predictions_by_rating(figures.bins, rows, activated);
    } else {
      figures.curves = threshold_curves(scores.by_head[h], labels, curve_resolution);
      figures.calibration = calibration_bins(activated, labels, probability_bins);
    }
  }
  return figures;
}

// Multiplications of a score, where a user is scored with every item. Those of deeper layers are matrix products,
// which go several times as fast.
double products_of_score(const ModelConfig& model) {
  if (model.hidden.empty()) return model.dim;
  double products = 0;
  for (std::size_t l = 0; l < model.hidden.size(); ++l)
    products += static_cast<double>(model.hidden[l]) * (l == 0 ? 1 : 0.2 * model.hidden[l - 1]);
  return products;
}

std::size_t users_to_rank(const ModelConfig& model) {
  const double users = most_products / (products_of_score(model) * model.items);
  return static_cast<std::size_t>(std::clamp(users, 1.0, static_cast<double>(most_users_ranked)));
}

std::string name_of(const ReportInputs& in, std::uint32_t item) {
  const std::string id = in.model.items.id(item);
  const Title* title = in.titles.find(id);
  return title == nullptr ? "item " + id : title->name;
}

void list_most_recommended(const ReportInputs& in, RunReport& report) {
  const std::vector<std::uint64_t>& users_of = report.popularity->users_of_item;
  std::vector<std::uint32_t> items(users_of.size());
  std::iota(items.begin(), items.end(), 0u);
  std::stable_sort(items.begin(), items.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return users_of[a] > users_of[b]; });
  for (std::size_t i = 0; i < std::min(items.size(), most_items_listed) && users_of[items[i]] > 0; ++i)
    report.most_recommended.push_back({name_of(in, items[i]), users_of[items[i]]});
}

void map_popular_items(const ReportInputs& in, RunReport& report) {
  std::vector<std::uint64_t> rows_of_item;
  std::vector<std::uint32_t> items = items_by_popularity(in.samples, rows_of_item);
  items.resize(std::min(items.size(), most_items_mapped));
  report.map = map_items(in.model.config, in.model.parameters, items);
  for (const std::uint32_t item : items) {
    const Title* title = in.titles.find(in.model.items.id(item));
    report.mapped.push_back({name_of(in, item), title == nullptr ? "" : title->genres, rows_of_item[item]});
  }
}

}  // namespace

Titles titles_for_report(const Arguments& arguments, const StoredConfig& config) {
  if (arguments.has("titles")) return read_titles(arguments.text("titles"));
  std::error_code ignored;
  return !config.titles.empty() && std::filesystem::exists(config.titles, ignored) ? read_titles(config.titles)
                                                                                   : Titles();
}

void write_run_report(const ReportInputs& in) {
  const TrainConfig& options = in.config.options;
  const std::span<const Sample> all = in.samples.rows;
  RunReport report;
  report.history = read_history(in.run);
  report.run = {run_name(in.run.path()), options.model, options.task, in.run.metrics().epochs_trained(),
                in.evaluation == nullptr ? "" : evaluation_json(*in.evaluation)};
  report.data = in.data;
  report.train_rows = in.samples.train.size();
  report.validation_rows = in.samples.validation.size();
  report.test_rows = in.samples.test.size();
  const Task task = in.model.config.task;
  if (task_has_rating(task)) {
    report.bins = rating_bins(all);
    report.ratings = count_ratings(report.bins, all);
  }
  if (task_has_label(task))
    report.positives = static_cast<std::uint64_t>(
        std::count_if(all.begin(), all.end(), [](const Sample& row) { return row.label > 0.5f; }));
  report.monitor = options.monitor;
  report.keeps_best = options.keep == "best" && report.validation_rows > 0;
  report.predictions = predict(in.engine, in.model.config, in.judged);
  std::vector<std::uint32_t> users = some_users(in.judged, users_to_rank(in.model.config));
  if (users.empty()) users = some_users(all, users_to_rank(in.model.config));
  report.popularity = popularity_shares(in.engine, in.samples, users, recommended);
  list_most_recommended(in, report);
  map_popular_items(in, report);
  report.command = training_command(in.run, in.config);
  report.device = in.engine.describe();
  report.version = ANIREC_VERSION;
  try {
    write_file_atomically(in.run.file("report.html"), run_report_html(report));
  } catch (const DataError& fault) {
    throw DataError(std::string(fault.what()) + " (the run itself is whole: only its report is missing)");
  }
}

void finish_run(const EndOfTraining& in, bool quiet) {
  const Model model = read_model(in.run.model_file());
  const std::unique_ptr<Engine> engine =
      open_engine_to_look(in.device, model.config, model.parameters, in.config.options.threads);
  std::optional<Evaluation> evaluation;
  if (in.samples.test.size() > 0) {
    evaluation = evaluate_split(*engine, model.config, in.samples, "test", in.samples.test);
    write_evaluation(*evaluation, in.run);
    if (!quiet)
      std::fputs(
          describe_evaluation(*evaluation, in.run.path(), in.config.options, in.run.metrics().epochs_trained())
              .c_str(),
          stdout);
  } else if (!quiet) {
    print_wrapped("no test rows: evaluate with anirec evaluate " + printable(in.run.path()) + " --data FILE");
  }
  write_run_report({in.run, in.config, in.data, in.samples, model, *engine, in.titles,
                    evaluation ? &*evaluation : nullptr,
                    std::span(in.samples.rows).subspan(in.samples.test.begin)});
}

}  // namespace anirec
