#include <doctest/doctest.h>

#include <cmath>

#include "commands/commands_fixture.h"
#include "model/model_file.h"
#include "model/new_user.h"

using namespace anirec;

namespace {

// The rows of one user of the trained workplace, as a file of their own; `columns` of animelist.csv, from 0.
std::string rows_of_user(const Workplace& work, const std::string& user, const std::string& first_line,
                         const std::vector<std::size_t>& columns) {
  std::string text = first_line + "\n";
  for (const std::string& line : lines_of(work.read("animelist.csv"))) {
    const std::vector<std::string> fields = fields_of(line);
    if (fields[0] != user) continue;
    for (std::size_t i = 0; i < columns.size(); ++i) text += (i == 0 ? "" : ",") + fields[columns[i]];
    text += "\n";
  }
  return text;
}

struct Row {
  std::string item;
  double score;
};

std::vector<Row> rows_of(const std::string& csv) {
  std::vector<Row> rows;
  const std::vector<std::string> lines = lines_of(csv);
  for (std::size_t i = 1; i < lines.size(); ++i)
    rows.push_back({fields_of(lines[i])[2], std::stod(fields_of(lines[i])[3])});
  return rows;
}

std::string xml_of_user(const Workplace& work, const std::string& user) {
  static const std::map<std::string, std::string> names = {
      {"1", "Watching"}, {"2", "Completed"}, {"3", "On-Hold"}, {"4", "Dropped"}, {"6", "Plan to Watch"}};
  std::string text = "<?xml version=\"1.0\"?>\n<myanimelist><myinfo><user_name>Ann</user_name></myinfo>\n";
  for (const std::string& line : lines_of(work.read("animelist.csv"))) {
    const std::vector<std::string> fields = fields_of(line);
    if (fields[0] != user || !names.contains(fields[3])) continue;
    text += "<anime><series_animedb_id>" + fields[1] + "</series_animedb_id><my_score>" + fields[2] +
            "</my_score><my_status>" + names.at(fields[3]) + "</my_status></anime>\n";
  }
  return text + "</myanimelist>\n";
}

}  // namespace

TEST_CASE("recommend --ratings ranks what is not in the file, in the contract's columns, for every model") {
  const Workplace& work = trained_workplace();
  work.file("mine.csv", rows_of_user(work, "7", "user_id,anime_id,rating", {0, 1, 2}));
  work.file("mine.xml", xml_of_user(work, "7"));
  std::set<std::string> mine;
  for (const std::string& line : lines_of(work.read("mine.csv"))) mine.insert(fields_of(line)[1]);
  for (const char* run : {"mf-rating", "nn-interaction", "hybrid"})
    for (const char* list : {"mine.csv", "mine.xml"}) {
      CAPTURE(run);
      CAPTURE(list);
      REQUIRE(fault_of(work.run({"recommend", run, "--ratings", list, "--out", "own.csv", "--top", "100"})) == "");
      const std::string csv = work.read("own.csv");
      CHECK(csv.starts_with("user_id,rank,item_id,score\n" +
                            std::string(std::string(list) == "mine.csv" ? "7" : "Ann") + ",1,"));
      const std::vector<Row> rows = rows_of(csv);
      REQUIRE(rows.size() > 10);
      for (const Row& row : rows) CHECK_FALSE(mine.contains(row.item));
      CHECK(
          std::is_sorted(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.score > b.score; }));
      const ProgramResult shown = work.run({"recommend", run, "--ratings", list, "--top", "3"});
      CHECK(fault_of(shown) == "");
      CHECK(contains(shown.out, "For you ("));
      CHECK(contains(shown.out, "   1  "));
    }
}

