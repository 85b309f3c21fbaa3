#include <doctest/doctest.h>

#include "commands/commands_fixture.h"
#include "commands/run_config.h"

using namespace anirec;

namespace {

// "--lr 0.1 --no-shuffle" as the command line gives it.
TrainConfig requested(const std::string& flags) {
  Arguments arguments;
  std::string name;
  for (const std::string& word : words(flags))
    if (word.starts_with("--"))
      arguments.given[name = word.substr(2)] = "";
    else
      arguments.given[name] = word;
  return requested_config(arguments);
}

}  // namespace

TEST_CASE("mf has settings of its own, which nn, hybrid and the preset do not take") {
  const TrainConfig general, rating = requested("--model mf --task rating"),
                             interaction = requested("--model mf --task interaction");
  CHECK(rating.dropout < general.dropout);
  CHECK(rating.l2 > 0);
  CHECK(rating.lr_schedule == "step");
  CHECK(rating.init_bias == "low");
  CHECK(interaction.lr > 1e-3);
  CHECK(interaction.batch_size < general.batch_size);
  for (const char* flags :
       {"--model nn --task rating", "--model hybrid --task hybrid", "--model mf --task rating --preset reference",
        "--model mf --task interaction --preset reference"}) {
    CAPTURE(flags);
    const TrainConfig config = requested(flags);
    CHECK(config.dropout == 0.5);
    CHECK(config.l2 == 0);
    CHECK((config.lr == 0 || config.lr == 1e-3));
    CHECK(config.lr_schedule == "constant");
    CHECK(config.init_bias != "low");
  }
}

TEST_CASE("what was measured together is taken together or not at all") {
  const TrainConfig dropout = requested("--model mf --task rating --dropout 0.3");
  CHECK(dropout.dropout == 0.3);
  CHECK(dropout.l2 == 0);
  CHECK(dropout.lr == 0);
  CHECK(dropout.lr_schedule == "constant");
  CHECK(dropout.batch_size == 256);
  CHECK(dropout.init_bias == "mean");
  CHECK(dropout.task == "rating");
  const TrainConfig l2 = requested("--model mf --task rating --l2 0.01");
  CHECK(l2.dropout == 0.5);
  CHECK(l2.l2 == 0.01);
  const TrainConfig sgd = requested("--model mf --task interaction --optimizer sgd");
  CHECK(sgd.lr == 0);  // sgd's own
  CHECK(sgd.lr_schedule == "constant");
  const TrainConfig cosine = requested("--model mf --task rating --lr-schedule cosine");
  CHECK(cosine.lr == 0);
  CHECK(cosine.lr_schedule == "cosine");
  CHECK(cosine.l2 > 0);
  CHECK(requested("--model mf --task rating --lr 0.002").lr_schedule == "step");
  CHECK(requested("--model mf --task interaction --optimizer sgd --lr 0.2").lr == 0.2);
  CHECK(requested("--model mf --task interaction --batch-size 512").batch_size == 512);
}

TEST_CASE("the command that trains again asks for the same settings, whatever the defaults were") {
  for (const char* flags :
       {"--model mf --task rating", "--model mf --task interaction", "--model mf --task rating --dropout 0.5",
        "--model mf --task rating --dropout 0", "--model mf --task rating --l2 0.085",
        "--model mf --task interaction --optimizer sgd",
        "--model mf --task interaction --lr 0.003 --optimizer adam",
        "--model mf --task interaction --preset reference", "--model nn --task rating --l2 0.07",
        "--model mf --task rating --dropout 0 --l2 0", "--model mf --task rating --lr-schedule cosine",
        "--model mf --task rating --lr-decay 0.1"}) {
    CAPTURE(flags);
    StoredConfig stored;
    stored.options = requested(flags);
    stored.dataset.path = "d";
    std::string again = training_command(RunFolder("r"), stored);
    std::replace(again.begin(), again.end(), '\\', ' ');
    std::replace(again.begin(), again.end(), '\n', ' ');
    const TrainConfig config = requested(again.substr(again.find("--")));
    CHECK(config.dropout == stored.options.dropout);
    CHECK(config.l2 == stored.options.l2);
    CHECK(config.lr == stored.options.lr);
    CHECK(config.lr_schedule == stored.options.lr_schedule);
    CHECK(config.lr_decay == stored.options.lr_decay);
    CHECK(config.lr_decay_epochs == stored.options.lr_decay_epochs);
    CHECK(config.batch_size == stored.options.batch_size);
    CHECK(config.init_bias == stored.options.init_bias);
    CHECK(config.class_weight == stored.options.class_weight);
  }
}

TEST_CASE("help tells a model's own defaults") {
  const std::string train = run_program({"help", "train"}).out;
  for (const char* part : {"[constant; mf rating step;", "[mean; mf rating low]", "defaults of its own"})
    CHECK(contains(train, part));
}

TEST_CASE("a run stores the settings it was trained with") {
  const Workplace work;
  REQUIRE(fault_of(work.run(
              "train animelist.csv --model mf --task rating --dim 2 --epochs 1 --quiet --out own")) == "");
  const nlohmann::json own = nlohmann::json::parse(work.read("own/config.json"));
  CAPTURE(own.dump());
  CHECK(contains(own.dump(), "\"init_bias\":\"low\""));
  CHECK(contains(own.dump(), "\"l2\":0.085"));
}
