#include <doctest/doctest.h>

#include "commands/commands_fixture.h"
#include "train/train_config.h"

using namespace anirec;

namespace {

// Numeric options of train with a value below and one above what they may have.
struct NumericFlag {
  std::string name;
  bool whole;
  Limits limits;
};

struct CollectNumericFlags {
  std::vector<NumericFlag>& flags;
  static std::string flag(std::string name) {
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
  }
  void operator()(const char*, const std::string&, const char*) const {}
  void operator()(const char*, const bool&, const char*) const {}
  void operator()(const char* name, const std::uint64_t&, const char*, Limits limits) const {
    flags.push_back({flag(name), true, limits});
  }
  void operator()(const char* name, const double&, const char*, Limits limits) const {
    flags.push_back({flag(name), false, limits});
  }
};

// The data does not exist: a flag that is looked at too late shows as exit 3.
const std::string train_no_file = "train no-such-file.csv --model mf --task rating --out run";

}  // namespace

TEST_CASE("every numeric flag of train refuses what is no number or outside its limits, before data is read") {
  std::vector<NumericFlag> flags;
  const TrainConfig standard;
  visit_options(standard, CollectNumericFlags{flags});
  REQUIRE(flags.size() > 15);
  for (const NumericFlag& flag : flags) {
    std::vector<std::string> values = {
        "", "abc", "nan", "inf", "1e400", "-1e31", "99999999999999999999999999999999", "1x"};
    if (flag.limits.low >= 0) values.push_back("-1");
    if (flag.limits.low >= 1 || flag.limits.open_low) values.push_back("0");
    if (flag.whole) values.push_back("1.5");
    for (const std::string& value : values) {
      CAPTURE(flag.name);
      CAPTURE(value);
      std::vector<std::string> arguments = words(train_no_file);
      arguments.insert(arguments.end(), {"--" + flag.name, value});
      CHECK(fault_of(run_program(arguments), 2, {"--" + flag.name + " " + value, "expected a"}) == "");
    }
  }
}

TEST_CASE("numeric flags of the other commands are checked likewise") {
  const Workplace& work = trained_workplace();
  for (const std::string& line :
       {std::string("generate --out x.csv --users"), std::string("generate --out x.csv --items"),
        std::string("generate --out x.csv --rows"), std::string("bench --users"), std::string("bench --items"),
        std::string("bench --rows"), std::string("bench --seconds"), std::string("bench --batch-size"),
        std::string("bench --dim"), std::string("recommend mf-rating --user 1 --top"),
        std::string("similar mf-rating --item 1 --top"), std::string("evaluate mf-rating --ranking --top")})
    for (const char* value : {"0", "-1", "abc", "1.5", "99999999999999999999999"}) {
      CAPTURE(line);
      CAPTURE(value);
      const std::string flag = line.substr(line.rfind("--"));
      CHECK(fault_of(work.run(line + " " + value), 2, {flag + " " + value, "expected a whole number"}) == "");
    }
  CHECK(fault_of(work.run("generate --out x.csv --seed -1"), 2, {"--seed -1"}) == "");
  CHECK(fault_of(work.run("generate --users 2 --items 2 --rows 5 --out x.csv"), 2, {"--rows 5", "4 pairs"}) == "");
  CHECK(fault_of(work.run({"bench", "--model", ""}), 2, {"--model is empty"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("x.csv")));
}

TEST_CASE("choices and lists are refused with what may be chosen, before data is read") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"--hidden 0", {"--hidden 0", "1 to 65536"}},
      {"--hidden 64,,3", {"--hidden 64,,3", "256,128"}},
      {"--hidden 99999999", {"--hidden 99999999"}},
      {"--split 1,1,1", {"--split", "1,1,1", "add up to 1"}},
      {"--split a", {"--split"}},
      {"--split 0.5,0.5", {"--split", "three shares"}},
      {"--split -0.5,1,0.5", {"--split"}},
      {"--split-by time", {"--split-by time", "leave-last-out"}},
      {"--class-weight 1", {"--class-weight 1", "2.5,1"}},
      {"--class-weight 0,0", {"--class-weight 0,0"}},
      {"--class-weight=-1,1", {"--class-weight -1,1"}},
      {"--loss-weights nan,1", {"--loss-weights nan,1"}},
      {"--loss-weights 1,2,3", {"--loss-weights 1,2,3"}},
      {"--device-memory-limit 8X", {"--device-memory-limit 8X", "8G"}},
      {"--device-memory-limit=-1G", {"--device-memory-limit -1G"}},
      {"--math fp8", {"--math fp8", "bf16"}},
      {"--keep all", {"--keep all", "best or last"}},
      {"--monitor auc", {"--monitor auc", "rmse"}},
      {"--monitor train_auc", {"--monitor train_auc"}},
      {"--preset fast", {"--preset fast", "reference"}},
      {"--unrated maybe", {"unrated", "maybe", "negative, positive or drop"}},
      {"--optimizer adamw", {"--optimizer adamw", "lazy-adam"}},
      {"--lr-schedule linear", {"--lr-schedule linear", "cosine"}},
      {"--mf-bias none", {"--mf-bias none", "additive"}},
      {"--rating-activation sigmoid", {"--rating-activation sigmoid", "bounded"}},
      {"--init-bias random", {"--init-bias random", "zero, mean or low"}},
      {"--log-format xml", {"--log-format xml", "json"}},
      {"--device gpu", {"--device gpu", "cuda"}},
      {"--device cuda:x", {"--device cuda:x"}},
      {"--steps-per-epoch 1000000000000", {"4 billion"}},
      {"--resume --overwrite", {"--resume", "--overwrite"}},
  };
  for (const auto& [flags, parts] : cases) {
    CAPTURE(flags);
    CHECK(fault_of(run_program(words(train_no_file + " " + flags)), 2, parts) == "");
  }
}

