#include <doctest/doctest.h>

#include "commands/commands_fixture.h"
#include "fixtures/run_on_terminal.h"
#include "terminal.h"

using namespace anirec;

namespace {

using Columns = unsigned short;

// The lines a person sees: each drawing of the bar is one of its own.
std::vector<std::string> lines_on_screen(const std::string& out) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '\r' || out[i] == '\n') {
      lines.emplace_back();
    } else if (out[i] == '\x1b') {
      while (i < out.size() && std::isalpha(static_cast<unsigned char>(out[i])) == 0) ++i;
    } else {
      lines.back() += out[i];
    }
  }
  return lines;
}

// The first line that is too wide; "" where none is. Examples of help may be: they are there to be copied.
std::string too_wide(const std::string& out, std::size_t columns) {
  for (const std::string& line : lines_on_screen(out))
    if (display_width(line) > columns && !line.starts_with("  anirec ") && !line.starts_with("  Example:  "))
      return line;
  return "";
}

const Workplace& wide_workplace() {
  static const Workplace& workplace = []() -> const Workplace& {
    static const Workplace made;
    std::string titles = "anime_id,name,genre\n";
    int n = 0;
    for (const std::string& line : lines_of(made.read("titles.csv"))) {
      const std::string id = fields_of(line)[0];
      const char* names[] = {"鋼の錬金術師 FULLMETAL ALCHEMIST と長い長い題名のアニメーション作品", "が付く題名",
                             "Short",
                             "A long title in English that goes on and on and on until nobody reads it any more"};
      if (id.find_first_not_of("0123456789") == std::string::npos)
        titles += id + ",\"" + names[n++ % 4] + "\",\"Action, Adventure, 日常\"\n";
    }
    made.file("wide.csv", titles);
    made.run("train animelist.csv --model mf --task rating --dim 8 --epochs 2 --quiet --out run");
    return made;
  }();
  return workplace;
}

}  // namespace

TEST_CASE("nothing is wider than the terminal") {
  const Workplace& work = wide_workplace();
  work.file("mine.csv",
            "anime_id,rating\n" + fields_of(lines_of(work.read("wide.csv"))[1])[0] + ",9\n1234567,3\n");
  for (const Columns columns : {Columns{60}, Columns{200}})
    for (const std::string line :
         {"recommend run --user 7 --titles wide.csv",
          "recommend run --ratings mine.csv --titles wide.csv --explain", "similar run --item 1 --titles wide.csv",
          "compare run", "evaluate run --ranking", "help", "help train", "help recommend",
          "prepare animelist.csv --task rating --out data --titles wide.csv",
          "predict run --data animelist.csv --out scores.csv",
          "train animelist.csv --model mf --task rating --dim 8 --epochs 2 --overwrite --out other --titles "
          "wide.csv"}) {
      CAPTURE(line);
      CAPTURE(columns);
      const std::string item = fields_of(lines_of(work.read("wide.csv"))[1])[0];
      std::vector<std::string> arguments = words(line);
      if (arguments[0] == "similar") arguments[3] = item;
      const TerminalResult result = run_on_terminal(arguments, columns, work.path(""));
      CHECK(result.code == 0);
      CHECK(result.out.size() > 50);
      CHECK(too_wide(result.out, columns) == "");
    }
}

TEST_CASE("tables keep straight with wide characters, and fit 40 columns") {
  const Workplace& work = wide_workplace();
  const std::vector<std::string> arguments = words("recommend run --user 7 --titles wide.csv --top 8");
  for (const Columns columns : {Columns{40}, Columns{60}, Columns{200}}) {
    CAPTURE(columns);
    const std::string out = run_on_terminal(arguments, columns, work.path("")).out;
    CHECK(too_wide(out, columns) == "");
    CHECK(contains(out, "鋼の錬金"));
    CHECK(contains(out, "…") == (columns < 120));
  }
  // What is no terminal is read by programs: nothing is cut.
  CHECK_FALSE(contains(work.run(arguments).out, "…"));
  CHECK(contains(work.run(arguments).out, "題名のアニメーション作品  (Action, Adventure, 日常)"));
}

