// What anirec can do: a command is its words, its options, and a function.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "error.h"

namespace anirec {

struct OptionSpec {
  std::string name;   // "batch-size"
  std::string value;  // what stands for its value in help, "" for a switch
  std::string help;
  std::string standard;    // the default as shown, "" for none
  std::string group = "";  // title of its OptionGroup, where the command has groups
};

// Options that are shown together, with an example of them.
struct OptionGroup {
  std::string title, example;
};

// A command's parsed words.
class Arguments {
 public:
  std::vector<std::string> positional;
  std::map<std::string, std::string> given;  // option name → text; a switch's is "true"

  bool has(const std::string& name) const { return given.contains(name); }
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  // A whole number; throws UsageError naming the flag and the range.
  std::uint64_t number(const std::string& name, std::uint64_t otherwise, std::uint64_t low,
                       std::uint64_t high) const;
  // The one positional argument; throws UsageError where there is none or more.
  std::string only(const std::string& what) const;
};

struct CommandSpec {
  std::string name, usage, summary;
  std::vector<OptionSpec> options;
  std::vector<std::string> examples;
  std::function<ExitCode(const Arguments&)> run;
  std::string notes;                     // a paragraph under the options
  std::vector<OptionGroup> groups = {};  // none: all options are one

  // In the order of the groups; without groups one, titled "Options".
  std::vector<std::pair<OptionGroup, std::vector<OptionSpec>>> grouped_options() const;
};

const std::vector<CommandSpec>& command_table();
const CommandSpec& find_command(const std::string& name);  // throws UsageError, with the nearest name

// argv behind the command's name → arguments. Throws UsageError.
Arguments parse_arguments(const CommandSpec& command, int argc, const char* const* argv);

// One function a command, each in the file of its name.
CommandSpec prepare_command();
CommandSpec train_command();
CommandSpec tune_command();
CommandSpec evaluate_command();
CommandSpec predict_command();
CommandSpec compare_command();
CommandSpec recommend_command();
CommandSpec similar_command();
CommandSpec export_command();
CommandSpec generate_command();
CommandSpec bench_command();
CommandSpec info_command();
CommandSpec completion_command();
CommandSpec help_command();

// The manual page of anirec(1), in man's macros.
std::string manual_page();

}  // namespace anirec
