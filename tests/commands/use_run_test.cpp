#include <doctest/doctest.h>

#include "commands/commands_fixture.h"

using namespace anirec;

namespace {

// user → items of any row of these ratings that the rating task keeps (rating > 0).
std::map<std::string, std::set<std::string>> rated_items(const std::string& ratings) {
  std::map<std::string, std::set<std::string>> items;
  for (const std::string& line : lines_of(ratings)) {
    const std::vector<std::string> fields = fields_of(line);
    if (fields[2] != "rating" && fields[2] != "0") items[fields[0]].insert(fields[1]);
  }
  return items;
}

// A workplace with string ids that CSV must quote, and others in UTF-8.
const std::vector<std::string> odd_users = {"\"Smith, J\"", "\"say \"\"hi\"\"\"", "jürgen", "猫", "x y"};
const std::vector<std::string> odd_items = {"0-395-07122-4", "\"a,b\"", "日本",  "\"q\"\"q\"",
                                            "plain",         "ÄÖ",      "B000X", "c'd"};

std::string odd_ratings() {
  std::string text = "user;item;stars\n";
  text = "user,item,rating\n";
  for (std::size_t u = 0; u < odd_users.size(); ++u)
    for (std::size_t i = 0; i < odd_items.size(); ++i)
      if ((u + i) % 3 != 0)
        text += odd_users[u] + "," + odd_items[i] + "," + std::to_string(1 + (u * i) % 5) + "\n";
  return text;
}

}  // namespace

TEST_CASE("recommend for all users writes the contract's columns, ranks from 1, and nothing a user has") {
  const Workplace& work = trained_workplace();
  REQUIRE(fault_of(work.run("recommend mf-rating --for-all-users --top 5 --out all.csv")) == "");
  const auto rated = rated_items(work.read("animelist.csv"));
  const std::vector<std::string> lines = lines_of(work.read("all.csv"));
  REQUIRE(lines[0] == "user_id,rank,item_id,score");
  std::map<std::string, std::vector<double>> scores;
  std::map<std::string, std::set<std::string>> items;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = fields_of(lines[i]);
    REQUIRE(fields.size() == 4);
    REQUIRE(rated.contains(fields[0]));
    CHECK_FALSE(rated.at(fields[0]).contains(fields[2]));
    scores[fields[0]].push_back(std::stod(fields[3]));
    items[fields[0]].insert(fields[2]);
    CHECK(fields[1] == std::to_string(scores[fields[0]].size()));
  }
  CHECK(scores.size() == rated.size());
  for (const auto& [user, mine] : scores) {
    CHECK(items[user].size() == mine.size());
    CHECK(std::is_sorted(mine.rbegin(), mine.rend()));
    CHECK(mine.size() == std::min<std::size_t>(5, 60 - rated.at(user).size()));
  }

  CHECK(work.run("recommend mf-rating --for-all-users --top 5").out == work.read("all.csv"));
  REQUIRE(fault_of(work.run("recommend mf-rating --user 7 --top 5 --out one.csv")) == "");
  std::string mine = lines[0] + "\n";
  for (const std::string& line : lines)
    if (line.starts_with("7,")) mine += line + "\n";
  CHECK(work.read("one.csv") == mine);
}

TEST_CASE("recommend shows titles, on a terminal's table and in the CSV") {
  const Workplace& work = trained_workplace();
  const ProgramResult shown = work.run("recommend hybrid --user 7 --titles titles.csv --top 3");
  CHECK(fault_of(shown) == "");
  REQUIRE(fault_of(work.run("recommend hybrid --user 7 --titles titles.csv --top 3 --out titled.csv")) == "");
  const std::vector<std::string> lines = lines_of(work.read("titled.csv"));
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "user_id,rank,item_id,score,title");
  std::map<std::string, std::string> titles;
  for (const std::string& line : lines_of(work.read("titles.csv")))
    titles[fields_of(line)[0]] = fields_of(line)[1];
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = fields_of(lines[i]);
    CHECK(fields[4] == titles[fields[2]]);
    CHECK(contains(shown.out, fields[4]));
  }
}

