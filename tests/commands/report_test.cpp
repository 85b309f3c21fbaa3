#include <doctest/doctest.h>

#include "commands/commands_fixture.h"
#include "commands/run_config.h"
#include "report/markup.h"

using namespace anirec;

namespace {

const std::string rest = " --dim 4 --hidden 4 --epochs 2 --split 0.8,0.1,0.1 --quiet ";

std::string report_of(const Workplace& work, const std::string& run) { return work.read(run + "/report.html"); }

// The command in a report, as words that need no shell.
std::vector<std::string> command_of(const std::string& html) {
  const std::size_t begin = html.find("<code>anirec ") + 13;
  std::string command = html.substr(begin, html.find("</code>", begin) - begin);
  std::replace(command.begin(), command.end(), '\\', ' ');
  std::replace(command.begin(), command.end(), '\n', ' ');
  return words(command);
}

}  // namespace

TEST_CASE("every run has a report with its own figures") {
  const Workplace& work = trained_workplace();
  for (const std::string run : {"mf-rating", "nn-interaction", "hybrid"}) {
    CAPTURE(run);
    const std::string html = report_of(work, run);
    CHECK(markup_fault(html) == "");
    const nlohmann::json evaluation = nlohmann::json::parse(work.read(run + "/evaluation.json"));
    for (const char* key : {"rmse", "auc"}) {
      CHECK(evaluation.contains(key) ==
            contains(html, key == std::string("auc") ? "<h3>ROC curve</h3>" : "<h3>RMSE</h3>"));
      if (!evaluation.contains(key)) continue;
      char figure[16];
      std::snprintf(figure, sizeof figure, "<td>%.4f</td>", evaluation[key].get<double>());
      CHECK(contains(html, figure));
    }
    CHECK(contains(html, "<h3>Map of the items</h3>"));
    CHECK(contains(html, "item 1 ·"));
  }
}

TEST_CASE("the same run gives the same report but for its times, and its command trains it again") {
  const Workplace work;
  const std::string line =
      "train animelist.csv --model hybrid --task hybrid --seed 7 --class-weight 2.5,1 --no-shuffle" + rest;
  REQUIRE(fault_of(work.run(line + "--out run --titles titles.csv")) == "");
  const std::string html = report_of(work, "run");
  REQUIRE(fault_of(work.run("evaluate run")) == "");
  CHECK(report_of(work, "run") == html);
  REQUIRE(fault_of(work.run(command_of(html))) == "");
  CHECK(difference_of(work.path("run"), work.path("run-again")) == "");
}

TEST_CASE("titles and genres of --titles are in the report, and evaluate finds them again") {
  const Workplace work;
  const std::string evil = "<script>\x1b[31m";
  work.file("titles.csv", "anime_id,name,genre\n1,\"" + evil + "\",\"Drama, Space\"\n2,Second,Drama\n");
  REQUIRE(fault_of(work.run("train animelist.csv --model mf --task rating --titles titles.csv --out run" +
                            rest)) == "");
  for (const char* by : {"train", "evaluate"}) {
    CAPTURE(by);
    const std::string html = report_of(work, "run");
    CHECK(markup_fault(html) == "");
    CHECK(contains(html, "&lt;script&gt;\\x1b[31m · Drama, Space"));
    CHECK(contains(html, "<span>Space</span>"));
    CHECK_FALSE(contains(html, "<script"));
    std::filesystem::remove(work.path("run/report.html"));
    REQUIRE(fault_of(work.run("evaluate run")) == "");
  }
  // Gone, they are done without; others can be given.
  work.file("others.csv", "anime_id,name,genre\n1,Another,War\n");
  std::filesystem::remove(work.path("titles.csv"));
  REQUIRE(fault_of(work.run("evaluate run")) == "");
  CHECK(contains(report_of(work, "run"), "item 1 ·"));
  REQUIRE(fault_of(work.run("evaluate run --titles others.csv")) == "");
  CHECK(contains(report_of(work, "run"), "Another · War"));
}

