#include "report/search_report.h"

#include <doctest/doctest.h>

#include <cmath>

#include "report/markup.h"

using namespace anirec;

namespace {

// `count` trials over two settings, the best first; every third goes on to a second rung, and one could not be
// trained.
SearchReport report_of(std::uint64_t count) {
  SearchReport report{"mf", "rating", "rmse", {}, {}, "best/report.html", "anirec train 'it''s'", "1.2.3"};
  for (std::uint64_t t = 0; t < count; ++t) {
    ReportedTrial trial{t + 1, {}, {{3, 1 + static_cast<double>(t) / static_cast<double>(count)}}};
    if (t > 0) trial.settings = {{"lr", t % 2 == 0 ? "1e-3" : "1e-2"}, {"hidden", t % 2 == 0 ? "64" : "128,64"}};
    if (3 * t < count) trial.loss_after[9] = trial.loss_after[3] - 0.1;
    report.trials.push_back(trial);
  }
  if (count > 5) report.trials.back().loss_after[3] = INFINITY;
  report.settings = {{"lr", {"1e-3", "1e-2"}, 0.25, "1e-2"}, {"hidden", {"64", "128,64"}, {}, {}}};
  return report;
}

}  // namespace

TEST_CASE("a search's page is whole, loads nothing, and shows every trial") {
  const std::string html = search_report_html(report_of(12));
  CHECK(markup_fault(html) == "");
  for (const char* part : {"Search for mf, rating", "12 trials", "validation RMSE 0.9000", "best/report.html",
                           "after at most 9 epochs", "anirec train 'it''s'", "not finite", "best on average: 1e-2",
                           "128,64", "anirec 1.2.3"}) {
    CAPTURE(part);
    CHECK(occurrences(html, part) > 0);
  }
  CHECK(occurrences(html, "http:") + occurrences(html, "https:") + occurrences(html, "src=") == 0);
  CHECK(occurrences(html, "<script") == 0);
  // Four trials came to a second rung: 16 dots in the course, and 11 in each setting's figure.
  CHECK(occurrences(html, "<circle") == 16 + 2 * 11);
  CHECK(occurrences(html, "<rect") == 1);  // of the two settings one has an effect
}

TEST_CASE("a figure that is better the larger is shown as it is") {
  SearchReport report = report_of(4);
  report.figure = "auc";
  for (ReportedTrial& trial : report.trials)
    for (auto& [epochs, loss] : trial.loss_after) loss = -loss / 4;
  const std::string html = search_report_html(report);
  CHECK(occurrences(html, "validation AUC 0.2250") == 1);
  CHECK(occurrences(html, "-0.2") == 0);
}

TEST_CASE("a search of one trial, or of one setting, has a page") {
  SearchReport report = report_of(1);
  for (ReportedSetting& setting : report.settings) setting.share.reset();
  const std::string html = search_report_html(report);
  CHECK(markup_fault(html) == "");
  CHECK(occurrences(html, "1 trial;") == 1);
  CHECK(occurrences(html, "What mattered") == 0);
  report.settings.clear();
  CHECK(markup_fault(search_report_html(report)) == "");
}

TEST_CASE("the page of many trials stays small, and text is no markup") {
  SearchReport report = report_of(5000);
  CHECK(search_report_html(report).size() < 1000000);
  CHECK(occurrences(search_report_html(report), "best 300 are drawn") == 1);
  report = report_of(8);
  report.settings[0] = {hostile_text, {hostile_text, "1"}, 0.5, hostile_text};
  report.trials[2].settings = {{hostile_text, hostile_text}};
  report.command = hostile_text;
  report.model = report.task = hostile_text;
  const std::string html = search_report_html(report);
  CHECK(markup_fault(html) == "");
  CHECK(occurrences(html, "<script") == 0);
  CHECK(occurrences(html, "\x1b") == 0);
}