TEST_CASE("an unknown user or item is named, with what is known") {
  const Workplace& work = trained_workplace();
  CHECK(fault_of(work.run("recommend mf-rating --user 424242"), 3, {"424242", "known", "from 0 to 199"}) == "");
  CHECK(fault_of(work.run("recommend mf-rating --user no,such"), 3, {"no,such", "known"}) == "");
  CHECK(fault_of(work.run({"recommend", "mf-rating", "--user", ""}), 3, {"known"}) == "");
  CHECK(fault_of(work.run("recommend mf-rating --user 424242 --out unknown.csv"), 3, {"424242"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("unknown.csv")));
  CHECK(fault_of(work.run("similar mf-rating --item 424242"), 3, {"424242", "60 known"}) == "");
  CHECK(fault_of(work.run("recommend mf-rating --user 7 --titles missing.csv"), 3, {"missing.csv"}) == "");
}

TEST_CASE("similar leaves the item itself out and ranks all the others at most once") {
  const Workplace& work = trained_workplace();
  const std::string item = fields_of(lines_of(work.read("titles.csv"))[3])[0];
  const ProgramResult result = work.run("similar nn-interaction --item " + item + " --top 1000");
  CHECK(fault_of(result) == "");
  const std::vector<std::string> lines = lines_of(result.out);
  std::set<std::string> found;
  double last = 1.0001;
  REQUIRE(lines.size() > 10);
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const std::vector<std::string> columns = words(lines[i]);
    REQUIRE(columns.size() == 3);
    CHECK(columns[0] == std::to_string(i - 1));
    CHECK(found.insert(columns[1]).second);
    CHECK(std::stod(columns[2]) <= last);
    last = std::stod(columns[2]);
  }
  CHECK_FALSE(found.contains(item));
}

TEST_CASE("predict keeps the order of its pairs and counts the unknown ones") {
  const Workplace& work = trained_workplace();
  const std::string item = fields_of(lines_of(work.read("titles.csv"))[1])[0];
  work.file("pairs.csv",
            "user_id,anime_id\n9," + item + "\n3," + item + "\n424242," + item + "\n9,424242\n9," + item + "\n");
  const ProgramResult result = work.run("predict mf-rating --data pairs.csv --out scores.csv");
  CHECK(fault_of(result) == "");
  CHECK(contains(result.out, "5 scores, 2 of unknown users or items"));
  const std::vector<std::string> lines = lines_of(work.read("scores.csv"));
  REQUIRE(lines.size() == 6);
  CHECK(lines[0] == "user_id,item_id,score");
  CHECK(lines[1].starts_with("9," + item + ","));
  CHECK(lines[2].starts_with("3," + item + ","));
  CHECK(lines[3].starts_with("424242," + item + ","));
  CHECK(lines[4].starts_with("9,424242,"));
  CHECK(lines[5] == lines[1]);
  CHECK(fields_of(lines[2])[2] != fields_of(lines[1])[2]);

  // Without a header, with further columns, and to standard output.
  work.file("bare.csv", "9," + item + "\n3," + item + "\n");
  CHECK(fault_of(work.run("predict mf-rating --data bare.csv --out bare-scores.csv")) == "");
  const std::vector<std::string> bare = lines_of(work.read("bare-scores.csv"));
  REQUIRE(bare.size() == 3);
  CHECK(bare[1] == lines[1]);
  CHECK(bare[2] == lines[2]);
  CHECK(fault_of(work.run("predict mf-rating --data animelist.csv --out all-scores.csv")) == "");
  CHECK(lines_of(work.read("all-scores.csv")).size() == 6001);
  CHECK(fault_of(work.run("predict hybrid --data pairs.csv --out both.csv")) == "");
  CHECK(lines_of(work.read("both.csv"))[0] == "user_id,item_id,score,rating");
  const ProgramResult piped =
      work.run("predict mf-rating --data - --out stdin-scores.csv", work.read("pairs.csv"));
  CHECK(fault_of(piped) == "");
  CHECK(work.read("stdin-scores.csv") == work.read("scores.csv"));
}

TEST_CASE("predict refuses a file that holds no pairs and leaves an old output alone") {
  const Workplace& work = trained_workplace();
  work.file("old.csv", "old");
  work.file("narrow.csv", "user_id,anime_id\n1\n");
  CHECK(fault_of(work.run("predict mf-rating --data narrow.csv --out old.csv"), 3, {"narrow.csv:2:"}) == "");
  CHECK(fault_of(work.run("predict mf-rating --data missing.csv --out old.csv"), 3, {"missing.csv"}) == "");
  CHECK(fault_of(work.run("predict mf-rating --data animelist.csv --out animelist.csv/x"), 3,
                 {"animelist.csv/x"}) == "");
  CHECK(work.read("old.csv") == "old");
}