TEST_CASE("the live bar fits its terminal, also one that changes") {
  const Workplace work;
  REQUIRE(fault_of(work.run("generate --users 3000 --items 300 --rows 300000 --out many.csv")) == "");
  const std::vector<std::string> train = words(
      "train many.csv --model nn --task rating --dim 32 --epochs 2 --patience 0 --batch-size 64 --threads 1 "
      "--overwrite --out "
      "run");
  for (const Columns columns : {Columns{40}, Columns{60}, Columns{200}}) {
    CAPTURE(columns);
    const TerminalResult result = run_on_terminal(train, columns, work.path(""));
    CHECK(result.code == 0);
    const std::vector<std::string> lines = lines_on_screen(result.out);
    const auto is_bar = [](const std::string& line) { return contains(line, "%  loss "); };
    CHECK(std::count_if(lines.begin(), lines.end(), is_bar) > 0);
    for (const std::string& line : lines)
      if (is_bar(line)) CHECK(display_width(line) < columns);
    CHECK(std::count_if(lines.begin(), lines.end(),
                        [](const std::string& line) { return contains(line, "/2  train "); }) == 2);
    if (columns >= 60) CHECK(too_wide(result.out, columns) == "");
  }

  // From 200 columns to 40 while it trains: bars drawn afterwards are narrow. Ctrl-C once some have been.
  std::vector<std::string> endless = train;
  *std::find(endless.begin(), endless.end(), "2") = "100000";
  std::size_t narrowed = 0, stopped = 0;
  const auto narrow_bars = [](const std::string& out) {
    std::size_t bars = 0;
    for (const std::string& line : lines_on_screen(out))
      bars += contains(line, "%  loss ") && display_width(line) < 40;
    return bars;
  };
  const TerminalResult result =
      run_on_terminal(endless, 200, work.path(""), [&](const std::string& out, int terminal) {
        winsize size{};
        size.ws_col = 40;
        size.ws_row = 24;
        if (narrowed == 0 && contains(out, "%  loss ") && ioctl(terminal, TIOCSWINSZ, &size) == 0)
          narrowed = out.size();
        if (stopped == 0 && narrow_bars(out) >= 3 && write(terminal, "\x03", 1) == 1) stopped = out.size();
      });
  CHECK(result.code == 130);
  CHECK(narrowed > 0);
  CHECK(stopped > narrowed);
  // The bar is gone before anything else is said.
  for (const std::string& line : lines_on_screen(result.out))
    if (contains(line, "interrupted")) CHECK_FALSE(contains(line, "%  loss "));
  // The last one before Ctrl-C, whose echo stands behind the bar, is narrow: the terminal is asked anew.
  std::string last;
  for (const std::string& line : lines_on_screen(result.out.substr(0, stopped)))
    if (contains(line, "%  loss ")) last = line;
  CHECK(display_width(last) < 40);
}

TEST_CASE("colours are for terminals, unless NO_COLOR or --color says otherwise") {
  const Workplace& work = trained_workplace();
  work.run(
      "train animelist.csv --model mf --task rating --dim 4 --epochs 1 --quiet --overwrite --out other "
      "--split 0.8,0.1,0.1");
  const std::vector<std::string> lines = {"compare mf-rating other", "recommend mf-rating --user 7",
                                          "similar mf-rating --item 1", "evaluate mf-rating", "evaluate missing"};
  const std::string item = fields_of(lines_of(work.read("titles.csv"))[1])[0];
  for (std::string line : lines) {
    CAPTURE(line);
    if (line.starts_with("similar")) line = line.substr(0, line.size() - 1) + item;
    const auto colored = [&](const std::string& more, const std::map<std::string, std::string>& environment) {
      return contains(run_on_terminal(words(line + more), 80, work.path(""), {}, environment).out, "\x1b[");
    };
    CHECK(colored("", {}));
    CHECK(colored(" --color auto", {{"NO_COLOR", ""}}));
    CHECK(colored(" --color=always", {{"NO_COLOR", "1"}, {"TERM", "dumb"}}));
    CHECK_FALSE(colored("", {{"NO_COLOR", "1"}}));
    CHECK_FALSE(colored("", {{"TERM", "dumb"}}));
    CHECK_FALSE(colored(" --color never", {}));
    const auto piped = [&](const std::string& more) {
      const ProgramResult result = work.run(line + more);
      return result.out + result.err;
    };
    CHECK_FALSE(contains(piped(""), "\x1b"));
    const std::string forced = piped(" --color always");
    CHECK(contains(forced, "\x1b["));
    // But for the colours it is the same, blank for blank.
    std::string plain;
    for (const std::string& one : lines_on_screen(forced)) plain += (plain.empty() ? "" : "\n") + one;
    CHECK(plain == piped(" --color never"));
  }
  // What programs read has none, nor has a file.
  for (const std::string line : {"compare mf-rating other --json", "compare mf-rating other --markdown",
                                 "recommend mf-rating --user 7 --out /dev/stdout", "help --markdown"})
    CHECK_FALSE(contains(work.run(line + " --color always").out, "\x1b"));
  REQUIRE(fault_of(work.run("compare mf-rating other --html page.html --color always")) == "");
  CHECK_FALSE(contains(work.read("page.html"), "\x1b"));
  CHECK_FALSE(contains(work.read("other/report.html"), "\x1b"));
  CHECK(fault_of(work.run("info --color blue"), 2, {"--color blue", "auto, always or never"}) == "");
  // Also where the words beside it are wrong.
  CHECK(work.run("compare --colr --color always").err.starts_with("\x1b[1;31manirec:\x1b[0m --colr is no option"));
}

TEST_CASE("lines are whole where there is no terminal, and counts are grouped") {
  const Workplace& work = trained_workplace();
  const ProgramResult result =
      work.run("train animelist.csv --model mf --task rating --dim 4 --epochs 1 --overwrite --out lines");
  CHECK(fault_of(result) == "");
  CHECK(contains(result.out,
                 "reading animelist.csv: animelist.csv: separated by ',', with a header, user = column 1, item = "
                 "column 2, rating = "));
  const std::string rows = result.out.substr(result.out.find("\nrows: "));
  CHECK(contains(rows.substr(0, rows.find(" train")), ","));
  CHECK_FALSE(result.out.ends_with("\n\n"));
  for (const std::string line :
       {"compare mf-rating", "evaluate mf-rating", "compare mf-rating nn-interaction hybrid"}) {
    CAPTURE(line);
    CHECK_FALSE(work.run(line).out.ends_with("\n\n"));
  }
}
