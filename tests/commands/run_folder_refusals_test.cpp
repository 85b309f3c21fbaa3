#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "commands/commands_fixture.h"

using namespace anirec;

namespace {

const std::string train_ratings = "train animelist.csv --model mf --task rating --dim 4 --split 0.8,0.1,0.1 ";

void copy_run(const Workplace& work, const std::string& from, const std::string& to) {
  std::filesystem::remove_all(work.path(to));
  std::filesystem::copy(work.path(from), work.path(to));
}

}  // namespace

TEST_CASE("a run folder that is missing, or holds no run, is refused by every command") {
  const Workplace& work = trained_workplace();
  std::filesystem::create_directories(work.path("nothing"));
  for (const std::string folder : {"missing", "nothing", "animelist.csv"})
    for (const std::string& line :
         {"evaluate " + folder, "predict " + folder + " --data animelist.csv --out p.csv", "compare " + folder,
          "compare mf-rating " + folder, "recommend " + folder + " --user 1", "similar " + folder + " --item 1",
          "train --resume --out " + folder}) {
      CAPTURE(line);
      CHECK(fault_of(work.run(line), 3, {folder}) == "");
    }
  CHECK_FALSE(std::filesystem::exists(work.path("missing")));
  CHECK_FALSE(std::filesystem::exists(work.path("p.csv")));
  CHECK(listing(work.path("nothing")).empty());
}

TEST_CASE("a file is called one, and a folder that may not be looked into is not called empty") {
  const Workplace& work = trained_workplace();
  for (const std::string line : {"evaluate animelist.csv", "train --resume --out animelist.csv"})
    CHECK(fault_of(work.run(line), 3, {"animelist.csv: is a file, not a run folder"}) == "");
  if (geteuid() == 0) return;  // who may look everywhere
  copy_run(work, "mf-rating", "locked");
  REQUIRE(chmod(work.path("locked").c_str(), 0) == 0);
  for (const std::string line : {"evaluate locked", "train --resume --out locked"})
    CHECK(fault_of(work.run(line), 3, {"locked: Permission denied"}) == "");
  chmod(work.path("locked").c_str(), 0700);
}

TEST_CASE("a folder that holds a run is refused before any data is read") {
  const Workplace& work = trained_workplace();
  const std::string before = work.read("mf-rating/model.safetensors");
  CHECK(fault_of(work.run("train no-such-file.csv --model nn --task interaction --out mf-rating"), 2,
                 {"mf-rating already holds a run", "--resume", "--overwrite"}) == "");
  CHECK(work.read("mf-rating/model.safetensors") == before);
}

TEST_CASE("--overwrite keeps the old run until all that the new one begins with is there") {
  const Workplace work;
  REQUIRE(fault_of(work.run(train_ratings + "--epochs 1 --out run --quiet")) == "");
  const std::vector<std::string> names = listing(work.path("run"));
  const std::string model = work.read("run/model.safetensors"), config = work.read("run/config.json");
  work.file("bad.csv", "user_id,anime_id,rating\n1,2,x\n");
  const std::string other = " --model mf --task rating --out run --overwrite ";
  CHECK(fault_of(work.run("train bad.csv" + other), 3, {"bad.csv:2:5"}) == "");
  CHECK(fault_of(work.run("train missing.csv" + other), 3, {"missing.csv"}) == "");
  CHECK(fault_of(work.run("train animelist.csv --dim 8 --init run/model.safetensors" + other), 3, {"--dim"}) ==
        "");
  CHECK(fault_of(work.run("train animelist.csv --init missing" + other), 3, {"missing"}) == "");
  CHECK(fault_of(work.run("train animelist.csv --epochs 900000000 --batch-size 1" + other), 2, {"4 billion"}) ==
        "");
  CHECK(work.read("run/model.safetensors") == model);
  CHECK(work.read("run/config.json") == config);
  CHECK(listing(work.path("run")) == names);
  CHECK(fault_of(work.run("evaluate run")) == "");

  REQUIRE(fault_of(work.run(train_ratings + "--epochs 2 --seed 1 --out run --overwrite --quiet")) == "");
  CHECK(work.read("run/model.safetensors") != model);
  CHECK(metrics_of(work.path("run")).size() == 4);
  CHECK(listing(work.path("run")) == names);
}

TEST_CASE("a run can be trained anew from its own dataset and its own model") {
  const Workplace work;
  REQUIRE(fault_of(work.run(train_ratings + "--epochs 1 --out run --quiet")) == "");
  const std::string dataset = work.read("run/dataset.anirec.safetensors");
  CHECK(
      fault_of(work.run(
          "train run/dataset.anirec.safetensors --model mf --task rating --dim 4 --out run --epochs 1 --overwrite "
          "--init run/model.safetensors --quiet")) == "");
  CHECK(work.read("run/dataset.anirec.safetensors") == dataset);
  CHECK(fault_of(work.run("evaluate run")) == "");
}

