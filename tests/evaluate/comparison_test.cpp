#include "evaluate/comparison.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "error.h"

using namespace anirec;

namespace {

const char* const rating_baselines =
    R"("baselines":{"global mean":{"rows":4350,"loss":2.25,"rmse":1.5,"mae":1.2},)"
    R"("user+item mean":{"rows":4350,"loss":1.44,"rmse":1.2,"mae":0.9}})";
const char* const label_baselines =
    R"("baselines":{"always positive":{"loss":null,"bce":null,"accuracy":0.861,"precision":0.861,"recall":1.0,)"
    R"("specificity":0.0,"auc":0.5},"best constant":{"loss":0.4,"bce":0.4,"accuracy":0.861,"precision":0.861,)"
    R"("recall":1.0,"specificity":0.0,"auc":0.5}})";

std::string evaluation(const std::string& rest) { return R"({"split":"test","rows":4350,)" + rest + "}"; }

ComparedRun rating_run(const std::string& name, const std::string& figures) {
  return {name, name.substr(0, 2), "rating", 12, evaluation(figures + "," + rating_baselines)};
}

ComparedRun label_run(const std::string& name, const std::string& figures) {
  return {name, name.substr(0, 2), "interaction", 3, evaluation(figures + "," + label_baselines)};
}

const std::string good_labels =
    R"("loss":0.3,"bce":0.3,"accuracy":0.9,"precision":0.91,"recall":0.92,"specificity":0.5,"auc":0.8)";
const std::string poor_labels =
    R"("loss":0.45,"bce":0.45,"accuracy":0.861,"precision":0.861,"recall":1.0,"specificity":0.0,"auc":0.7)";

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("ratings and interactions in plain text") {
  const std::string text = comparison_tables(
      {rating_run("mf-rating", R"("loss":1.0,"rmse":1.0,"mae":0.85)"), label_run("mf-interaction", poor_labels),
       rating_run("nn-rating", R"("loss":1.69,"rmse":1.3,"mae":0.8)"), label_run("nn-interaction", good_labels)},
      TableStyle::plain);
  CHECK(text ==
        "run             model         task  epochs\n"
        "mf-rating          mf       rating      12\n"
        "mf-interaction     mf  interaction       3\n"
        "nn-rating          nn       rating      12\n"
        "nn-interaction     nn  interaction       3\n"
        "\n"
        "Ratings: test split, 4,350 rows\n"
        "run               loss    RMSE     MAE\n"
        "mf-rating      *1.0000 *1.0000  0.8500\n"
        "nn-rating       1.6900  1.3000 *0.8000\n"
        "baselines, without a model:\n"
        "global mean     2.2500  1.5000  1.2000\n"
        "user+item mean  1.4400  1.2000  0.9000\n"
        "! nn-rating does not beat \"user+item mean\":\n"
        "  RMSE 1.3000 against 1.2000\n"
        "\n"
        "Interactions: test split, 4,350 rows\n"
        "run                 BCE    acc   prec  recall   spec     AUC\n"
        "mf-interaction   0.4500  0.861  0.861  *1.000  0.000  0.7000\n"
        "nn-interaction  *0.3000 *0.900 *0.910   0.920 *0.500 *0.8000\n"
        "baselines, without a model:\n"
        "always positive       -  0.861  0.861   1.000  0.000  0.5000\n"
        "best constant    0.4000  0.861  0.861   1.000  0.000  0.5000\n"
        "! mf-interaction does not beat \"always positive\":\n"
        "  accuracy 0.8610 against 0.8610\n"
        "! mf-interaction does not beat \"best constant\":\n"
        "  BCE 0.4500 against 0.4000\n"
        "\n"
        "* best of the runs on the same rows\n"
        "acc, prec, spec: accuracy, precision, specificity\n");
  CHECK(widest_line(text) <= 60);
}

TEST_CASE("markdown") {
  const std::string text = comparison_tables({rating_run("mf|x", R"("loss":1.0,"rmse":1.0,"mae":0.85)"),
                                              rating_run("nn", R"("loss":1.7,"rmse":1.3,"mae":0.85)")},
                                             TableStyle::markdown);
  CHECK(text ==
        "| run | model | task | epochs |\n"
        "|---|---:|---:|---:|\n"
        "| mf\\|x | mf | rating | 12 |\n"
        "| nn | nn | rating | 12 |\n"
        "\n"
        "\n"
        "**Ratings**: test split, 4,350 rows\n"
        "\n"
        "| run | loss | RMSE | MAE |\n"
        "|---|---:|---:|---:|\n"
        "| mf\\|x | **1.0000** | **1.0000** | **0.8500** |\n"
        "| nn | 1.7000 | 1.3000 | **0.8500** |\n"
        "| baseline: global mean | 2.2500 | 1.5000 | 1.2000 |\n"
        "| baseline: user+item mean | 1.4400 | 1.2000 | 0.9000 |\n"
        "\n"
        "- nn does not beat \"user+item mean\": RMSE 1.3000 against 1.2000\n");
}

TEST_CASE("other rows are another section, with its own baselines and no marks across") {
  ComparedRun other = rating_run("nn-seed-2", R"("loss":0.5,"rmse":0.7,"mae":0.5)");
  const std::size_t at = other.evaluation.find("\"rmse\":1.2");
  other.evaluation.replace(at, 10, "\"rmse\":1.1");  // the same number of rows, but not the same rows
  const std::string text =
      comparison_tables({rating_run("mf-a", R"("loss":1.0,"rmse":1.0,"mae":0.85)"), other}, TableStyle::plain);
  CHECK(occurrences(text, "Ratings: test split, 4,350 rows\n") == 2);
  CHECK(occurrences(text, "user+item mean ") == 2);
  CHECK(occurrences(text, "*") == 0);

  other = rating_run("nn-validation", R"("loss":0.5,"rmse":0.7,"mae":0.5)");
  other.evaluation.replace(other.evaluation.find("test"), 4, "validation");
  CHECK(comparison_json({rating_run("mf-a", R"("rmse":1.0)"), other})["ratings"].size() == 2);

  other.evaluation.replace(other.evaluation.find("validation"), 10, "all");
  CHECK(comparison_tables({other}, TableStyle::plain).find("\nRatings: all 4,350 rows\n") != std::string::npos);
}

TEST_CASE("a hybrid stands in both tables; its loss is marked against nobody") {
  const std::string figures = R"("loss":9.5,"rmse":0.9,"mae":0.7,"bce":0.3,"accuracy":0.9,"precision":0.9,)"
                              R"("recall":0.9,"specificity":0.5,"auc":0.8,)";
  const std::string baselines =
      R"("baselines":{"global mean":{"loss":null,"rmse":1.5,"mae":1.2},"user+item mean":{"loss":null,"rmse":1.2,)"
      R"("mae":0.9},)" +
      std::string(label_baselines).substr(13);
  const ComparedRun hybrid = {"hybrid", "hybrid", "hybrid", 5, evaluation(figures + baselines)};
  const auto json = comparison_json({hybrid, rating_run("mf-rating", R"("loss":1.0,"rmse":1.0,"mae":0.85)")});
  REQUIRE(json["ratings"].size() == 1);  // the same baselines but for the loss: the same rows
  REQUIRE(json["ratings"][0]["runs"].size() == 2);
  CHECK(json["ratings"][0]["runs"][0]["best"].dump() == R"(["rmse","mae"])");
  CHECK(json["ratings"][0]["runs"][1]["best"].empty());
  CHECK(json["ratings"][0]["baselines"].size() == 2);
  REQUIRE(json["interactions"].size() == 1);
  CHECK(json["interactions"][0]["runs"].size() == 1);
  CHECK(json["interactions"][0]["baselines"].size() == 2);
}

TEST_CASE("ranking has a table where a run was ranked, apart for another K") {
  const auto ranked = [](const std::string& name, const std::string& k, const std::string& ndcg) {
    return ComparedRun{
        name, "mf", "rating", 1,
        evaluation(R"("rmse":1.0,"hr@)" + k + R"(":0.5,"recall@)" + k + R"(":0.25,"ndcg@)" + k + R"(":)" + ndcg +
                   R"(,"mrr":0.3,"coverage":0.75,"baselines":{"most popular":{"hr@)" + k + R"(":0.4,"recall@)" +
                   k + R"(":0.2,"ndcg@)" + k + R"(":0.2,"mrr":0.2,"coverage":0.01}})")};
  };
  const std::string text = comparison_tables(
      {ranked("mf-ranked", "10", "0.2"), ranked("mf-ranked-20", "20", "0.3")}, TableStyle::plain);
  CHECK(text.find("Ranking: test split, 4,350 rows\n"
                  "run            HR@10  recall@10  NDCG@10     MRR  coverage\n"
                  "mf-ranked     0.5000     0.2500   0.2000  0.3000    0.7500\n") != std::string::npos);
  CHECK(text.find("! mf-ranked does not beat \"most popular\":\n  NDCG@10 0.2000 against 0.2000\n") !=
        std::string::npos);
  CHECK(text.find("mf-ranked-20 does not beat") == std::string::npos);
  CHECK(text.find("NDCG@20") != std::string::npos);
  CHECK(widest_line(text) <= 60);
  CHECK(comparison_json({rating_run("mf", R"("rmse":1.0)")})["ranking"].empty());
}

