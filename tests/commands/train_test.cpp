#include <doctest/doctest.h>

#include "commands/commands_fixture.h"
#include "formats/safetensors.h"

using namespace anirec;

namespace {

const std::string quick = " --dim 4 --hidden 4 --epochs 2 --quiet ";

}  // namespace

TEST_CASE("a run folder holds exactly the contract's files and tensors") {
  const Workplace& work = trained_workplace();
  const std::vector<std::string> files = {"config.json",   "dataset.anirec.safetensors", "evaluation.json",
                                          "metrics.jsonl", "model.safetensors",          "optimizer.safetensors",
                                          "report.html"};
  const std::map<std::string, std::vector<std::string>> tensors = {
      {"mf-rating",
       {"bias", "item_bias.weight", "item_embedding.weight", "user_bias.weight", "user_embedding.weight"}},
      {"nn-interaction",
       {"hidden.0.bias", "hidden.0.weight", "interaction_head.bias", "interaction_head.weight",
        "item_embedding.weight", "user_embedding.weight"}},
      {"hybrid",
       {"hidden.0.bias", "hidden.0.weight", "interaction_head.bias", "interaction_head.weight",
        "item_embedding.weight", "rating_head.bias", "rating_head.weight", "user_embedding.weight"}}};
  for (const auto& [run, names] : tensors) {
    CAPTURE(run);
    CHECK(listing(work.path(run)) == files);
    const SafetensorsReader model(work.path(run + "/model.safetensors"));
    std::vector<std::string> wanted = names;
    wanted.insert(wanted.end(), {"item_ids", "user_ids"});
    std::vector<std::string> found = model.names();
    std::sort(wanted.begin(), wanted.end());
    std::sort(found.begin(), found.end());
    CHECK(found == wanted);
    const std::int64_t users = model.shape("user_ids")[0], items = model.shape("item_ids")[0];
    CHECK(model.shape("user_embedding.weight") == std::vector<std::int64_t>{users, 8});
    CHECK(model.shape("item_embedding.weight") == std::vector<std::int64_t>{items, 8});
    if (run == "hybrid") {
      CHECK(model.shape("hidden.0.weight") == std::vector<std::int64_t>{8, 16});
      CHECK(model.shape("rating_head.weight") == std::vector<std::int64_t>{1, 8});
    }
  }
}

TEST_CASE("metrics.jsonl and evaluation.json have the contract's keys") {
  const Workplace& work = trained_workplace();
  const auto keys_of = [](const nlohmann::json& json) {
    std::set<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.insert(key);
    return keys;
  };
  const std::set<std::string> rating = {"rmse", "mae"},
                              label = {"bce", "accuracy", "precision", "recall", "specificity"};
  for (const std::string run : {"mf-rating", "nn-interaction", "hybrid"}) {
    CAPTURE(run);
    std::set<std::string> figures = {"loss"};
    if (run != "nn-interaction") figures.insert(rating.begin(), rating.end());
    if (run != "mf-rating") figures.insert(label.begin(), label.end());
    std::uint64_t epoch = 0;
    const std::vector<std::string> lines = lines_of(work.read(run + "/metrics.jsonl"));
    REQUIRE(lines.size() == 6);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const nlohmann::json line = nlohmann::json::parse(lines[i]);
      std::set<std::string> wanted = figures;
      wanted.insert({"epoch", "step", "split", "seconds", "samples_per_second"});
      if (i % 2 == 1 && run != "mf-rating") wanted.insert("auc");
      CHECK(line["split"] == (i % 2 == 0 ? "train" : "validation"));
      CHECK(line["epoch"] == (i % 2 == 0 ? ++epoch : epoch));
      CHECK(keys_of(line) == wanted);
    }
    const nlohmann::json evaluation = nlohmann::json::parse(work.read(run + "/evaluation.json"));
    std::set<std::string> wanted = figures;
    wanted.insert({"split", "rows", "unknown_users", "unknown_items", "baselines"});
    if (run != "mf-rating") wanted.insert({"auc", "tp", "fp", "tn", "fn"});
    CHECK(keys_of(evaluation) == wanted);
    CHECK(evaluation["split"] == "test");
  }
}

