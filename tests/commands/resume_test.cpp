#include <doctest/doctest.h>

#include "commands/commands_fixture.h"

using namespace anirec;

namespace {

// Epochs of many small steps, so that a run can be stopped inside one.
const std::string long_epochs =
    "train animelist.csv --dim 4 --hidden 4 --batch-size 8 --steps-per-epoch 2500 --epochs 3 --threads 1 "
    "--patience 0 --quiet ";

const std::string to_resume = "train --resume --quiet --out ";

nlohmann::json progress_of(const std::string& run) {
  const std::string file = TemporaryFolder::read(run + "/optimizer.safetensors");
  std::uint64_t size = 0;
  for (int i = 7; i >= 0; --i) size = size << 8 | static_cast<unsigned char>(file.at(static_cast<std::size_t>(i)));
  return nlohmann::json::parse(
      nlohmann::json::parse(file.substr(8, size))["__metadata__"]["progress"].get<std::string>());
}

}  // namespace

TEST_CASE(
    "a run stopped by --max-seconds and resumed is bitwise the straight run, for every model and optimizer") {
  const Workplace work;
  int inside_an_epoch = 0;
  for (const std::string model : {"mf --task rating", "mf --task interaction --mf-bias additive",
                                  "nn --task rating", "hybrid --task hybrid"})
    for (const std::string optimizer : {"adam", "lazy-adam", "adagrad", "rowwise-adagrad", "sgd"}) {
      // With and without a validation split, in turn.
      const std::string split =
          (optimizer.size() + model.size()) % 2 == 0 ? " --split 0.9,0,0.1" : " --split 0.8,0.1,0.1";
      const std::string run = long_epochs + "--model " + model + " --optimizer " + optimizer + split +
                              " --lr-schedule step --lr-decay-epochs 1";
      CAPTURE(run);
      REQUIRE(fault_of(work.run(run + " --overwrite --out straight")) == "");
      REQUIRE(fault_of(work.run(run + " --overwrite --out stopped --max-seconds 0.000001")) == "");
      // A little further each time: within the first epoch, and wherever the rest falls.
      for (const std::string seconds : {"0.001", "0.002"})
        REQUIRE(fault_of(work.run(to_resume + "stopped --max-seconds " + seconds)) == "");
      inside_an_epoch += progress_of(work.path("stopped"))["step"].get<int>() % 2500 != 0;
      REQUIRE(fault_of(work.run(to_resume + "stopped --max-seconds 0")) == "");
      CHECK(difference_of(work.path("straight"), work.path("stopped")) == "");
      CHECK(work.read("straight/evaluation.json") == work.read("stopped/evaluation.json"));
    }
  CHECK(inside_an_epoch > 0);
}

TEST_CASE("a resume with more epochs is the longer run") {
  const Workplace work;
  for (const std::string rest : {"--model mf --task rating --split 0.8,0.1,0.1",
                                 "--model nn --task interaction --split 0.9,0,0.1 --warmup-steps 90"}) {
    const std::string run = "train animelist.csv --dim 4 --hidden 4 --batch-size 64 --quiet --patience 0 " + rest;
    REQUIRE(fault_of(work.run(run + " --overwrite --epochs 7 --out straight")) == "");
    REQUIRE(fault_of(work.run(run + " --overwrite --epochs 3 --out longer")) == "");
    REQUIRE(fault_of(work.run(to_resume + "longer --epochs 7")) == "");
    CHECK(difference_of(work.path("straight"), work.path("longer")) == "");
    CHECK(work.read("straight/config.json") == work.read("longer/config.json"));
  }
}

TEST_CASE("resuming a run that is done changes nothing") {
  const Workplace work;
  REQUIRE(fault_of(work.run(
              "train animelist.csv --model mf --task rating --dim 4 --epochs 3 --out run --quiet")) == "");
  std::filesystem::copy(work.path("run"), work.path("before"));
  CHECK(fault_of(work.run(to_resume + "run")) == "");
  CHECK(difference_of(work.path("before"), work.path("run")) == "");
}

TEST_CASE("a run stopped early stays stopped, and its best weights stay") {
  const Workplace work;
  const std::string run =
      "train animelist.csv --model mf --task rating --dim 16 --batch-size 32 --lr 0.05 --split 0.6,0.2,0.2 "
      "--patience 2 --quiet ";
  REQUIRE(fault_of(work.run(run + "--epochs 60 --out run")) == "");
  const std::vector<nlohmann::json> lines = metrics_of(work.path("run"));
  REQUIRE(lines.size() < 120);
  double best = 1e9;
  std::uint64_t best_epoch = 0, last = 0;
  for (const nlohmann::json& line : lines)
    if (line["split"] == "validation") {
      last = line["epoch"];
      if (line["loss"] < best) best = line["loss"], best_epoch = last;
    }
  CHECK(last == best_epoch + 2);
  REQUIRE(fault_of(work.run("evaluate run --split validation")) == "");
  CHECK(nlohmann::json::parse(work.read("run/evaluation.json"))["loss"] == best);
  std::filesystem::copy(work.path("run"), work.path("before"));
  CHECK(fault_of(work.run(to_resume + "run")) == "");
  CHECK(difference_of(work.path("before"), work.path("run")) == "");
}

