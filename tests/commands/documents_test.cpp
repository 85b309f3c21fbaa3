// What README.md and docs/ tell a person to type.
#include <doctest/doctest.h>

#include <filesystem>

#include "commands/command_table.h"
#include "commands/commands_fixture.h"

using namespace anirec;

namespace {

const std::string root = ANIREC_SOURCE_DIR;

std::vector<std::string> documents() {
  std::vector<std::string> paths = {root + "/README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(root + "/docs"))
    if (entry.path().extension() == ".md") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// The lines of code blocks, those that go on joined, without comments; and code within a line of text.
std::vector<std::string> code_of(const std::string& document) {
  std::vector<std::string> code;
  bool in_block = false, goes_on = false;
  for (std::string line : lines_of(TemporaryFolder::read(document))) {
    if (line.starts_with("```")) {
      in_block = !in_block;
      continue;
    }
    if (in_block) {
      line = line.substr(0, line.find("  #"));
      const bool more = line.ends_with("\\") || line.ends_with("||");
      if (line.ends_with("\\")) line.pop_back();
      if (goes_on)
        code.back() += line;
      else
        code.push_back(line);
      goes_on = more;
      continue;
    }
    for (std::size_t at = line.find('`'); at != line.npos;) {
      const std::size_t end = line.find('`', at + 1);
      if (end == line.npos) break;
      code.push_back(line.substr(at + 1, end - at - 1));
      at = line.find('`', end + 1);
    }
  }
  return code;
}

// The words behind each "anirec" that is called in a line of code; the program's own sentences end in a full stop.
std::vector<std::vector<std::string>> calls_in(const std::string& line) {
  std::vector<std::vector<std::string>> calls;
  if (line.ends_with(".") && !line.ends_with(" .")) return calls;
  bool in_call = false;
  std::string before;
  for (const std::string& word : words(line)) {
    // "docker build -t anirec ." names an image, as does "docker run … anirec info", which calls what is in it.
    if ((word == "anirec" || word == "build/anirec" || word == "anirec.sif") && before != "-t") {
      calls.emplace_back();
      in_call = word != "anirec.sif" || before != "build";
    } else if (word == "||" || word == "&&" || word == "|" || word == ">" || word == ";") {
      in_call = false;
    } else if (in_call) {
      calls.back().push_back(word);
    }
    before = word;
  }
  return calls;
}

// Why anirec would not understand these words; "" where it would.
std::string misunderstood(const std::vector<std::string>& call) {
  if (call.empty() || std::isalpha(static_cast<unsigned char>(call[0][0])) == 0) return "";
  const CommandSpec* command = nullptr;
  for (const CommandSpec& one : command_table())
    if (one.name == call[0]) command = &one;
  if (command == nullptr) return "there is no command " + call[0];
  for (const std::string& word : call) {
    if (!word.starts_with("--") || word == "--help") continue;
    const std::string flag = word.substr(2, word.find_first_of("=…") - 2);
    bool known = false;
    for (const OptionSpec& option : command->options) known |= option.name == flag;
    if (!known) return call[0] + " has no flag --" + flag;
  }
  return "";
}

// Every "if … fi" of a document, each without what its first line is indented by.
std::vector<std::string> scripts_of(const std::string& document) {
  std::vector<std::string> scripts;
  std::size_t indent = std::string::npos;
  for (const std::string& line : lines_of(TemporaryFolder::read(document))) {
    const std::size_t first = line.find_first_not_of(' ');
    if (first != line.npos && line.substr(first).starts_with("if [ ")) {
      indent = first;
      scripts.emplace_back();
    }
    if (indent == std::string::npos) continue;
    scripts.back() += line.substr(std::min(indent, line.size())) + "\n";
    if (line.substr(first == line.npos ? 0 : first) == "fi") indent = std::string::npos;
  }
  return scripts;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("every command and flag in the documents is there") {
  std::size_t calls = 0;
  for (const std::string& document : documents()) {
    CAPTURE(document);
    for (const std::string& line : code_of(document))
      for (const std::vector<std::string>& call : calls_in(line)) {
        CAPTURE(line);
        CHECK(misunderstood(call) == "");
        ++calls;
      }
  }
  CHECK(calls > 40);
  CHECK(misunderstood({"train", "--epoch", "3"}) == "train has no flag --epoch");
  CHECK(misunderstood({"trian"}) != "");
}

TEST_CASE("every tool in the documents is there") {
  std::size_t tools = 0;
  for (const std::string& document : documents())
    for (const std::string& line : code_of(document))
      for (std::string word : words(line)) {
        if (word.starts_with("./")) word.erase(0, 2);
        if (!word.starts_with("tools/")) continue;
        CAPTURE(document);
        CAPTURE(word);
        CHECK(std::filesystem::exists(root + "/" + word));
        ++tools;
      }
  CHECK(tools > 10);
}

TEST_CASE("the README's commands run, in their order, on files of the names they give") {
  const Workplace work;
  // The README writes beside build/; what it calls titles are the data set's.
  std::filesystem::rename(work.path("titles.csv"), work.path("anime.csv"));
  std::filesystem::create_directories(work.path("runs"));
  work.file("animelist.xml",
            "<?xml version=\"1.0\"?>\n<myanimelist><myinfo><user_name>Ann</user_name></myinfo>\n<anime>"
            "<series_animedb_id>" +
                fields_of(lines_of(work.read("anime.csv"))[1])[0] +
                "</series_animedb_id><series_title>x</series_title><my_score>9</my_score><my_status>Completed</"
                "my_status></anime></myanimelist>");
  std::vector<std::string> ran;
  for (const std::string& line : code_of(root + "/README.md")) {
    if (line.starts_with("docker")) continue;
    for (const std::vector<std::string>& call : calls_in(line)) {
      // Words that stand for others, and commands that are only named.
      if (call.size() < 2 || contains(line, "|")) continue;
      CAPTURE(line);
      CHECK(fault_of(work.run(call)) == "");
      ran.push_back(call[0]);
    }
    if (line.starts_with("recommend ")) {
      CAPTURE(line);
      CHECK(fault_of(work.run(line)) == "");
      ran.push_back("own list");
    }
  }
  CHECK(ran == std::vector<std::string>{"prepare", "train", "recommend", "own list", "help"});
}

TEST_CASE("the job of docs/running.md that is started again and again gets its signals, and goes on") {
  const std::vector<std::string> scripts = scripts_of(root + "/docs/running.md");
  REQUIRE(scripts.size() == 2);
  CHECK(scripts[0] == scripts[1]);
  const Workplace work;
  std::string job = replaced(scripts[0], "/runs/", work.path("runs/"));
  job = replaced(job, "/data/", work.path(""));
  job = replaced(job, "exec anirec", std::string("exec '") + tested_program() + "'");
  job = replaced(job, "--task hybrid", "--task hybrid --dim 4 --epochs 1000000 --patience 0 --threads 1");
  work.file("job.sh", job);
  // What was killed before its first checkpoint is begun anew.
  std::filesystem::create_directories(work.path("runs/hybrid"));
  work.file("runs/hybrid/config.json", "{}");
  // Whoever ends a container signals its first process, and sees that one's exit code.
  const std::string once = "cd '" + work.path("") +
                           "'\nsh job.sh > log 2> fault & job=$!\n"
                           "for i in $(seq 600); do grep -q '/1000000  train' log && break; sleep 0.1; done\n"
                           "kill -TERM $job; wait $job";
  for (const bool resumed : {false, true}) {
    CAPTURE(work.read("fault"));
    CHECK(WEXITSTATUS(std::system(once.c_str())) == 130);
    CHECK(contains(work.read("fault"), "a checkpoint is in"));
    CHECK(contains(work.read("log"), "resuming after step") == resumed);
  }
}