TEST_CASE("a flag that is not there, given twice or without its value is refused, with a suggestion") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {train_no_file + " --learning-rate 1",
       {"--learning-rate is no option of anirec train", "anirec help train"}},
      {train_no_file + " --epoch 3", {"--epoch is no option", "did you mean --epochs?"}},
      {train_no_file + " --batchsize=3", {"--batchsize is no option", "did you mean --batch-size?"}},
      {train_no_file + " --x", {"--x is no option"}},
      {train_no_file + " -e 3", {"-e is no option"}},
      {train_no_file + " ---lr 3", {"---lr is no option"}},
      {train_no_file + " --lr 1 --lr 2", {"--lr", "twice"}},
      {train_no_file + " --quiet --quiet", {"--quiet", "twice"}},
      {train_no_file + " --quiet=1", {"--quiet takes no value"}},
      {train_no_file + " --resume=1", {"--resume takes no value"}},
      {train_no_file + " --lr", {"--lr needs a value"}},
      {train_no_file + " --seed --overwrite", {"--seed needs a value"}},
      {"train data.csv --model mf --task rating", {"--out is missing"}},
      {"train --model mf --task rating --out run", {"no data given"}},
      {"train data.csv --task rating --out run", {"--model is missing", "mf, nn or hybrid"}},
      {"train data.csv --model mf --out run", {"--task is missing", "rating, interaction or hybrid"}},
      {"train data.csv --model svd --task rating --out run", {"--model svd", "mf, nn or hybrid"}},
      {"train data.csv --model mf --task ranking --out run", {"ranking", "rating, interaction or hybrid"}},
      {"train data.csv --model mf --task hybrid --out run", {"--model mf", "--task hybrid"}},
      {"train data.csv --model nn --task hybrid --out run", {"--model nn", "--task hybrid"}},
      {"train data.csv --model hybrid --task rating --out run",
       {"--model hybrid", "--task rating", "--task hybrid"}},
      {"trian", {"no command trian", "did you mean anirec train?"}},
      {"frobnicate", {"no command frobnicate", "anirec help"}},
      {"help trian", {"no command trian", "did you mean anirec train?"}},
      {"help train prepare", {"more than one command", "prepare"}},
      {"prepare", {"no ratings file"}},
      {"prepare data.csv", {"--task is missing"}},
      {"prepare data.csv --task x", {"x", "rating, interaction or hybrid"}},
      {"evaluate", {"no run folder"}},
      {"evaluate a b", {"more than one run folder", "b"}},
      {"evaluate run --split best", {"--split best"}},
      {"predict run --out x", {"--data is missing"}},
      {"predict run --data x", {"--out is missing"}},
      {"compare", {"no run folders"}},
      {"compare run --json --markdown", {"--markdown, --json and --html"}},
      {"recommend run", {"--user", "--for-all-users"}},
      {"recommend run --user 1 --for-all-users", {"--user", "--for-all-users"}},
      {"similar run", {"--item is missing"}},
      {"generate", {"--out is missing"}},
      {"generate x --out y", {"x", "options only"}},
      {"bench x", {"x", "options only"}},
      {"bench --model svd --rows 10", {"--model svd"}},
      {"info x", {"no arguments"}},
  };
  for (const auto& [line, parts] : cases) {
    CAPTURE(line);
    CHECK(fault_of(run_program(words(line)), 2, parts) == "");
  }
}

TEST_CASE("--device cuda is an error of the device where there is none, before data is read") {
  CHECK(fault_of(run_program(words(train_no_file + " --device cuda")), 4, {"--device cuda", "--device cpu"}) ==
        "");
  CHECK(fault_of(run_program(words(train_no_file + " --device cuda:1")), 4, {"--device cuda:1"}) == "");
  const Workplace& work = trained_workplace();
  for (const char* line : {"evaluate mf-rating", "recommend mf-rating --user 1",
                           "predict mf-rating --data animelist.csv --out p.csv", "bench --seconds 1"}) {
    CAPTURE(line);
    CHECK(fault_of(work.run(std::string(line) + " --device cuda"), 4, {"--device cuda"}) == "");
  }
}

TEST_CASE("columns that name nothing are bad usage; columns a file does not have are a fault of the file") {
  const Workplace work;
  const std::string start = "train animelist.csv --model mf --task rating --out run ";
  CHECK(fault_of(work.run(start + "--columns user"), 2, {"--columns"}) == "");
  CHECK(fault_of(work.run(start + "--columns user=user_id,item=anime_id,rating=stars"), 3,
                 {"animelist.csv", "--columns", "stars"}) == "");
  CHECK(fault_of(work.run(start + "--columns user=user_id,item=anime_id,colour=rating"), 2,
                 {"--columns", "colour"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("run")));
}
