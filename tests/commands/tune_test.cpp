#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>

#include "commands/commands_fixture.h"

using namespace anirec;

namespace {

const std::string search =
    "tune animelist.csv --model mf --task rating --dim 4/8 --epochs 9 --trials 6 --batch-size 256 --threads 1 ";

nlohmann::json read_search(const Workplace& work, const std::string& folder) {
  return nlohmann::json::parse(work.read(folder + "/tune.json"));
}

}  // namespace

TEST_CASE("a search ends in the best of its trials, a run like any other") {
  const Workplace work;
  const ProgramResult result = work.run(search + "--out found");
  REQUIRE(fault_of(result) == "");
  CHECK(contains(result.out, "6 trials after 3 epochs"));
  CHECK(contains(result.out, "1 trial after 9 epochs"));
  CHECK(contains(result.out, "what mattered"));
  // Trials that went out are cleared away.
  CHECK(listing(work.path("found")) ==
        std::vector<std::string>{"best", "dataset.anirec.safetensors", "report.html", "tune.json"});
  REQUIRE(fault_of(work.run("evaluate found/best")) == "");
  REQUIRE(fault_of(work.run("recommend found/best --user 1")) == "");
  CHECK(contains(result.out, "report: found/report.html"));
  const std::string report = work.read("found/report.html");
  for (const char* part : {"6 trials", "--lr", "best/report.html", "--dim 4", "--model mf"})
    CHECK(contains(report, part));

  const nlohmann::json found = read_search(work, "found");
  REQUIRE(found["trials"].size() == 6);
  CHECK(found["trials"][0]["settings"].empty());
  // Flags that were given are not searched, unless with several values.
  for (std::size_t t = 1; t < 6; ++t) {
    const nlohmann::json& settings = found["trials"][t]["settings"];
    CHECK(!settings.contains("batch-size"));
    CHECK((settings["dim"] == "4" || settings["dim"] == "8"));
    CHECK(settings.contains("lr"));
  }
  // The one that went all the way was the best where it was last compared, and its figure is that of its run.
  double first_of_best = 1e30, best_of_first = 1e30, last = 0;
  for (const nlohmann::json& trial : found["trials"]) {
    const double first = trial["rungs"][0]["loss"];
    best_of_first = std::min(best_of_first, first);
    if (trial["rungs"].size() < 2) continue;
    first_of_best = first;
    last = trial["rungs"][1]["loss"];
  }
  CHECK(first_of_best == best_of_first);
  double lowest = 1e30;
  for (const nlohmann::json& line : metrics_of(work.path("found/best")))
    if (line["split"] == "validation") lowest = std::min(lowest, line["loss"].get<double>());
  CHECK(last == lowest);

  CHECK(fault_of(work.run(search + "--out found"), 2, {"already holds a search", "--resume"}) == "");
  CHECK(fault_of(work.run(search + "--out other --monitor train_rmse"), 2, {"validation rows", "rmse"}) == "");
}

TEST_CASE("a search that was ended goes on to the same run") {
  const Workplace work;
  REQUIRE(fault_of(work.run(search + "--out straight --quiet")) == "");
  const std::string program = tested_program();
  int ended = 0;
  REQUIRE(std::system(("cd '" + work.path("") + "' && timeout -s INT 0.15 '" + program + "' " + search +
                       "--out ended --quiet 2> /dev/null; true")
                          .c_str()) == 0);
  if (work.read("ended/tune.json").empty()) return;  // a machine so slow that it did not come to its first trial
  for (int tries = 0; tries < 50; ++tries) {
    const int code = std::system(("cd '" + work.path("") + "' && timeout -s INT 0.3 '" + program +
                                  "' tune --resume --out ended --quiet 2> /dev/null")
                                     .c_str());
    if (code == 0) break;
    ++ended;
  }
  REQUIRE(fault_of(work.run("tune --resume --out ended --quiet")) == "");
  CAPTURE(ended);
  CHECK(read_search(work, "straight")["trials"] == read_search(work, "ended")["trials"]);
  CHECK(difference_of(work.path("straight/best"), work.path("ended/best")) == "");
}