TEST_CASE("a model of another run is noticed, and nothing is read beyond its end") {
  const Workplace& work = trained_workplace();
  const std::string rest = " --mf-bias additive --dim 8 --epochs 1 --quiet";
  // The same kind of model: of fewer users and items, and of as many with other ids.
  work.file("small.csv", "user_id,anime_id,rating\n1,2,3\n1,3,5\n2,3,4\n");
  std::string shifted;
  for (const std::string& line : lines_of(work.read("animelist.csv")))
    shifted += (shifted.empty() ? "" : "9") + line + "\n";
  work.file("shifted.csv", shifted);
  REQUIRE(work.run("train small.csv --model mf --task rating --split 1,0,0 --out small" + rest).code == 0);
  REQUIRE(work.run("train shifted.csv --model mf --task rating --out shifted" + rest).code == 0);
  for (const std::string other : {"nn-interaction", "hybrid", "small", "shifted"}) {
    copy_run(work, "mf-rating", "swapped");
    std::filesystem::copy_file(work.path(other + "/model.safetensors"), work.path("swapped/model.safetensors"),
                               std::filesystem::copy_options::overwrite_existing);
    for (const std::string line : {"evaluate swapped", "evaluate swapped --ranking", "recommend swapped --user 1",
                                   "recommend swapped --for-all-users"}) {
      CAPTURE(other);
      CAPTURE(line);
      const ProgramResult result = work.run(line);
      CHECK(fault_of(result, 3, {"swapped", "model.safetensors"}) == "");
      CHECK(result.out == "");
    }
  }
}

TEST_CASE("a damaged file of a run is named") {
  const Workplace& work = trained_workplace();
  const auto damaged = [&](const std::string& name, const std::string& content) {
    copy_run(work, "mf-rating", "damaged");
    work.file("damaged/" + name, content);
  };
  const std::string config = work.read("mf-rating/config.json"), model = work.read("mf-rating/model.safetensors"),
                    optimizer = work.read("mf-rating/optimizer.safetensors");
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1,2]"), config.substr(0, config.size() / 2),
        std::string("\x1b[31m"), std::string(config).replace(config.find("\"mf\""), 4, "\"xx\"")}) {
    CAPTURE(text);
    damaged("config.json", text);
    for (const char* line :
         {"evaluate damaged", "recommend damaged --user 1", "compare damaged", "train --resume --out damaged"})
      CHECK(fault_of(work.run(line), 3, {"damaged/config.json"}) == "");
  }
  for (const std::string& bytes :
       {std::string(), std::string("abc"), model.substr(0, 100), model.substr(0, model.size() - 1), model + "x"}) {
    CAPTURE(bytes.size());
    damaged("model.safetensors", bytes);
    CHECK(fault_of(work.run("recommend damaged --user 1"), 3, {"damaged/model.safetensors"}) == "");
    CHECK(fault_of(work.run("similar damaged --item 1"), 3, {"damaged/model.safetensors"}) == "");
  }
  for (const std::string& bytes :
       {std::string(), std::string("abc"), optimizer.substr(0, 100), optimizer.substr(0, optimizer.size() - 1),
        work.read("hybrid/optimizer.safetensors"), model}) {
    CAPTURE(bytes.size());
    damaged("optimizer.safetensors", bytes);
    CHECK(fault_of(work.run("train --resume --epochs 4 --out damaged"), 3, {"damaged/optimizer.safetensors"}) ==
          "");
    CHECK(work.read("damaged/model.safetensors") == model);
  }
  damaged("dataset.anirec.safetensors", "");
  CHECK(fault_of(work.run("evaluate damaged"), 3, {"damaged/dataset.anirec.safetensors"}) == "");
  std::filesystem::remove(work.path("damaged/dataset.anirec.safetensors"));
  CHECK(fault_of(work.run("recommend damaged --user 1"), 3, {"dataset.anirec.safetensors", "gone"}) == "");
  damaged("dataset.anirec.safetensors", work.read("hybrid/dataset.anirec.safetensors"));
  CHECK(fault_of(work.run("evaluate damaged"), 3, {"dataset.anirec.safetensors", "not the dataset"}) == "");
  for (const std::string text : {"", "{", "[]", "{\"split\":3}"}) {
    CAPTURE(text);
    damaged("evaluation.json", text);
    CHECK(fault_of(work.run("compare damaged"), 3, {"damaged"}) == "");
  }
  std::filesystem::remove(work.path("damaged/evaluation.json"));
  CHECK(fault_of(work.run("compare damaged"), 3, {"damaged", "no evaluation.json", "anirec evaluate damaged"}) ==
        "");
}

TEST_CASE("damaged metrics are named by what reads them, and by nothing else") {
  const Workplace& work = trained_workplace();
  copy_run(work, "mf-rating", "noise");
  const std::string noise = std::string("\x00\x01\xff\x1b[2J", 7) + "\n" + work.read("mf-rating/metrics.jsonl");
  work.file("noise/metrics.jsonl", noise);
  for (const char* line :
       {"evaluate noise", "compare noise", "compare mf-rating noise --json", "train --resume --out noise"}) {
    CAPTURE(line);
    CHECK(fault_of(work.run(line), 3, {"noise/metrics.jsonl:1:1", "damaged"}) == "");
  }
  CHECK(fault_of(work.run("recommend noise --user 1")) == "");
  CHECK(work.read("noise/metrics.jsonl") == noise);
  work.file("noise/metrics.jsonl", work.read("mf-rating/metrics.jsonl") + "{\"epoch\":4,\"st");
  for (const char* line : {"evaluate noise", "compare noise"}) CHECK(fault_of(work.run(line)) == "");
}

