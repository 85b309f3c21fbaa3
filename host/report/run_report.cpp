#include "report/run_report.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "evaluate/comparison_columns.h"
#include "evaluate/metrics.h"
#include "evaluate/text_table.h"
#include "report/charts.h"
#include "report/html.h"
#include "report/item_map_figure.h"
#include "report/ticks.h"

namespace anirec {
namespace {

// The figures of the first line, each with what a model-free guess reaches.
struct KeyFigure {
  std::string_view key, baseline;
};
constexpr KeyFigure key_figures[] = {{"rmse", "user+item mean"},
                                     {"mae", "user+item mean"},
                                     {"auc", "best constant"},
                                     {"accuracy", "always positive"},
                                     {"ndcg@", "most popular"}};

constexpr std::size_t title_limit = 60;  // of a title in a table

std::string key_card(const std::string& name, const std::string& value, const std::string& note) {
  return element("div", element("dt", name) + element("dd", value, "value") + element("dd", note, "note")) + "\n";
}

std::optional<double> figure_of(const std::vector<SectionLine>& lines, std::string_view name, std::size_t key) {
  for (const SectionLine& line : lines)
    if (name.empty() || line.name == name) return line.figures[key];
  return std::nullopt;
}

std::string key_cards(const std::vector<Section>& sections) {
  std::string out;
  for (const Section& section : sections)
    for (const KeyFigure& wanted : key_figures)
      for (std::size_t k = 0; k < section.keys.size(); ++k) {
        const std::string& key = section.keys[k];
        if (wanted.key.ends_with('@') ? !key.starts_with(wanted.key) : key != wanted.key) continue;
        const std::optional<double> own = figure_of(section.runs, "", k);
        if (!own) continue;
        const std::optional<double> baseline = figure_of(section.baselines, wanted.baseline, k);
        const std::string note = baseline ? std::string(wanted.baseline) + " " + fixed_text(*baseline, 3) : "";
        std::string name = column_name(key, TableStyle::markdown);
        out += key_card(name, fixed_text(*own, 3), note);
      }
  return out;
}

std::string duration_text(double seconds) {
  if (seconds < 10) return fixed_text(seconds, 2) + " s";
  if (seconds < 120) return fixed_text(seconds, 0) + " s";
  const auto minutes = static_cast<std::uint64_t>(std::llround(seconds / 60));
  if (minutes < 120) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

double training_seconds(const std::vector<EpochFigures>& history) {
  double seconds = 0;
  for (const EpochFigures& epoch : history) seconds += epoch.seconds;
  return seconds;
}

std::string source_names(const DatasetSummary& data) {
  constexpr std::size_t most = 4;
  std::string names;
  for (std::size_t i = 0; i < std::min(most, data.sources.size()); ++i)
    names += (i == 0 ? "" : ", ") + html_text(data.sources[i].name, 80);
  if (data.sources.size() > most) names += " and " + std::to_string(data.sources.size() - most) + " more";
  return names;
}

std::string header(const RunReport& report, const std::vector<Section>& sections) {
  const std::uint64_t best = best_epoch(report.history, report.monitor);
  std::string lead = "Model " + html_text(report.run.model) + ", task " + html_text(report.run.task);
  if (!report.data.sources.empty()) lead += ", data " + source_names(report.data);
  std::string cards = key_cards(sections);
  if (!report.history.empty())
    cards += key_card(report.history.size() == 1 ? "epoch" : "epochs", count_text(report.history.size()),
                      "best " + std::to_string(best) + "; " + duration_text(training_seconds(report.history)));
  return "<header>\n" + element("h1", html_text(report.run.name)) + "\n" + element("p", lead, "lead") + "\n" +
         (cards.empty() ? "" : element("dl", "\n" + cards, "keys") + "\n") + "</header>\n";
}

std::string about_training(const RunReport& report) {
  const bool validated = std::any_of(report.history.begin(), report.history.end(),
                                     [](const EpochFigures& epoch) { return !epoch.validation.empty(); });
  const bool of_train = !validated || report.monitor.starts_with("train_");
  const std::string name = report.monitor.starts_with("train_") ? report.monitor.substr(6) : report.monitor;
  return std::string("The best epoch is the one of the ") + (larger_is_better(name) ? "highest " : "lowest ") +
         (of_train ? "training " : "validation ") + column_name(name, TableStyle::markdown) + "; the model has " +
         (report.keeps_best ? "its" : "the last epoch's") +
         " weights. Training figures are taken during the pass, with dropout on.";
}

std::string training(const RunReport& report) {
  if (report.history.empty()) return "";
  const std::uint64_t best = best_epoch(report.history, report.monitor);
  const std::vector<LearningCurve> curves = {{"training", "s2 dash", &report.history, true},
                                             {"validation", "s1", &report.history, false}};
  const bool both = report.run.task == "hybrid";
  std::vector<std::string> keys = {"loss"};
  if (report.run.task != "interaction") keys.insert(keys.end(), {"rmse", "mae"});
  if (both) keys.push_back("bce");
  if (report.run.task != "rating") keys.insert(keys.end(), {"accuracy", "auc"});
  std::vector<Figure> list;
  for (const std::string& key : keys)
    if (auto figure = learning_figure(key, curves, best)) list.push_back(std::move(*figure));
  return figures(list) + element("p", about_training(report), "note") + "\n";
}

std::string predictions(const RunReport& report, const std::vector<Section>& sections) {
  const PredictionFigures& from = report.predictions;
  std::vector<Figure> list;
  if (!from.by_rating.empty()) {
    list.push_back(predictions_figure(from.bins, from.by_rating));
    list.push_back(spread_figure(from.bins, from.by_rating));
  }
  if (from.curves) {
    std::optional<double> auc;
    for (const Section& section : sections)
      for (std::size_t k = 0; k < section.keys.size(); ++k)
        if (section.keys[k] == "auc") auc = figure_of(section.runs, "", k);
    list.push_back(roc_figure(*from.curves, auc));
    list.push_back(precision_figure(*from.curves));
  }
  if (!from.calibration.empty()) list.push_back(calibration_figure(from.calibration));
  std::string out = figures(list);
  if (from.rows < from.of)
    out +=
        element("p",
                "Drawn from " + count_text(from.rows) + " of the " + count_text(from.of) + " rows, evenly spaced.",
                "note") +
        "\n";
  return out;
}

std::string share_note(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "" : share_text(static_cast<double>(part) / static_cast<double>(whole));
}

std::string most_recommended(const RunReport& report) {
  std::vector<FactRow> rows;
  for (const RecommendedItem& item : report.most_recommended)
    rows.push_back({html_text(item.name, title_limit), count_text(item.users),
                    share_note(item.users, report.popularity->users)});
  return element("div",
                 element("h3", "Recommended most often") +
                     element("p", "users who have it among their first " + std::to_string(report.popularity->k),
                             "note") +
                     facts_table(rows),
                 "card") +
         "\n";
}

std::string recommendations(const RunReport& report) {
  std::string out;
  if (report.popularity) out += figure(popularity_figure(*report.popularity));
  if (!report.mapped.empty()) out += figure(item_map_figure(report.map, report.mapped));
  if (report.popularity && !report.most_recommended.empty()) out += most_recommended(report);
  return out.empty() ? "" : element("div", "\n" + out, "cards") + "\n";
}

std::string data(const RunReport& report) {
  const RuleCounts& counts = report.data.counts;
  const std::uint64_t read = counts.read();
  std::vector<FactRow> rows = {{"rows read", count_text(read), ""},
                               {"  kept", count_text(counts.kept), share_note(counts.kept, read)}};
  for (const DropRule& rule : drop_rules)
    if (const std::uint64_t dropped = counts.*rule.count; dropped > 0)
      rows.push_back({"  dropped: " + html_text(drop_reason(rule, report.data.rules)), count_text(dropped),
                      share_note(dropped, read)});
  if (report.positives)
    rows.push_back({"rows of label 1", count_text(*report.positives), share_note(*report.positives, counts.kept)});
  rows.push_back({"users", count_text(report.data.users), ""});
  rows.push_back({"items", count_text(report.data.items), ""});
  if (report.data.duplicate_pairs > 0)
    rows.push_back({"rows of a pair seen before", count_text(report.data.duplicate_pairs),
                    share_note(report.data.duplicate_pairs, counts.kept)});
  const std::uint64_t all = report.train_rows + report.validation_rows + report.test_rows;
  rows.push_back({"split: training", count_text(report.train_rows), share_note(report.train_rows, all)});
  rows.push_back({"  validation", count_text(report.validation_rows), share_note(report.validation_rows, all)});
  rows.push_back({"  test", count_text(report.test_rows), share_note(report.test_rows, all)});
  std::string out = element("div", facts_table(rows), "card") + "\n";
  if (!report.ratings.empty()) out += figure(ratings_figure(report.bins, report.ratings));
  return element("div", "\n" + out, "cards top") + "\n";
}

std::string settings(const RunReport& report) {
  return command_block(report.command) +
         element("p", "Trains the same model again, with every setting that is not the default.", "note") + "\n";
}

}  // namespace

std::string run_report_html(const RunReport& report) {
  const std::vector<Section> sections =
      report.run.evaluation.empty() ? std::vector<Section>{} : comparison_sections({report.run});
  std::string body = header(report, sections);
  body += section("Figures beside the baselines", comparison_html(sections));
  body += section("Training", training(report));
  body += section("Predictions", predictions(report, sections));
  body += section("Recommendations", recommendations(report));
  body += section("Data", data(report));
  body += section("Run it again", settings(report));
  std::string foot = "anirec " + html_text(report.version);
  if (!report.history.empty()) foot += " · trained for " + duration_text(training_seconds(report.history));
  body += element("footer", foot + " · judged on " + html_text(report.device)) + "\n";
  return page(html_text(report.run.name) + " – anirec", body);
}

}  // namespace anirec