TEST_CASE("a search that is interrupted outside of a trial says how it goes on") {
  const Workplace work;
  // Where titles are wanted, for the report, none come.
  REQUIRE(mkfifo(work.path("titles").c_str(), 0600) == 0);
  const int held_open = open(work.path("titles").c_str(), O_RDWR | O_CLOEXEC);
  RunningProgram program(words("tune animelist.csv --model mf --task rating --dim 4 --epochs 1 --trials 1 "
                               "--titles titles --out found"),
                         "", work.path(""));
  REQUIRE(program.wait_for("1 trial after 1 epoch"));
  program.send(SIGTERM);
  CHECK(fault_of(program.wait(), 130, {"interrupted; go on with: anirec tune --resume --out found"}) == "");
  close(held_open);
  std::filesystem::rename(work.path("titles.csv"), work.path("titles"));
  CHECK(fault_of(work.run("tune --resume --out found")) == "");
}

TEST_CASE("a search that goes on refuses other settings, but not its own nor another number of threads") {
  const Workplace work;
  REQUIRE(fault_of(work.run("tune animelist.csv --model mf --task rating --dim 4/8 --l2 0 --epochs 1 --trials 2 "
                            "--threads 1 --titles titles.csv --out found --quiet")) == "");
  const std::string resume = "tune --resume --out found --quiet ";
  for (const std::string flag : {"trials 60", "lr 1e-3", "dim 4", "dim 4/16", "l2 0/0.1", "l2 0.1", "model nn",
                                 "epochs 3", "seed 7", "split 0.9,0.05,0.05", "titles animelist.csv"}) {
    CAPTURE(flag);
    const std::string name = "--" + flag.substr(0, flag.find(' '));
    CHECK(fault_of(work.run(resume + "--" + flag), 2,
                   {name + ": a resumed search keeps its settings; only --threads may change"}) == "");
  }
  CHECK(fault_of(work.run(resume + "--dim 4/8 --l2 0 --trials 2 --model mf --task rating --epochs 1 --threads 2 "
                                   "--split 0.8,0.1,0.1 --titles titles.csv")) == "");
  CHECK(contains(work.run("tune animelist.csv --resume --out found").out, "animelist.csv is not read"));
}

TEST_CASE("a search over a prepared dataset keeps the rules that made its labels, and says how to train again") {
  const Workplace work;
  REQUIRE(fault_of(work.run("prepare animelist.csv --task interaction --unrated positive --out prepared")) == "");
  const ProgramResult result =
      work.run("tune prepared --model mf --task interaction --trials 2 --epochs 1 --threads 1 --out found");
  REQUIRE(fault_of(result) == "");
  CHECK(nlohmann::json::parse(work.read("found/best/config.json"))["options"]["unrated"] == "positive");
  CHECK(contains(result.out, "--model mf"));
  CHECK(contains(result.out, "--task interaction"));
}

TEST_CASE("what a search cannot do is said before any data is read") {
  const Workplace work;
  const std::string rest = " --model mf --task rating --out no";
  CHECK(fault_of(work.run("tune missing.csv --lr 1e-3/fast" + rest), 2, {"--lr fast"}) == "");
  CHECK(fault_of(work.run("tune missing.csv --split 1,0,0" + rest), 3, {"missing.csv"}) == "");
  CHECK(fault_of(work.run("tune animelist.csv --split 1,0,0" + rest), 2, {"--split", "validation rows"}) == "");
  CHECK(fault_of(work.run("tune --resume --out nothing"), 3, {"no search to resume"}) == "");
  CHECK(fault_of(work.run("tune" + rest), 2, {"no data given"}) == "");
  work.run("tune animelist.csv --trials 1 --epochs 1 --quiet --model mf --task rating --out damaged");
  const std::string whole = work.read("damaged/tune.json");
  work.file("damaged/tune.json", std::string(whole).replace(whole.find("version\": 1"), 11, "version\": 7"));
  CHECK(fault_of(work.run("tune --resume --out damaged"), 3,
                 {"search format 7 is not the one this anirec reads (1); use the anirec that wrote it"}) == "");
  work.file("damaged/tune.json", "{\"format\": 3");
  CHECK(fault_of(work.run("tune --resume --out damaged"), 3, {"tune.json", "damaged"}) == "");
}