TEST_CASE("the rules of the run make labels of one's own ratings") {
  const Workplace& work = trained_workplace();
  work.file(
      "statuses.csv", "anime_id,rating,watching_status\n" + [&] {
        std::string text;
        const std::vector<std::string> titles = lines_of(work.read("titles.csv"));
        const char* rest[] = {",9,2", ",3,4", ",8,1", ",0,6", ",7,3"};
        for (std::size_t i = 1; i <= 5; ++i) text += fields_of(titles[i])[0] + rest[i - 1] + "\n";
        return text;
      }());
  const std::string interaction = work.run("recommend nn-interaction --ratings statuses.csv").out;
  CHECK(contains(interaction, "5 items, 5 known to this run, 2 to learn from (3 neither completed nor dropped)"));
  const std::string hybrid = work.run("recommend hybrid --ratings statuses.csv").out;
  CHECK(contains(hybrid, "2 to learn from (1 not rated, 1 still watching, 1 above 5, not completed)"));
  CHECK(contains(work.run("recommend mf-rating --ratings statuses.csv").out, "4 to learn from (1 not rated)"));

  // --positive-from turns the label of a plain rating, and with it every score.
  const std::string item = fields_of(lines_of(work.read("titles.csv"))[1])[0];
  work.file("one.csv", "anime_id,rating\n" + item + ",6\n");
  const auto best = [&](const std::string& more) {
    return rows_of(work.run("recommend nn-interaction --ratings one.csv --out /dev/stdout" + more).out)
        .at(0)
        .score;
  };
  CHECK(best("") > best(" --positive-from 7"));
}

TEST_CASE("a run of a prepared dataset keeps the rules it was prepared with") {
  const Workplace work;
  work.file("plain.csv", [&] {
    std::string text = "user_id,anime_id,rating\n";
    for (const std::string& line : lines_of(work.read("animelist.csv")))
      if (fields_of(line)[2] != "rating")
        text += fields_of(line)[0] + "," + fields_of(line)[1] + "," + fields_of(line)[2] + "\n";
    return text;
  }());
  REQUIRE(fault_of(work.run("prepare plain.csv --task interaction --positive-from 9 --unrated drop --out nine")) ==
          "");
  REQUIRE(fault_of(work.run("train nine --model nn --task interaction --dim 4 --epochs 1 --quiet --out run")) ==
          "");
  const nlohmann::json options = nlohmann::json::parse(work.read("run/config.json"))["options"];
  CHECK(options["positive_from"] == 9);
  CHECK(options["unrated"] == "drop");
}

TEST_CASE("titles stand for ids, leniently; what is not found is named with what is near") {
  const Workplace& work = trained_workplace();
  const std::vector<std::string> titles = lines_of(work.read("titles.csv"));
  const std::vector<std::string> first = fields_of(titles[1]), second = fields_of(titles[2]);
  std::string shouted = first[1];
  for (char& c : shouted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  work.file("titled.csv",
            "title,rating\n" + shouted + "!,9\nThe " + second[1] + ",8\n" + first[1].substr(1) + "x,7\n");
  work.file("ids.csv", "anime_id,rating\n" + first[0] + ",9\n" + second[0] + ",8\n");
  const std::string by_title = work.run("recommend mf-rating --ratings titled.csv --titles titles.csv").out;
  CHECK(contains(by_title, "3 items, 2 known to this run, 2 to learn from"));
  CHECK(contains(by_title, "is not known; nearest: "));
  CHECK(contains(by_title, first[1] + " (" + first[0] + ")"));
  const std::string by_id = work.run("recommend mf-rating --ratings ids.csv --titles titles.csv").out;
  CHECK(by_title.substr(by_title.find("rank")) == by_id.substr(by_id.find("rank")));
  CHECK(fault_of(work.run("recommend mf-rating --ratings titled.csv"), 2, {"titled.csv", "--titles FILE"}) == "");
}

TEST_CASE("--explain names own items that raise the score, most first") {
  const Workplace& work = trained_workplace();
  work.file("why.csv", rows_of_user(work, "9", "anime_id,rating", {1, 2}));
  std::set<std::string> mine;
  for (const std::string& line : lines_of(work.read("why.csv"))) mine.insert(fields_of(line)[0]);
  for (const char* run : {"mf-rating", "nn-interaction", "hybrid"}) {
    CAPTURE(run);
    const ProgramResult shown = work.run({"recommend", run, "--ratings", "why.csv", "--explain", "--top", "4"});
    CHECK(fault_of(shown) == "");
    CHECK(contains(shown.out, "because of "));
    REQUIRE(fault_of(work.run({"recommend", run, "--ratings", "why.csv", "--explain", "--top", "4", "--out",
                               "why_out.csv"})) == "");
    const std::vector<std::string> lines = lines_of(work.read("why_out.csv"));
    CHECK(lines[0] == "user_id,rank,item_id,score,because_1,because_2,because_3");
    REQUIRE(lines.size() == 5);
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const std::vector<std::string> fields = fields_of(lines[i]);
      REQUIRE(fields.size() == 7);
      for (std::size_t k = 4; k < 7; ++k)
        if (!fields[k].empty()) CHECK(mine.contains(fields[k]));
      CHECK(mine.contains(fields[4]));
    }
  }
}

