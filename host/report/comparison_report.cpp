#include "report/comparison_report.h"

#include <algorithm>

#include "dataset/task_rules.h"
#include "evaluate/text_table.h"
#include "report/charts.h"
#include "report/html.h"

namespace anirec {
namespace {

constexpr std::size_t most_curves = 6;  // as many colours can be told apart

std::string run_list(const std::vector<ReportedRun>& runs) {
  std::string rows;
  for (const ReportedRun& one : runs)
    rows += element("tr", "<th scope=\"row\">" + html_text(one.run.name) + "</th>" +
                              element("td", html_text(one.run.model)) + element("td", html_text(one.run.task)) +
                              element("td", count_text(one.run.epochs))) +
            "\n";
  return figures_table({"run", "model", "task", "epochs"}, rows, "list");
}

// The validation figure of each run, or where nothing was validated the training figure.
std::optional<Figure> figure_of(const std::vector<const ReportedRun*>& runs, const std::string& key) {
  std::vector<LearningCurve> curves;
  for (const ReportedRun* one : runs) {
    if (curves.size() == most_curves) break;
    const bool of_train = std::all_of(one->history.begin(), one->history.end(),
                                      [](const EpochFigures& epoch) { return epoch.validation.empty(); });
    curves.push_back({html_text(one->run.name) + (of_train ? " (training)" : ""),
                      "s" + std::to_string(curves.size() + 1), &one->history, of_train});
  }
  return learning_figure(key, curves, 0);
}

}  // namespace

std::string comparison_report_html(const std::vector<ReportedRun>& runs, const std::string& version) {
  std::vector<ComparedRun> compared;
  std::vector<const ReportedRun*> rating, label;
  for (const ReportedRun& one : runs) {
    compared.push_back(one.run);
    const Task task = parse_task(one.run.task);
    if (task_has_rating(task)) rating.push_back(&one);
    if (task_has_label(task)) label.push_back(&one);
  }
  std::vector<Figure> curves;
  const auto draw = [&](const std::vector<const ReportedRun*>& of, const char* key) {
    if (auto figure = figure_of(of, key)) curves.push_back(std::move(*figure));
  };
  for (const char* key : {"rmse", "mae"}) draw(rating, key);
  for (const char* key : {"bce", "accuracy", "auc"}) draw(label, key);

  std::string body =
      "<header>\n" +
      element("h1", "Comparison of " + count_text(runs.size()) + (runs.size() == 1 ? " run" : " runs")) +
      "\n</header>\n";
  body += section("Runs", run_list(runs));
  body += section(
      "Figures beside the baselines",
      comparison_html(comparison_sections(compared)) +
          element("p",
                  "The best figure of each column is set in bold where several runs were judged on the same rows.",
                  "note") +
          "\n");
  std::string validation = figures(curves);
  if (!validation.empty() && std::max(rating.size(), label.size()) > most_curves)
    validation +=
        element("p", "The first " + std::to_string(most_curves) + " runs of each task are drawn.", "note") + "\n";
  body += section("Validation by epoch", validation);
  std::string commands;
  for (const ReportedRun& one : runs) commands += command_block(one.command);
  body += section("Run them again", commands);
  body += element("footer", "anirec " + html_text(version)) + "\n";
  return page("Comparison – anirec", body);
}

}  // namespace anirec