TEST_CASE(
    "files that are no UTF-8 by name train and compare; one that config.json would have to name is refused") {
  const Workplace work;
  std::filesystem::copy_file(work.path("animelist.csv"), work.path("caf\xe9.csv"));
  const std::string rest = " --model mf --task rating --dim 4 --epochs 1 --quiet --split 0.8,0.1,0.1 --out ";
  REQUIRE(fault_of(work.run("train caf\xe9.csv" + rest + "r\xe9")) == "");
  CHECK(fault_of(work.run("train --resume --epochs 2 --quiet --out r\xe9")) == "");
  for (const char* style : {"", " --markdown", " --json"}) {
    const ProgramResult result = work.run(std::string("compare r\xe9") + style);
    CHECK(fault_of(result) == "");
    CHECK_FALSE(contains(result.out, "\xe9"));
  }
  REQUIRE(work.run("prepare animelist.csv --task rating --out d\xe9.safetensors").code == 0);
  CHECK(fault_of(work.run("train d\xe9.safetensors" + rest + "run"), 3,
                 {"d\\xe9.safetensors", "UTF-8", "rename"}) == "");
}

TEST_CASE("a torn last line of metrics.jsonl is cut at a resume; a damaged one before it is named and kept") {
  const Workplace& work = trained_workplace();
  const std::string metrics = work.read("mf-rating/metrics.jsonl");
  copy_run(work, "mf-rating", "torn");
  work.file("torn/metrics.jsonl", metrics + "{\"epoch\":4,\"st");
  CHECK(fault_of(work.run("train --resume --out torn --quiet")) == "");
  CHECK(work.read("torn/metrics.jsonl") == metrics);
  work.file("torn/metrics.jsonl", "{\"epoch\n" + metrics);
  CHECK(fault_of(work.run("train --resume --out torn --quiet"), 3, {"torn/metrics.jsonl:1:1"}) == "");
  CHECK(work.read("torn/metrics.jsonl") == "{\"epoch\n" + metrics);
}

TEST_CASE("a resume refuses what would make another run") {
  const Workplace& work = trained_workplace();
  for (const std::string& flags :
       {std::string("--dim 16"), std::string("--lr 0.5"), std::string("--model nn"),
        std::string("--task interaction"), std::string("--seed 3"), std::string("--batch-size 1"),
        std::string("--no-shuffle"), std::string("--split 1,0,0"), std::string("--optimizer sgd")}) {
    CAPTURE(flags);
    const std::string name = flags.substr(0, flags.find(' '));
    CHECK(fault_of(work.run("train --resume --out mf-rating " + flags), 2, {name, "--epochs and --max-seconds"}) ==
          "");
  }
  CHECK(fault_of(work.run("train --resume --out mf-rating --preset reference"), 2, {"--preset"}) == "");
  CHECK(fault_of(work.run("train --resume --out mf-rating --epochs 0"), 2, {"--epochs 0"}) == "");
  // Flags that say what is so already are no change.
  copy_run(work, "mf-rating", "same");
  CHECK(fault_of(work.run("train --resume --out same --model mf --dim 8 --quiet")) == "");
  CHECK(contains(work.run("train other.csv --resume --out same").out, "other.csv is not read"));

  REQUIRE(fault_of(work.run(train_ratings + "--lr-schedule cosine --epochs 2 --out cosine --quiet")) == "");
  CHECK(fault_of(work.run("train --resume --out cosine --epochs 3"), 2, {"--epochs", "cosine", "--max-seconds"}) ==
        "");
  CHECK(fault_of(work.run("train --resume --out cosine --epochs 2 --max-seconds 9 --quiet")) == "");
}

TEST_CASE("a dataset prepared for another task is bad usage") {
  const Workplace work;
  REQUIRE(work.run("prepare animelist.csv --task rating --out data.safetensors").code == 0);
  CHECK(fault_of(work.run("train data.safetensors --model nn --task interaction --out run"), 2,
                 {"data.safetensors", "--task rating", "interaction"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("run")));
  CHECK(fault_of(work.run("prepare data.safetensors --task rating"), 3, {"data.safetensors", "prepared"}) == "");
}

TEST_CASE("two processes do not train in one folder") {
  const Workplace work;
  RunningProgram first(words(train_ratings + "--epochs 100000000 --patience 0 --out run --log-format json"), "",
                       work.path(""));
  REQUIRE(first.wait_for("\"epoch\":2"));
  CHECK(fault_of(work.run("train --resume --out run"), 3, {"run", "another anirec"}) == "");
  CHECK(fault_of(work.run(train_ratings + "--out run --overwrite"), 3, {"run", "another anirec"}) == "");
  first.send(SIGTERM);
  CHECK(fault_of(first.wait(), 130, {"run", "--resume"}) == "");
}
