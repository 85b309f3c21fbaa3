#include "report/run_report.h"

#include <doctest/doctest.h>

#include "fixtures/text.h"
#include "report/comparison_report.h"
#include "report/item_map_figure.h"
#include "report/markup.h"

using namespace anirec;

namespace {

ComparedRun hybrid_run(const std::string& name) {
  return {name, "hybrid", "hybrid", 2,
          R"({"split":"test","rows":4,"loss":1.5,"rmse":1.25,"mae":1,"bce":0.5,"accuracy":0.75,"precision":1,
              "recall":0.5,"specificity":1,"auc":0.875,"hr@10":0.5,"recall@10":0.5,"ndcg@10":0.25,"mrr":0.5,"coverage":0.1,
              "baselines":{"user+item mean":{"rmse":1.125,"mae":1},"always positive":{"bce":null,"accuracy":0.5}}})"};
}

// A report with every part, of `items` items and as many epochs.
RunReport full_report(std::size_t items) {
  RunReport report;
  report.run = hybrid_run("hybrid");
  report.data.counts.kept = 10;
  report.data.counts.unrated = 3;
  report.data.sources = {{"ratings.csv", "animelist", "crc32:0"}};
  report.data.users = 5;
  report.data.items = items;
  report.train_rows = 6;
  report.test_rows = 4;
  report.bins = {1, 1, 10};
  report.ratings = {1, 0, 0, 0, 0, 2, 3, 4, 0, 0};
  report.positives = 7;
  for (std::size_t e = 1; e <= items; ++e) {
    const double loss = 1 / static_cast<double>(e);
    report.history.push_back(
        {e, 0.5, {{"loss", loss}, {"rmse", loss}}, {{"loss", loss + 0.1}, {"auc", 0.5 + loss / 4}}});
  }
  report.monitor = "loss";
  report.keeps_best = true;
  report.predictions.rows = 2;
  report.predictions.of = 4;
  report.predictions.bins = report.bins;
  report.predictions.by_rating.resize(10);
  report.predictions.by_rating[7] = {2, 2, 7.5, 0.5};
  report.predictions.curves = ThresholdCurves{{{0, 0}, {0.5, 1}, {1, 1}}, {{1, 0.5}}, 0.5};
  report.predictions.calibration = {{3, 0.25, 0.3}, {1, 0.75, 0.7}};
  report.popularity = PopularityShares{10, 5, items, 2, {0.75, 0.25}, {1, 0}, {}};
  report.most_recommended = {{"A most recommended title", 4}};
  for (std::size_t i = 0; i < std::min<std::size_t>(items, 2000); ++i) {
    const double place = static_cast<double>(i);
    report.map.places.push_back({place, place * place});
    report.mapped.push_back({"Title number " + std::to_string(i) + " that is about as long as titles are",
                             i % 2 == 0 ? "Drama, School" : "Comedy|Sci-Fi", 2000 - i});
  }
  report.command = "anirec train data.safetensors \\\n  --out 'it''s'";
  report.device = "cpu, 2 threads";
  report.version = "1.2.3";
  return report;
}

}  // namespace

TEST_CASE("a report has every part, is well formed and loads nothing") {
  const std::string html = run_report_html(full_report(20));
  CHECK(markup_fault(html) == "");
  for (const char* part : {"<title>hybrid – anirec</title>",
                           "data ratings.csv",
                           "RMSE",
                           "1.2500",
                           "user+item mean 1.125",
                           "0.8750",
                           "does not beat “user+item mean”: RMSE 1.2500 against 1.1250",
                           "best epoch, 20",
                           "Predicted against true rating",
                           "ROC curve",
                           "Precision and recall",
                           "Calibration",
                           "Drawn from 2 of the 4 rows",
                           "Popularity of what is recommended",
                           "A most recommended title",
                           "Map of the items",
                           "Title number 3 that is about as long as titles are · Comedy|Sci-Fi · 1,997 rows",
                           "dropped: not rated",
                           "rows of label 1",
                           "anirec train data.safetensors \\\n  --out",
                           "trained for 10 s · judged on cpu, 2 threads",
                           "anirec 1.2.3"}) {
    CAPTURE(std::string(part));
    CHECK(contains(html, part));
  }
  for (const char* part : {"<script", "http:", "https:", "url(", "@import", "<img", "src="}) {
    CAPTURE(std::string(part));
    CHECK_FALSE(contains(html, part));
  }
}

