#include <doctest/doctest.h>

#include "commands/commands_fixture.h"

using namespace anirec;

namespace {

// No control character but the line feed, no C1 control in UTF-8, nothing that turns the direction of writing.
bool is_safe(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f) return false;
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
    for (const char* turn : {"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6",
                             "\xe2\x81\xa7", "\xe2\x81\xa8"})
      if (text.compare(i, 3, turn) == 0) return false;
  }
  return true;
}

const std::string evil =
    "\x1b]0;owned\x07\x1b[2J\xc2\x9b"
    "31m\r";

}  // namespace

TEST_CASE("control characters in ids, titles and names never reach a terminal raw") {
  const Workplace work;
  // One user, one item and one title are evil; a file full of control characters is refused as no text.
  const std::string id = "\x1b[31mred\x07", user = "u" + id, item = "i" + id;
  std::string ratings = "user,item,rating\n" + user + ",item1,3\nanother user," + item + ",4\n";
  std::string titles = "anime_id,name,genre\n" + item +
                       ",\"Title \x1b]0;owned\x07\x1b[2J\xc2\x9b!\xe2\x80\xaegnp\xe2\x81\xa7\",\"Gen\x1b[1mre\"\n";
  for (int i = 1; i < 60; ++i) {
    for (int u = 1; u < 5; ++u)
      ratings += "a common user " + std::to_string(u) + ",item" + std::to_string(i) + "," +
                 std::to_string(1 + i * u % 5) + "\n";
    titles += "item" + std::to_string(i) + ",\"A common title\",\"Genre\"\n";
  }
  work.file("ratings.csv", ratings);
  work.file("titles.csv", titles);
  const std::string folder = "run\x1b[31m";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"prepare", "ratings.csv", "--task", "rating", "--titles", "titles.csv", "--out", "data\x1b[31m"},
           {"train", "data\x1b[31m", "--model", "mf", "--task", "rating", "--split", "0.5,0.2,0.3", "--epochs",
            "1", "--dim", "4", "--out", folder},
           {"evaluate", folder},
           {"compare", folder},
           {"compare", folder, "--markdown"},
           {"compare", folder, "--json"},
           {"recommend", folder, "--user", user, "--titles", "titles.csv", "--top", "99"},
           {"similar", folder, "--item", "item1", "--titles", "titles.csv", "--top", "99"},
           {"similar", folder, "--item", item, "--titles", "titles.csv"},
           {"predict", folder, "--data", "ratings.csv", "--out", "out\x1b[31m"}}) {
    CAPTURE(arguments[0]);
    const ProgramResult result = work.run(arguments);
    CHECK(fault_of(result) == "");
    CHECK(is_safe(result.out));
  }
  const ProgramResult shown =
      work.run({"recommend", folder, "--user", user, "--titles", "titles.csv", "--top", "99"});
  for (const char* part : {"u\\x1b[31mred\\x07", "i\\x1b[31mred\\x07", "\\x1b]0;owned\\x07", "Gen\\x1b[1mre"}) {
    CAPTURE(part);
    CHECK(contains(shown.out, part));
  }
}

TEST_CASE("what a person typed wrong is shown without its control characters") {
  const Workplace& work = trained_workplace();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {evil},
           {"train", "x", "--" + evil},
           {"train", "x", "--model", evil, "--task", "rating", "--out", "y"},
           {"train", "x", "--model", "mf", "--task", evil, "--out", "y"},
           {"train", "x", "--model", "mf", "--task", "rating", "--lr", evil, "--out", "y"},
           {"train", evil, "--model", "mf", "--task", "rating", "--out", "y"},
           {"train", "animelist.csv", "--model", "mf", "--task", "rating", "--out", "y", "--columns",
            "user=" + evil + ",item=2,rating=3"},
           {"recommend", evil, "--user", "1"},
           {"recommend", "mf-rating", "--user", evil},
           {"similar", "mf-rating", "--item", evil},
           {"compare", evil},
           {"evaluate", "mf-rating", "--data", evil},
           {"predict", "mf-rating", "--data", "animelist.csv", "--out", "no/" + evil}}) {
    CAPTURE(arguments.back());
    const ProgramResult result = work.run(arguments);
    CHECK(fault_of(result, result.code == 2 ? 2 : 3, {"\\x1b"}) == "");
    CHECK(is_safe(result.err));
  }
}

TEST_CASE("a reader that goes away ends the program without a word of its own") {
  const Workplace& work = trained_workplace();
  for (const std::string line :
       {"help", "compare mf-rating", "recommend mf-rating --for-all-users --top 60", "info"}) {
    CAPTURE(line);
    const ProgramResult result = RunningProgram(words(line), "", work.path(""), true).wait();
    CHECK(result.err == "");
    CHECK((result.code == 128 + SIGPIPE || result.code == 0));
  }
}