TEST_CASE("what is missing or was not finite is a dash") {
  const std::string text =
      comparison_tables({rating_run("mf-nan", R"("loss":null,"rmse":null)")}, TableStyle::plain);
  CHECK(text.find("mf-nan               -       -       -\n") != std::string::npos);
  CHECK(text.find("does not beat") == std::string::npos);
}

TEST_CASE("long names do not break the width") {
  const std::string text = comparison_tables(
      {label_run("mf-interaction-with-a-much-longer-name", good_labels), label_run("mf", good_labels)},
      TableStyle::plain);
  CHECK(text.find("\nmf-interaction-with-a-much-longer-name\n") != std::string::npos);
  CHECK(widest_line(text.substr(text.find("Interactions:"))) <= 60);
}

TEST_CASE("JSON has the content of the tables") {
  const auto json =
      comparison_json({label_run("mf-interaction", poor_labels), label_run("nn-interaction", good_labels)});
  CHECK(json["runs"][1].dump() == R"({"name":"nn-interaction","model":"nn","task":"interaction","epochs":3})");
  CHECK(json["ratings"].empty());
  const auto& section = json["interactions"].at(0);
  CHECK(section["split"] == "test");
  CHECK(section["rows"] == 4350);
  CHECK(section["runs"][0]["auc"] == 0.7);
  CHECK(section["runs"][0]["best"].dump() == R"(["recall"])");
  CHECK(section["baselines"][0].dump().starts_with(R"({"name":"always positive","accuracy":0.861,)"));
  CHECK(
      section["not_beaten"][0].dump() ==
      R"({"run":"mf-interaction","baseline":"always positive","figure":"accuracy","value":0.861,"baseline_value":0.861})");
}

TEST_CASE("a damaged evaluation is an error that names the run") {
  for (const std::string& text : std::vector<std::string>{
           "", "{", "[]", "null", R"({"rows":3})", R"({"split":"test"})", R"({"split":3,"rows":3})",
           R"({"split":"test","rows":-3})", R"({"split":"test","rows":"many"})", evaluation(R"("rmse":"low")"),
           evaluation(R"("baselines":[1])"), evaluation(R"("baselines":{"global mean":3})"),
           evaluation(R"("baselines":{"global mean":{"rmse":[]}})"), evaluation(R"("hr@x":0.5)"),
           std::string("\xff\xfe\0", 3)}) {
    CAPTURE(text);
    std::string message;
    try {
      comparison_tables({rating_run("mf-fine", R"("rmse":1.0)"), {"mf-broken", "mf", "rating", 1, text}},
                        TableStyle::plain);
    } catch (const DataError& error) {
      message = error.what();
    }
    CHECK(message.find("mf-broken: its evaluation.json is damaged (") == 0);
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("nothing to compare") {
  CHECK(comparison_tables({}, TableStyle::plain) == "run  model  task  epochs\n");
  CHECK(comparison_json({})["runs"].empty());
}