TEST_CASE("steps count on from epoch to epoch, a pass ending in a short batch") {
  const Workplace& work = trained_workplace();
  const nlohmann::json config = nlohmann::json::parse(work.read("mf-rating/config.json"));
  const std::uint64_t rows = config["dataset"]["rows"], train = rows * 8 / 10, steps = (train + 255) / 256;
  std::vector<std::uint64_t> found;
  for (const nlohmann::json& line : metrics_of(work.path("mf-rating")))
    if (line["split"] == "train") found.push_back(line["step"]);
  CHECK(found == std::vector<std::uint64_t>{steps, 2 * steps, 3 * steps});
}

TEST_CASE("one user, or one item, or one row is no error") {
  const Workplace work;
  const std::string header = "user_id,anime_id,rating,watching_status\n";
  std::string user = header, item = header;
  for (int i = 1; i <= 20; ++i) {
    const std::string id = std::to_string(i), rest = "," + std::to_string(1 + i % 10) + ",2\n";
    user += "5," + id + rest;
    item += id + ",5" + rest;
  }
  work.file("user.csv", user);
  work.file("item.csv", item);
  work.file("row.csv", header + "1,1,7,2\n");
  for (const std::string& run :
       words("user:mf:rating user:nn:interaction user:hybrid:hybrid item:mf:rating item:nn:rating "
             "item:hybrid:hybrid row:mf:rating row:nn:rating row:hybrid:hybrid")) {
    CAPTURE(run);
    const std::string data = run.substr(0, run.find(':')), task = run.substr(run.rfind(':') + 1);
    const std::string model = run.substr(data.size() + 1, run.rfind(':') - data.size() - 1);
    const std::string split = data == "row" ? " --split 1,0,0" : " --split 0.8,0.1,0.1";
    CHECK(fault_of(work.run("train " + data + ".csv --model " + model + " --task " + task + split + quick +
                            "--out " + data + model)) == "");
    const std::string id = data == "row" ? "1" : "5";
    CHECK(fault_of(work.run("recommend " + data + model + " --for-all-users")) == "");
    CHECK(fault_of(work.run("similar " + data + model + " --item " + id)) == "");
    CHECK(fault_of(work.run("evaluate " + data + model + " --split train --ranking")) == "");
  }
}

TEST_CASE("without a test split there is no evaluation.json until another file is judged") {
  const Workplace work;
  const ProgramResult trained =
      work.run("train animelist.csv --model mf --task rating --split 1,0,0 --dim 4 --epochs 1 --out run");
  CHECK(fault_of(trained) == "");
  CHECK(contains(trained.out, "anirec evaluate run --data"));
  CHECK_FALSE(std::filesystem::exists(work.path("run/evaluation.json")));
  CHECK(fault_of(work.run("evaluate run"), 3, {"run", "test", "--data"}) == "");
  work.file("fold.csv", "user_id,anime_id,rating\n1,1,8\n1,999999,3\n999999,1,5\n999999,888888,9\n");
  const ProgramResult judged = work.run("evaluate run --data fold.csv");
  CHECK(fault_of(judged) == "");
  const nlohmann::json evaluation = nlohmann::json::parse(work.read("run/evaluation.json"));
  CHECK(evaluation["rows"] == 4);
  CHECK(evaluation["unknown_users"] == 2);
  CHECK(evaluation["unknown_items"] == 2);
  CHECK(contains(judged.out, "2 rows of unknown users and 2 of unknown items"));
}

TEST_CASE("ratings come from standard input, from several files and from a prepared dataset alike") {
  const Workplace work;
  const std::vector<std::string> lines = lines_of(work.read("animelist.csv"));
  std::string halves[2] = {lines[0] + "\n", lines[0] + "\n"};
  for (std::size_t i = 1; i < lines.size(); ++i) halves[i > lines.size() / 2] += lines[i] + "\n";
  work.file("a.csv", halves[0]);
  work.file("b.csv", halves[1]);
  const std::string rest = " --model mf --task rating" + quick + "--out ";
  REQUIRE(fault_of(work.run("train animelist.csv" + rest + "file")) == "");
  REQUIRE(fault_of(work.run("train -" + rest + "stdin", work.read("animelist.csv"))) == "");
  REQUIRE(fault_of(work.run("train a.csv b.csv" + rest + "files")) == "");
  REQUIRE(fault_of(work.run("prepare - --task rating --out data.safetensors", work.read("animelist.csv"))) == "");
  REQUIRE(fault_of(work.run("train data.safetensors" + rest + "prepared")) == "");
  for (const char* other : {"stdin", "files", "prepared"}) {
    CAPTURE(other);
    CHECK(difference_of(work.path("file"), work.path(other)) == "");
  }
  CHECK_FALSE(std::filesystem::exists(work.path("prepared/dataset.anirec.safetensors")));
  CHECK(fault_of(work.run("train -" + rest + "empty", ""), 3, {"empty"}) == "");
}