TEST_CASE("bad lists of one's own are refused in one line") {
  const Workplace& work = trained_workplace();
  const auto fault = [&](const std::string& name, const std::string& content, int code,
                         const std::vector<std::string>& parts) {
    work.file(name, content);
    return fault_of(work.run({"recommend", "mf-rating", "--ratings", name, "--titles", "titles.csv"}), code,
                    parts);
  };
  const std::string item = fields_of(lines_of(work.read("titles.csv"))[1])[0];
  CHECK(fault("b1.csv", "", 3, {"b1.csv"}) == "");
  CHECK(fault("b2.csv", "anime_id,rating\n", 3, {"b2.csv"}) == "");
  CHECK(fault("b3.csv", "title,rating\nNo Such Thing At All,9\n", 3,
              {"its one item is not known to this run", "No Such Thing"}) == "");
  CHECK(fault("b4.csv", "anime_id,rating\n" + item + ",0\n", 3, {"1 not rated"}) == "");
  CHECK(fault("b5.csv", "anime_id,rating\n" + item + ",85\n", 3, {"85", "outside the 1 to 10"}) == "");
  CHECK(fault("b6.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><myanimelist/>", 3, {"b6.xml:1:", "document type"}) ==
        "");
  CHECK(fault("b7.xml", "<myanimelist></myanimelist>", 3, {"no anime"}) == "");
  work.file("list.xml", "<?xml version=\"1.0\"?>\n<myanimelist></myanimelist>\n");
  CHECK(fault_of(work.run("recommend mf-rating --ratings -", work.read("list.xml")), 3,
                 {"standard input", "XML", "a file that is named"}) == "");
  CHECK(fault_of(work.run("train list.xml --model mf --task rating --out none"), 3,
                 {"list.xml: is XML", "recommend --ratings"}) == "");
  CHECK(fault_of(work.run("recommend mf-rating --ratings missing.csv"), 3, {"missing.csv"}) == "");
  CHECK(fault_of(work.run("recommend no-such-run --ratings b4.csv"), 3, {"no-such-run"}) == "");
  for (const std::string more : {" --user 7", " --for-all-users"})
    CHECK(fault_of(work.run("recommend mf-rating --ratings b4.csv" + more), 2, {"give one of"}) == "");
  CHECK(fault_of(work.run("recommend mf-rating --user 7 --explain"), 2, {"--explain", "--ratings"}) == "");
}

