#include <algorithm>
#include <cstdio>

#include "commands/command_table.h"
#include "terminal.h"

namespace anirec {
namespace {

constexpr std::size_t widest = 79, option_indent = 26, narrow = 70;

std::string overview(std::size_t columns) {
  std::string out =
      wrapped("anirec trains recommenders, from a ratings file to a ranked list of titles.", columns, 0) + "\n\n";
  for (const CommandSpec& command : command_table()) {
    out += "  anirec " + command.name + std::string(11 - command.name.size(), ' ') +
           wrapped(command.summary, columns, 20, 20) + "\n";
  }
  out += "\n" + wrapped("anirec help COMMAND shows a command's options and examples. A first run:", columns, 0) +
         "\n\n"
         "  anirec generate --users 2000 --items 500 --rows 100000 --out sample.csv\n"
         "  anirec train sample.csv --task rating --model mf --out runs/mf\n"
         "  anirec recommend runs/mf --user 7\n";
  return out;
}

std::string option_help(const OptionSpec& option, std::size_t columns) {
  const std::size_t indent = columns < narrow ? 6 : option_indent;
  std::string flag = "  --" + option.name + (option.value.empty() ? "" : " " + option.value);
  flag += flag.size() + 1 < indent ? std::string(indent - flag.size(), ' ') : "\n" + std::string(indent, ' ');
  std::string help = option.help;
  if (!option.standard.empty()) help += " [" + option.standard + "]";
  return flag + wrapped(help, columns, indent, indent) + "\n";
}

// Examples are not wrapped: they are there to be copied.
std::string command_help(const CommandSpec& command, std::size_t columns) {
  std::string out =
      wrapped(command.summary, columns, 0) + "\n\nUsage:  " + wrapped(command.usage, columns, 8, 8) + "\n";
  for (const auto& [group, options] : command.grouped_options()) {
    if (options.empty()) continue;
    out += "\n" + group.title + ":\n";
    for (const OptionSpec& option : options) out += option_help(option, columns);
    if (!group.example.empty()) out += "  Example:  " + group.example + "\n";
  }
  if (!command.notes.empty()) out += "\n" + wrapped(command.notes, columns, 0) + "\n";
  out += command.examples.size() == 1 ? "\nExample:\n" : "\nExamples:\n";
  for (const std::string& example : command.examples) out += "  " + example + "\n";
  return out;
}

// docs/commands.md.
std::string reference() {
  std::string out = "# Commands\n\nPrinted by `anirec help --markdown`; a test keeps the two equal.\n\n```\n" +
                    overview(widest) + "```\n";
  for (const CommandSpec& command : command_table())
    out += "\n## anirec " + command.name + "\n\n```\n" + command_help(command, widest) + "```\n";
  return out;
}

ExitCode run_help(const Arguments& arguments) {
  if (arguments.has("markdown") && arguments.has("man"))
    throw UsageError("--markdown and --man do not go together; give one");
  const std::size_t columns = std::min(widest, terminal_columns(stdout));
  std::string out;
  if (arguments.has("markdown"))
    out = reference();
  else if (arguments.has("man"))
    out = manual_page();
  else if (arguments.positional.empty())
    out = overview(columns);
  else
    out = command_help(find_command(arguments.only("command")), columns);
  std::fputs(out.c_str(), stdout);
  return ExitCode::ok;
}

}  // namespace

CommandSpec help_command() {
  return {"help",
          "anirec help [COMMAND]",
          "what a command does, its options and examples",
          {{"markdown", "", "all commands as one page", ""}, {"man", "", "all commands as a manual page", ""}},
          {"anirec help train", "anirec help --man > anirec.1"},
          run_help,
          ""};
}

}  // namespace anirec