TEST_CASE("a titles file that is none is refused before anything is trained") {
  const Workplace work;
  work.file("titles.csv", "what,is,this\n");
  CHECK(fault_of(work.run("train animelist.csv --model mf --task rating --titles titles.csv --out run --quiet"), 3,
                 {"titles.csv"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("run/model.safetensors")));
}

TEST_CASE("a report that cannot be written costs the run nothing but exit code 3") {
  const Workplace work;
  REQUIRE(fault_of(work.run("train animelist.csv --model mf --task rating --out run --dim 4 --hidden 4 --split "
                            "0.8,0.1,0.1 --epochs 1 --quiet")) == "");
  std::filesystem::remove(work.path("run/report.html"));
  std::filesystem::create_directories(work.path("run/report.html/in the way"));
  const ProgramResult result = work.run("train --resume --epochs 2 --out run --quiet");
  CHECK(fault_of(result, 3, {"report.html", "the run itself is whole"}) == "");
  REQUIRE(fault_of(work.run("train animelist.csv --model mf --task rating --out whole" + rest)) == "");
  CHECK(difference_of(work.path("run"), work.path("whole")) == "");
  CHECK(work.read("run/evaluation.json") == work.read("whole/evaluation.json"));
  CHECK(fault_of(work.run("recommend run --user 1")) == "");
  CHECK(fault_of(work.run("evaluate run"), 3, {"report.html", "the run itself is whole"}) == "");
  CHECK(listing(work.path("run")) == listing(work.path("whole")));  // no temporary file
}

TEST_CASE("without a test split there is a report without figures of one") {
  const Workplace work;
  REQUIRE(
      fault_of(work.run(
          "train animelist.csv --model mf --task rating --split 1,0,0 --epochs 2 --dim 4 --quiet --out run")) ==
      "");
  const std::string html = report_of(work, "run");
  CHECK(markup_fault(html) == "");
  CHECK_FALSE(contains(html, "Figures beside the baselines"));
  CHECK(contains(html, "<h2>Training</h2>"));
  CHECK(contains(html, "the last epoch's weights"));
  CHECK(contains(html, "Popularity of what is recommended"));
}

TEST_CASE("rows of another file, unknown users and items among them, can be reported") {
  const Workplace work;
  REQUIRE(fault_of(work.run("train animelist.csv --model mf --task rating --out run" + rest)) == "");
  work.file("other.csv", "user_id,anime_id,rating\n1,1,8\n1,999999,3\n999999,1,5\n");
  REQUIRE(fault_of(work.run("evaluate run --data other.csv --ranking")) == "");
  CHECK(markup_fault(report_of(work, "run")) == "");
  CHECK(contains(report_of(work, "run"), "all 3 rows"));
  CHECK(contains(report_of(work, "run"), "NDCG@10"));
}

TEST_CASE("compare writes a page of several runs") {
  const Workplace& work = trained_workplace();
  const ProgramResult result = work.run("compare mf-rating nn-interaction hybrid --html comparison.html");
  CHECK(fault_of(result) == "");
  CHECK(result.out == "wrote comparison.html\n");
  const std::string html = work.read("comparison.html");
  CHECK(markup_fault(html) == "");
  for (const char* part : {"Comparison of 3 runs", "mf-rating", "nn-interaction", "AUC by epoch"})
    CHECK(contains(html, part));
  CHECK(fault_of(work.run("compare mf-rating --html a.html --json"), 2, {"--html"}) == "");
  CHECK(fault_of(work.run("compare mf-rating --html no/such/folder.html"), 3, {"no/such/folder.html"}) == "");
  const ProgramResult printed = work.run("compare mf-rating --html /dev/stdout");
  CHECK(printed.out.starts_with("<!DOCTYPE html>"));
  CHECK(printed.out.ends_with("</html>\n"));
}

TEST_CASE("a page of runs fits a telephone, also where one has the best figure of every column") {
  const Workplace work;
  const auto evaluated = [&](const std::string& run, double bce, double share) {
    REQUIRE(fault_of(work.run("train animelist.csv --model mf --task interaction --out " + run + rest)) == "");
    nlohmann::json evaluation = nlohmann::json::parse(work.read(run + "/evaluation.json"));
    evaluation["bce"] = bce;
    for (const char* key : {"accuracy", "precision", "recall", "specificity", "auc"}) evaluation[key] = share;
    work.file(run + "/evaluation.json", evaluation.dump());
  };
  evaluated("better", 0.3603, 0.9067);
  evaluated("worse", 0.6247, 0.6886);
  REQUIRE(fault_of(work.run("compare better worse --html page.html")) == "");
  // Where there is no browser it says so and finds no fault.
  CHECK(std::system(
            ("timeout 120 python3 \"" ANIREC_SOURCE_DIR "/tools/check_report\" '" + work.path("page.html") + "'")
                .c_str()) == 0);
}

TEST_CASE("words of a shell are quoted where they must be") {
  CHECK(shell_word("runs/mf-1_2.5,1") == "runs/mf-1_2.5,1");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("$(rm x);`y`\"*?~!#") == "'$(rm x);`y`\"*?~!#'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("Pokémon") == "'Pokémon'");
  CHECK(shell_word("a\n'\\\x1b\xff") == "$'a\\012\\'\\\\\\033\\377'");
}

TEST_CASE("the command holds every setting that is not everyone's default, and no other") {
  StoredConfig config;
  config.options.model = "nn";
  config.options.task = "interaction";
  config.options.lr = 0.0005;
  config.options.no_shuffle = true;
  config.options.seed = 18446744073709551615u;
  config.options.hidden = "256,128";
  config.dataset.path = "dataset.anirec.safetensors";
  CHECK(training_command(RunFolder("my runs/nn/"), config) ==
        "anirec train 'my runs/nn/dataset.anirec.safetensors' \\\n  --model nn \\\n  --task interaction \\\n"
        "  --seed 18446744073709551615 \\\n  --no-shuffle \\\n  --hidden 256,128 \\\n  --lr 5e-04 \\\n  --out 'my "
        "runs/nn-again'");
  config.dataset.path = "/data/a.safetensors";
  config.titles = "/data/titles.csv";
  CHECK(contains(training_command(RunFolder("r"), config), "anirec train /data/a.safetensors \\\n"));
  CHECK(contains(training_command(RunFolder("r"), config), "--titles /data/titles.csv \\\n"));
}