TEST_CASE("ids of another catalogue are noticed where titles are known") {
  const Workplace work;
  const std::string train = "train animelist.csv --model mf --task rating --dim 4 --epochs 1 --quiet ";
  REQUIRE(fault_of(work.run(train + "--out bare")) == "");
  REQUIRE(fault_of(work.run(train + "--titles titles.csv --out titled")) == "");
  std::string own = "<myanimelist>", foreign = own;
  std::string first;
  for (const std::size_t line : {1, 2, 3}) {
    const std::vector<std::string> fields = fields_of(lines_of(work.read("titles.csv"))[line]);
    const auto listed = [&](const std::string& title) {
      return "<anime><series_animedb_id>" + fields[0] + "</series_animedb_id><series_title><![CDATA[" + title +
             "]]></series_title><my_score>9</my_score><my_status>Completed</my_status></anime>";
    };
    if (first.empty()) first = fields[1];
    own += listed(fields[1] + "!");
    foreign += listed(line == 3 ? fields[1] : "Qqqq Zzzz");
  }
  work.file("own.xml", own + "</myanimelist>");
  work.file("foreign.xml", foreign + "</myanimelist>");
  const auto said = [&](const std::string& rest) {
    const ProgramResult result = work.run("recommend " + rest);
    CHECK(fault_of(result) == "");
    for (const std::string& line : lines_of(result.out))
      if (line.starts_with("note: ")) return line;
    return std::string();
  };
  const std::string note = "note: 2 of 3 titles in foreign.xml are not those of their ids here ('Qqqq Zzzz' is '" +
                           first + "'): are these ids of another catalogue?";
  CHECK(said("titled --ratings foreign.xml") == note);
  CHECK(said("bare --ratings foreign.xml --titles titles.csv") == note);
  CHECK(said("bare --ratings foreign.xml") == "");
  CHECK(said("titled --ratings own.xml") == "");
  // The run's titles are looked at for this alone: a run goes on without them.
  work.file("titles.csv", "no titles");
  CHECK(said("titled --ratings foreign.xml") == "");
}

TEST_CASE("one of anything is one") {
  const Workplace& work = trained_workplace();
  const std::string item = fields_of(lines_of(work.read("titles.csv"))[1])[0];
  work.file("one.csv", "id,rating\n" + item + ",9\n");
  const ProgramResult shown = work.run("recommend mf-rating --ratings one.csv");
  CHECK(fault_of(shown) == "");
  CHECK(contains(shown.out, "\n1 item, 1 known to this run, 1 to learn from\n"));
  CHECK(contains(shown.out, "For you (1 item known, none of them below):"));
  work.file("pair.csv", "user_id,anime_id\n7," + item + "\n");
  CHECK(work.run("predict mf-rating --data pair.csv --out one-score.csv").out == "wrote one-score.csv: 1 score\n");
}

TEST_CASE("a list's user name in CSV never begins like a formula; ids stay ids") {
  const Workplace work;
  // Ids that a spreadsheet would take for formulas.
  std::string rows = "user_id,anime_id,rating\n";
  for (const std::string& line : lines_of(work.read("animelist.csv")))
    if (const std::vector<std::string> fields = fields_of(line); fields[2] != "rating" && fields[2] != "0")
      rows += "@" + fields[0] + ",=" + fields[1] + "," + fields[2] + "\n";
  work.file("rows.csv", rows);
  REQUIRE(fault_of(work.run("train rows.csv --model mf --task rating --dim 4 --epochs 1 --quiet --out run")) ==
          "");
  const std::string item = fields_of(lines_of(rows)[1])[1];
  for (const auto& [name, shown] : std::vector<std::pair<std::string, std::string>>{
           {"=HYPERLINK(1)", "'=HYPERLINK(1)"}, {"-1", "-1"}, {"-x", "'-x"}, {"Ann", "Ann"}}) {
    work.file("mine.xml", "<myanimelist><myinfo><user_name>" + name +
                              "</user_name></myinfo><anime><series_animedb_id>" + item +
                              "</series_animedb_id><my_score>9</my_score></anime></myanimelist>");
    REQUIRE(fault_of(work.run("recommend run --ratings mine.xml --explain --out own.csv")) == "");
    const std::vector<std::string> first = fields_of(lines_of(work.read("own.csv"))[1]);
    CHECK(first[0] == shown);
    CHECK(first[2].starts_with("="));
  }
  REQUIRE(fault_of(work.run("recommend run --for-all-users --out all.csv")) == "");
  REQUIRE(fault_of(work.run("predict run --data rows.csv --out scores.csv")) == "");
  for (const char* file : {"all.csv", "scores.csv"}) CHECK(lines_of(work.read(file))[1].starts_with("@"));
}