TEST_CASE("string ids with commas, quotes and UTF-8 come back as they were") {
  const Workplace work;
  work.file("odd.csv", odd_ratings());
  REQUIRE(fault_of(work.run(
              "train odd.csv --model mf --task rating --split 1,0,0 --dim 4 --epochs 1 --out odd --quiet")) == "");
  REQUIRE(fault_of(work.run("predict odd --data odd.csv --out scores.csv")) == "");
  const std::vector<std::string> ratings = lines_of(work.read("odd.csv")),
                                 scores = lines_of(work.read("scores.csv"));
  REQUIRE(scores.size() == ratings.size());
  for (std::size_t i = 1; i < scores.size(); ++i) {
    const std::string pair = ratings[i].substr(0, ratings[i].rfind(',') + 1);
    CHECK(scores[i].substr(0, pair.size()) == pair);
  }
  const ProgramResult all = work.run("recommend odd --for-all-users");
  CHECK(fault_of(all) == "");
  for (std::size_t u = 0; u < odd_users.size(); ++u)
    for (std::size_t i = 0; i < odd_items.size(); ++i) {
      bool found = false;
      for (const std::string& line : lines_of(all.out))
        found = found || (line.starts_with(odd_users[u] + ",") && contains(line, "," + odd_items[i] + ","));
      CHECK(found == ((u + i) % 3 == 0));
    }
  CHECK(fault_of(work.run({"recommend", "odd", "--user", "Smith, J"})) == "");
  CHECK(fault_of(work.run({"recommend", "odd", "--user", "猫"})) == "");
  CHECK(fault_of(work.run({"similar", "odd", "--item", "日本"})) == "");
  CHECK(fault_of(work.run({"recommend", "odd", "--user", "nobody"}), 3, {"nobody", "5 known"}) == "");
}

TEST_CASE("a run made with --columns takes pairs and folds of its own form, and of others when told") {
  const Workplace work;
  std::string text;
  for (int u = 1; u <= 9; ++u)
    for (int i = 1; i <= 9; ++i)
      text += "x;" + std::to_string(10 + i) + ";" + std::to_string(u) + ";" + std::to_string(1 + u * i % 5) + "\n";
  work.file("own.txt", text);
  const std::string columns = " --columns user=3,item=2,rating=4 --separator ;";
  REQUIRE(fault_of(work.run(
              "train own.txt --model mf --task rating --dim 4 --epochs 1 --out run --quiet --split 0.8,0.1,0.1" +
              columns)) == "");
  CHECK(fault_of(work.run("evaluate run --data own.txt")) == "");
  REQUIRE(fault_of(work.run("predict run --data own.txt --out own.csv")) == "");
  CHECK(lines_of(work.read("own.csv"))[1].starts_with("1,11,"));
  work.file("pairs.csv", "1,11\n2,12\n");
  REQUIRE(fault_of(work.run(
              "predict run --data pairs.csv --out pairs-out.csv --columns user=1,item=2 --separator ,")) == "");
  CHECK(lines_of(work.read("pairs-out.csv"))[1].starts_with("1,11,"));
}