TEST_CASE("Ctrl-C and SIGTERM end with 130 and a checkpoint that goes on to the straight run's end") {
  const Workplace work;
  for (const std::string rest :
       {"--model mf --task rating --split 0.8,0.1,0.1", "--model hybrid --task hybrid --split 0.9,0,0.1"}) {
    const std::string run =
        "train animelist.csv --dim 4 --hidden 4 --batch-size 8 --epochs 40 --patience 0 " + rest;
    REQUIRE(fault_of(work.run(run + " --quiet --overwrite --out straight")) == "");
    for (const int signal : {SIGINT, SIGTERM}) {
      CAPTURE(signal);
      RunningProgram program(words(run + " --overwrite --out stopped --log-format json"), "", work.path(""));
      REQUIRE(program.wait_for("\"epoch\":2"));
      program.send(signal);
      CHECK(fault_of(program.wait(), 130, {"interrupted", "anirec train --resume --out stopped"}) == "");
      REQUIRE(std::filesystem::exists(work.path("stopped/model.safetensors")));
      CHECK(progress_of(work.path("stopped"))["epoch"] < 40);
      CHECK(fault_of(work.run("recommend stopped --user 7")) == "");
      REQUIRE(fault_of(work.run(to_resume + "stopped")) == "");
      CHECK(difference_of(work.path("straight"), work.path("stopped")) == "");
    }
  }
}

TEST_CASE("a signal while the data is read leaves nothing behind") {
  const Workplace work;
  const std::vector<std::string> before = listing(work.path(""));
  const std::string text = work.read("animelist.csv");
  std::string large = text;
  for (int i = 0; i < 400; ++i) large += text.substr(text.find('\n') + 1);
  RunningProgram program(words("train - --model mf --task rating --out run --quiet --epochs 100000 --patience 0"),
                         large, work.path(""));
  program.send(SIGINT);
  const ProgramResult result = program.wait();
  // It may have come to training already: then there is a checkpoint.
  CHECK(fault_of(result, 130, {"interrupted"}) == "");
  if (contains(result.err, "nothing was written"))
    CHECK(listing(work.path("")) == before);
  else
    CHECK(std::filesystem::exists(work.path("run/optimizer.safetensors")));
}

TEST_CASE("a run killed at any moment, again and again, ends as the straight run") {
  const Workplace work;
  const std::string run =
      "train animelist.csv --model mf --task rating --dim 4 --batch-size 8 --epochs 30 --patience 0 "
      "--split 0.8,0.1,0.1 --checkpoint-every 1 --quiet ";
  REQUIRE(fault_of(work.run(run + "--out straight")) == "");
  int delay = 3, kills = 0;
  for (int attempt = 0; attempt < 200; ++attempt) {
    const bool begun = std::filesystem::exists(work.path("killed/optimizer.safetensors"));
    RunningProgram program(words(begun ? to_resume + "killed" : run + "--overwrite --out killed"), "",
                           work.path(""));
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    delay += 3 + attempt * 7 % 11;
    program.send(SIGKILL);
    const ProgramResult result = program.wait();
    if (result.code == 0) break;
    REQUIRE(result.code == 128 + SIGKILL);
    ++kills;
  }
  CHECK(kills > 2);
  CHECK(fault_of(work.run(to_resume + "killed")) == "");
  CHECK(difference_of(work.path("straight"), work.path("killed")) == "");
}

TEST_CASE("neither threads nor how often a checkpoint is written nor validation changes what is trained") {
  const Workplace work;
  for (const std::string model : {"mf --task rating", "nn --task interaction", "hybrid --task hybrid"}) {
    CAPTURE(model);
    const std::string run =
        "train animelist.csv --dim 8 --hidden 8 --batch-size 64 --epochs 5 --patience 0 --keep last --quiet "
        "--overwrite --split 0.8,0.1,0.1 --model " +
        model;
    REQUIRE(fault_of(work.run(run + " --threads 1 --checkpoint-every 1 --out one")) == "");
    REQUIRE(fault_of(work.run(run + " --threads 2 --checkpoint-every 100 --out two")) == "");
    REQUIRE(fault_of(work.run(run + " --threads 5 --validation-rows 7 --out few")) == "");
    CHECK(difference_of(work.path("one"), work.path("two")) == "");
    CHECK(work.read("one/model.safetensors") == work.read("few/model.safetensors"));
    CHECK(metrics_of(work.path("one"))[8] == metrics_of(work.path("few"))[8]);
  }
}

TEST_CASE("a loss that is not finite stops the run, names the step and keeps the last good checkpoint") {
  const Workplace work;
  const std::string run =
      "train animelist.csv --model mf --task rating --dim 8 --batch-size 256 --optimizer sgd --patience 0 --quiet "
      "--overwrite ";
  CHECK(fault_of(work.run(run + "--lr 1e6 --epochs 5 --out bad"), 1, {"not finite", "step ", "epoch ", "--lr"}) ==
        "");

  // Warm-up lets the first epochs pass.
  for (const std::string split : {"0.8,0.1,0.1", "0.9,0,0.1"}) {
    CAPTURE(split);
    const std::string diverging =
        run + "--lr 1e6 --warmup-steps 4000000000 --checkpoint-every 1 --epochs 4000 --split " + split +
        " --out late";
    const ProgramResult result = work.run(diverging);
    CHECK(fault_of(result, 1, {"not finite", "step ", "--lr", "last checkpoint in late is kept"}) == "");
    const std::uint64_t epochs = progress_of(work.path("late"))["epoch"];
    CHECK(epochs >= 1);
    CHECK(fault_of(work.run("recommend late --user 7")) == "");
    CHECK(fault_of(work.run("evaluate late --split train")) == "");
    const std::string checkpoint = work.read("late/optimizer.safetensors");
    // It can be gone on with, to the same end or, stopped before, to a good one.
    CHECK(fault_of(work.run(to_resume + "late --epochs " + std::to_string(epochs))) == "");
    const ProgramResult again = work.run(to_resume + "late --epochs 4000");
    CHECK(again.code == 1);
    CHECK(again.err == result.err);
  }
}
