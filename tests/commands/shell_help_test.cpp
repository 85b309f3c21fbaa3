#include <doctest/doctest.h>

#include <cstdio>

#include "commands/command_table.h"
#include "commands/commands_fixture.h"
#include "commands/option_choices.h"

using namespace anirec;

namespace {

struct ShellResult {
  int code;
  std::string out;
};

// Runs a script with `file` sourced before it.
ShellResult run_shell(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {-1, ""};
  ShellResult result{0, ""};
  char buffer[4096];
  for (std::size_t size; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) result.out.append(buffer, size);
  result.code = pclose(pipe);
  return result;
}

bool has_shell(const std::string& name) { return run_shell("command -v " + name).code == 0; }

// What bash offers for the last of these words.
std::set<std::string> offered(const std::string& script, const std::vector<std::string>& line) {
  std::string words;
  for (const std::string& word : line) words += " '" + word + "'";
  const ShellResult result = run_shell("bash -c 'compopt() { :; }; source \"" + script + "\"; COMP_WORDS=(" +
                                       [&] {
                                         std::string quoted;
                                         for (const std::string& word : line) quoted += " \"" + word + "\"";
                                         return quoted;
                                       }() +
                                       "); COMP_CWORD=" + std::to_string(line.size() - 1) +
                                       "; _anirec; printf \"%s\\n\" \"${COMPREPLY[@]}\"'");
  CHECK(result.code == 0);
  std::set<std::string> all;
  for (const std::string& word : lines_of(result.out))
    if (!word.empty()) all.insert(word);
  return all;
}

}  // namespace

TEST_CASE("every flag group has an example that uses one of its flags") {
  int groups = 0;
  for (const CommandSpec& command : command_table())
    for (const auto& [group, options] : command.grouped_options()) {
      if (command.groups.empty()) continue;
      ++groups;
      CAPTURE(command.name);
      CAPTURE(group.title);
      const std::vector<std::string> all = words(group.example);
      REQUIRE(all.size() > 2);
      std::vector<const char*> argv;
      for (std::size_t i = 1; i < all.size(); ++i) argv.push_back(all[i].c_str());
      CHECK(std::string(argv[0]) == command.name);
      CHECK_NOTHROW(parse_arguments(command, static_cast<int>(argv.size()), argv.data()));
      const auto used = [&](const OptionSpec& option) {
        return std::find(all.begin(), all.end(), "--" + option.name) != all.end();
      };
      CHECK(std::any_of(options.begin(), options.end(), used));
      CHECK(contains(run_program({"help", command.name}).out, "  Example:  " + group.example + "\n"));
    }
  CHECK(groups >= 9);
}

TEST_CASE("a mistyped command or flag is answered with the nearest one") {
  CHECK(fault_of(run_program({"tarin"}), 2, {"did you mean anirec train?"}) == "");
  CHECK(fault_of(run_program({"train", "--epoch", "3"}), 2, {"--epoch ", "did you mean --epochs?"}) == "");
  CHECK(fault_of(run_program({"recommend", "run", "--ratings=x", "--explian"}), 2, {"did you mean --explain?"}) ==
        "");
  CHECK(fault_of(run_program({"train", "--qqqqqqqq"}), 2, {"--qqqqqqqq is no option", "lists all"}) == "");
  CHECK_FALSE(contains(run_program({"train", "--qqqqqqqq"}).err, "did you mean"));
}

TEST_CASE("the manual page names every command and flag, and roff finds no fault in it") {
  const ProgramResult page = run_program({"help", "--man"});
  CHECK(fault_of(page) == "");
  CHECK(page.out.starts_with(".TH ANIREC 1 "));
  for (const CommandSpec& command : command_table()) {
    CHECK(contains(page.out, "\n.SS anirec " + command.name + "\n"));
    for (const OptionSpec& option : command.options) {
      std::string name;
      for (const char c : option.name) name += c == '-' ? "\\-" : std::string(1, c);
      CAPTURE(name);
      CHECK(contains(page.out, "\\fB\\-\\-" + name + "\\fR"));
    }
  }
  // Requests are those of man alone; no text begins like one.
  for (const std::string& line : lines_of(page.out)) {
    CAPTURE(line);
    const bool request = line.starts_with(".TH ") || line.starts_with(".SH ") || line.starts_with(".SS ") ||
                         line == ".TP" || line == ".PP" || line == ".nf" || line == ".fi";
    CHECK(request == (line.starts_with(".") || line.starts_with("'")));
  }
  if (!has_shell("man")) return;
  const Workplace& work = trained_workplace();
  const std::string file = work.file("anirec.1", page.out);
  CHECK(run_shell("LC_ALL=C.UTF-8 man --warnings -l '" + file + "' >/dev/null").out == "");
  const std::string shown = run_shell("LC_ALL=C.UTF-8 MANWIDTH=100 man -l '" + file + "' | cat").out;
  CHECK(contains(shown, "--device-memory-limit"));
}

TEST_CASE("bash completes commands, flags and values") {
  const Workplace& work = trained_workplace();
  const std::string script = work.file("bash_completion", run_program({"completion", "bash"}).out);
  CHECK(offered(script, {"anirec", "ev"}) == std::set<std::string>{"evaluate"});
  CHECK(offered(script, {"anirec", ""}).size() == command_table().size());
  CHECK(offered(script, {"anirec", "train", "--ep"}) == std::set<std::string>{"--epochs"});
  CHECK(offered(script, {"anirec", "train", "data.csv", "--model", ""}) ==
        std::set<std::string>{"mf", "nn", "hybrid"});
  CHECK(offered(script, {"anirec", "export", "--format", "o"}) == std::set<std::string>{"onnx"});
  CHECK(offered(script, {"anirec", "help", "rec"}) == std::set<std::string>{"recommend"});
  CHECK(offered(script, {"anirec", "completion", "f"}) == std::set<std::string>{"fish"});
  CHECK(offered(script, {"anirec", "train", "--out", ""}).empty());  // left to names of files
  for (const CommandSpec& command : command_table()) {
    CAPTURE(command.name);
    const std::set<std::string> flags = offered(script, {"anirec", command.name, "--"});
    CHECK(flags.size() == command.options.size());
    for (const OptionSpec& option : command.options) CHECK(flags.contains("--" + option.name));
  }
}

TEST_CASE("completion for zsh and fish names every flag, and is well-formed where the shell is there") {
  const Workplace& work = trained_workplace();
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    CAPTURE(shell);
    const std::string script = run_program({"completion", shell}).out;
    for (const CommandSpec& command : command_table())
      for (const OptionSpec& option : command.options) {
        CAPTURE(option.name);
        CHECK((contains(script, "--" + option.name + "[") || contains(script, " -l " + option.name + " ") ||
               contains(script, "--" + option.name)));
      }
    if (has_shell(shell))
      CHECK(run_shell(shell + " -n '" + work.file("completion." + shell, script) + "'").out == "");
  }
  CHECK(fault_of(run_program({"completion", "tcsh"}), 2, {"tcsh", "bash, zsh or fish"}) == "");
  CHECK(fault_of(run_program({"completion"}), 2, {"shell"}) == "");
}

TEST_CASE("the values that completion offers are those that help names") {
  int options = 0;
  for (const CommandSpec& command : command_table())
    for (const OptionSpec& option : command.options) {
      CAPTURE(option.name);
      for (const std::string& choice : words(choices_of(option))) {
        ++options;
        CAPTURE(choice);
        CHECK(contains(option.help, choice));
      }
    }
  CHECK(options > 40);
}