TEST_CASE("evaluate judges the split it is asked for, with baselines, and --ranking adds its figures") {
  const Workplace work;
  const std::string train = "train animelist.csv --dim 4 --hidden 4 --epochs 2 --split 0.7,0.1,0.2 --quiet ";
  REQUIRE(fault_of(work.run(train + "--model hybrid --task hybrid --out run")) == "");
  std::uint64_t rows = 0;
  for (const std::string split : {"train", "validation", "test"}) {
    CAPTURE(split);
    CHECK(fault_of(work.run("evaluate run --split " + split)) == "");
    const nlohmann::json evaluation = nlohmann::json::parse(work.read("run/evaluation.json"));
    CHECK(evaluation["split"] == split);
    CHECK_FALSE(evaluation.contains("hr@10"));
    CHECK(evaluation["baselines"].size() >= 3);
    rows += evaluation["rows"].get<std::uint64_t>();
  }
  CHECK(rows == nlohmann::json::parse(work.read("run/config.json"))["dataset"]["rows"]);
  const ProgramResult ranked = work.run("evaluate run --ranking --top 7");
  CHECK(fault_of(ranked) == "");
  const nlohmann::json evaluation = nlohmann::json::parse(work.read("run/evaluation.json"));
  for (const char* key : {"hr@7", "recall@7", "ndcg@7", "mrr", "coverage"}) CHECK(evaluation.contains(key));
  for (const char* part : {"HR@7", "RMSE", "AUC", "most popular", "global mean"})
    CHECK(contains(ranked.out, part));
  // The last evaluation of train and a later one agree to the last digit.
  REQUIRE(fault_of(work.run(train + "--model hybrid --task hybrid --out again")) == "");
  const std::string at_the_end = work.read("again/evaluation.json");
  REQUIRE(fault_of(work.run("evaluate again --threads 1")) == "");
  CHECK(work.read("again/evaluation.json") == at_the_end);
  CHECK(fault_of(work.run("evaluate again --data animelist.csv --split validation")) == "");
}

TEST_CASE("compare shows runs in every style") {
  const Workplace& work = trained_workplace();
  const ProgramResult plain = work.run("compare mf-rating nn-interaction/ hybrid");
  CHECK(fault_of(plain) == "");
  for (const char* part : {"mf-rating", "nn-interaction", "hybrid", "Ratings", "Interactions", "RMSE", "AUC",
                           "global mean", "always positive"}) {
    CAPTURE(part);
    CHECK(contains(plain.out, part));
  }
  const ProgramResult markdown = work.run("compare mf-rating hybrid --markdown");
  CHECK(fault_of(markdown) == "");
  CHECK(contains(markdown.out, "| mf-rating "));
  CHECK(contains(markdown.out, "|---"));
  const ProgramResult json = work.run("compare mf-rating hybrid --json");
  CHECK(fault_of(json) == "");
  const nlohmann::json parsed = nlohmann::json::parse(json.out, nullptr, false);
  REQUIRE(parsed.is_object());
  CHECK(parsed["runs"].size() == 2);
  CHECK(parsed["runs"][0]["name"] == "mf-rating");
  const nlohmann::json evaluation = nlohmann::json::parse(work.read("mf-rating/evaluation.json"));
  CHECK(parsed["ratings"].dump().find(evaluation["rmse"].dump()) != std::string::npos);
}

TEST_CASE("bench prints JSON with a speed for each model and batch size") {
  const ProgramResult result = run_program(
      words("bench --seconds 1 --rows 20000 --users 500 --items 100 --model mf --batch-size 64 --dim 8"));
  CHECK(fault_of(result) == "");
  const nlohmann::json json = nlohmann::json::parse(result.out, nullptr, false);
  REQUIRE(json.is_object());
  REQUIRE(json["steps"].size() == 1);
  CHECK(json["steps"][0]["model"] == "mf");
  CHECK(json["steps"][0]["batch_size"] == 64);
  CHECK(json["steps"][0]["samples_per_second"] > 0);
  CHECK(json["copy_bytes_per_second"] > 0);
}

TEST_CASE("generate writes the same bytes for the same seed, and no user has an item twice") {
  const Workplace work;
  const std::string sizes = "generate --users 150 --items 40 --rows 3000 ";
  REQUIRE(fault_of(work.run(sizes + "--out a.csv --titles-out at.csv")) == "");
  REQUIRE(fault_of(work.run(sizes + "--out b.csv --titles-out bt.csv")) == "");
  REQUIRE(fault_of(work.run(sizes + "--seed 2 --out c.csv")) == "");
  CHECK(work.read("a.csv") == work.read("b.csv"));
  CHECK(work.read("at.csv") == work.read("bt.csv"));
  CHECK(work.read("a.csv") != work.read("c.csv"));
  CHECK(work.run(sizes + "--out /dev/stdout").out == work.read("a.csv"));
  const std::vector<std::string> lines = lines_of(work.read("a.csv"));
  CHECK(lines.size() == 3001);
  CHECK(lines[0] == "user_id,anime_id,rating,watching_status,watched_episodes");
  std::set<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 1; i < lines.size(); ++i)
    CHECK(pairs.insert({fields_of(lines[i])[0], fields_of(lines[i])[1]}).second);
}