TEST_CASE("equal content gives equal bytes") {
  CHECK(run_report_html(full_report(50)) == run_report_html(full_report(50)));
}

TEST_CASE("a report of 20,000 items and as many epochs stays under a megabyte") {
  const std::string html = run_report_html(full_report(20000));
  CHECK(html.size() < 1000000);
  CHECK(occurrences(html, "<circle") >= 2000);
  CHECK(contains(html, "best epoch, 20000"));
}

TEST_CASE("whatever comes from files is text") {
  RunReport report = full_report(3);
  report.run = hybrid_run(hostile_text);
  report.data.sources = {{hostile_text, hostile_text, hostile_text}};
  report.mapped[0].name = report.mapped[1].genres = hostile_text;
  report.most_recommended[0].name = hostile_text;
  report.command = report.device = hostile_text;
  report.run.evaluation.replace(report.run.evaluation.find("user+item"), 9, "<i>\\\"mean\\\"");
  const std::string html = run_report_html(report);
  CHECK(markup_fault(html) == "");
  CHECK_FALSE(contains(html, "<script"));
  CHECK_FALSE(contains(html, "<i>\""));
  CHECK_FALSE(contains(html, "\x1b"));
  CHECK(occurrences(html, "&lt;script&gt;") >= 8);
}

TEST_CASE("parts that a run does not have are left out") {
  RunReport report;
  report.run = {"mf", "mf", "rating", 0, ""};
  report.monitor = "loss";
  const std::string html = run_report_html(report);
  CHECK(markup_fault(html) == "");
  for (const char* part : {"Training", "Predictions", "Recommendations", "Figures beside", "epochs"}) {
    CAPTURE(std::string(part));
    CHECK_FALSE(contains(html, "<h2>" + std::string(part)));
  }
  CHECK(contains(html, "<h2>Data</h2>"));
}

TEST_CASE("one epoch, equal losses and one item are drawn too") {
  RunReport report = full_report(1);
  CHECK(markup_fault(run_report_html(report)) == "");
  CHECK_FALSE(contains(run_report_html(report), "nan"));
  CHECK_FALSE(contains(run_report_html(report), "inf\""));
}

TEST_CASE("an item has the colour of its rarest genre among the six most frequent") {
  std::vector<MappedItem> items;
  for (const char* genres : {"A, B", "A|C", "A, B, C", "A", "", "A,B", "D, E, F, G"})
    items.push_back({"", genres, 1});
  const GenreColours colour = colour_genres(items);
  CHECK(colour.genres == std::vector<std::string>{"A", "B", "C", "D", "E", "F"});
  CHECK(colour.of_item == std::vector<int>{1, 2, 2, 0, -1, 1, 5});
}

TEST_CASE("a comparison has the tables, the curves and each run's command") {
  const RunReport one = full_report(4);
  std::vector<ReportedRun> runs = {{hybrid_run("first"), one.history, "anirec train first"},
                                   {hybrid_run(hostile_text), one.history, "anirec train second"}};
  const std::string html = comparison_report_html(runs, "1.2.3");
  CHECK(markup_fault(html) == "");
  CHECK_FALSE(contains(html, "<script"));
  for (const char* part : {"Comparison of 2 runs", "Ratings", "Interactions", "Ranking", "AUC by epoch",
                           "anirec train first", "anirec train second", "class=\"best\">0.8750"}) {
    CAPTURE(std::string(part));
    CHECK(contains(html, part));
  }
  CHECK(comparison_report_html(runs, "1.2.3") == html);
}