TEST_CASE("--quiet prints nothing, and JSON lines are all that --log-format json prints") {
  const Workplace work;
  const ProgramResult quiet = work.run("train animelist.csv --model mf --task rating --epochs 2 --out a --quiet");
  CHECK(fault_of(quiet) == "");
  CHECK(quiet.out == "");
  const ProgramResult json =
      work.run("train animelist.csv --model mf --task rating --epochs 2 --out b --log-format json");
  CHECK(fault_of(json) == "");
  const std::vector<std::string> lines = lines_of(json.out);
  CHECK(lines.size() == 2);
  for (const std::string& line : lines) CHECK(nlohmann::json::parse(line, nullptr, false).contains("train"));
}

TEST_CASE("plain output holds no terminal codes, names the device and why") {
  const Workplace work;
  const ProgramResult result = work.run("train animelist.csv --model mf --task rating --epochs 2 --out run");
  CHECK(fault_of(result) == "");
  CHECK(result.out.find('\x1b') == std::string::npos);
  CHECK(result.out.find('\r') == std::string::npos);
  CHECK(contains(result.out, "device: cpu"));
  CHECK(contains(result.out, "1/2  train "));
}

TEST_CASE("the reference preset is the study's settings, and flags override it") {
  const Workplace work;
  REQUIRE(
      fault_of(work.run(
          "train animelist.csv --model nn --task interaction --preset reference --epochs 1 --steps-per-epoch 5 "
          "--out run --quiet")) == "");
  const nlohmann::json options = nlohmann::json::parse(work.read("run/config.json"))["options"];
  CHECK(options["batch_size"] == 64);
  CHECK(options["class_weight"] == "2.5,1");
  CHECK(options["patience"] == 3);
  CHECK(options["monitor"] == "train_loss");
  CHECK(options["keep"] == "last");
  CHECK(options["validation_rows"] == 640);
  CHECK(options["epochs"] == 1);
  CHECK(options["steps_per_epoch"] == 5);
}

TEST_CASE("--init starts from rows of the same ids, wherever they lie") {
  const Workplace work;
  const std::string header = "user_id,anime_id,rating\n";
  work.file("first.csv", header + "10,1,3\n20,2,5\n30,3,8\n");
  work.file("second.csv", header + "5,2,3\n20,3,5\n30,4,8\n");
  const std::string rest = " --model mf --task rating --split 1,0,0 --dim 4 --epochs 1 --quiet";
  REQUIRE(fault_of(work.run("train first.csv --out first" + rest)) == "");
  REQUIRE(fault_of(work.run(
              "train second.csv --out second --optimizer sgd --lr 1e-30 --init first/model.safetensors" + rest)) ==
          "");
  REQUIRE(fault_of(work.run("train second.csv --out fresh --optimizer sgd --lr 1e-30" + rest)) == "");
  const auto rows = [&](const std::string& run, const char* table) {
    return SafetensorsReader(work.path(run + "/model.safetensors")).read<float>(table, {-1, 4});
  };
  const auto row = [](const std::vector<float>& table, std::size_t i) {
    return std::vector<float>(table.begin() + static_cast<std::ptrdiff_t>(4 * i),
                              table.begin() + static_cast<std::ptrdiff_t>(4 * i + 4));
  };
  const auto users = rows("second", "user_embedding.weight"), from = rows("first", "user_embedding.weight"),
             fresh = rows("fresh", "user_embedding.weight");
  CHECK(row(users, 0) == row(fresh, 0));
  CHECK(row(users, 1) == row(from, 1));
  CHECK(row(users, 2) == row(from, 2));
  const auto items = rows("second", "item_embedding.weight"), items_from = rows("first", "item_embedding.weight"),
             items_fresh = rows("fresh", "item_embedding.weight");
  CHECK(row(items, 0) == row(items_from, 1));
  CHECK(row(items, 1) == row(items_from, 2));
  CHECK(row(items, 2) == row(items_fresh, 2));
}