TEST_CASE("titles in CSV never begin like a formula; numbers and ids stay as they are") {
  const Workplace work;
  std::string titles = "anime_id,name\n";
  const std::string starts = "=+-@";
  std::size_t n = 0;
  for (const std::string& line : lines_of(work.read("titles.csv")))
    if (!line.starts_with("MAL_ID") && !line.starts_with("anime_id"))
      titles += fields_of(line)[0] + ",\"" + starts[n++ % 4] + "SUM(A1), x\"\n";
  work.file("formulas.csv", titles);
  REQUIRE(fault_of(work.run(
              "train animelist.csv --model mf --task rating --dim 4 --epochs 1 --quiet --out run")) == "");
  REQUIRE(fault_of(work.run("recommend run --user 7 --titles formulas.csv --out out.csv")) == "");
  const std::vector<std::string> lines = lines_of(work.read("out.csv"));
  REQUIRE(lines.size() > 4);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t quote = lines[i].find('"');
    REQUIRE(quote != std::string::npos);
    CHECK(lines[i][quote + 1] == '\'');
    CHECK(starts.find(lines[i][quote + 2]) != std::string::npos);
    CHECK(std::isdigit(static_cast<unsigned char>(fields_of(lines[i])[3].back())) != 0);
  }
}

TEST_CASE("a new user fitted with the trained users as a prior beats one fitted without") {
  const Workplace work;
  REQUIRE(fault_of(work.run("generate --users 400 --items 150 --rows 24000 --out all.csv")) == "");
  std::string kept = "user_id,anime_id,rating\n";
  std::map<std::string, std::vector<std::pair<std::string, float>>> held;
  for (const std::string& line : lines_of(work.read("all.csv"))) {
    const std::vector<std::string> fields = fields_of(line);
    if (fields[2] == "0" || fields[2] == "rating") continue;
    if (std::stoul(fields[0]) % 5 == 0)
      held[fields[0]].emplace_back(fields[1], std::stof(fields[2]));
    else
      kept += fields[0] + "," + fields[1] + "," + fields[2] + "\n";
  }
  work.file("kept.csv", kept);
  REQUIRE(
      fault_of(work.run(
          "train kept.csv --model mf --task rating --mf-bias additive --dim 16 --epochs 30 --quiet --out run")) ==
      "");
  const Model model = read_model(work.path("run/model.safetensors"));
  const std::size_t dim = static_cast<std::size_t>(model.config.dim), first = 10;
  const auto error = [&](double strength) {
    double squared = 0, count = 0;
    for (const auto& [user, ratings] : held) {
      std::vector<RatedItem> known;
      for (std::size_t i = 0; i < std::min(first, ratings.size()); ++i)
        known.push_back({*model.items.find(ratings[i].first), ratings[i].second, 0});
      const NewUser fitted(model.config, model.parameters, known, {0, {1, 1}, 1.5, strength});
      for (std::size_t i = first; i < ratings.size(); ++i) {
        const std::uint32_t item = *model.items.find(ratings[i].first);
        double score = fitted.bias() + model.parameters.item_bias[item] + model.parameters.dense[0];
        for (std::size_t k = 0; k < dim; ++k)
          score += fitted.embedding()[k] * model.parameters.item_embedding[item * dim + k];
        squared += std::pow(score - ratings[i].second, 2);
        ++count;
      }
    }
    REQUIRE(count > 1000);
    return std::sqrt(squared / count);
  };
  const double with = error(1), without = error(1e-6), mean = error(1e9);
  MESSAGE("RMSE of unseen ratings, 10 known: with the prior ", with, ", without ", without, ", the mean user ",
          mean);
  CHECK(with < 0.9 * without);
  CHECK(with < mean);
}
