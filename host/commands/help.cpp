#include <cstdio>

#include "commands/command_table.h"

namespace anirec {
namespace {

// Breaks `text` at blanks so that no line is longer than 80 columns; further lines are indented.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (column > indent && column + word.size() + 1 > 79) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += " ";
      ++column;
    }
    out += word;
    column += word.size();
    at = end + 1;
  }
  return out;
}

std::string overview() {
  std::string out = "anirec trains recommenders, from a ratings file to a ranked list of titles.\n\n";
  for (const CommandSpec& command : command_table()) {
    out += "  anirec " + command.name + std::string(11 - command.name.size(), ' ') + wrapped(command.summary, 20) + "\n";
  }
  out += "\nanirec help COMMAND shows a command's options and an example. A first run:\n\n"
         "  anirec generate --users 2000 --items 500 --rows 100000 --out sample.csv\n"
         "  anirec train sample.csv --task rating --model mf --out runs/mf\n"
         "  anirec recommend runs/mf --user 7\n";
  return out;
}

std::string command_help(const CommandSpec& command) {
  std::string out = wrapped(command.summary, 0) + "\n\nUsage:  " + wrapped(command.usage, 8) + "\n";
  if (!command.options.empty()) out += "\nOptions:\n";
  for (const OptionSpec& option : command.options) {
    std::string flag = "  --" + option.name + (option.value.empty() ? "" : " " + option.value);
    flag += flag.size() < 25 ? std::string(26 - flag.size(), ' ') : "\n" + std::string(26, ' ');
    std::string help = option.help;
    if (!option.standard.empty()) help += " [" + option.standard + "]";
    out += flag + wrapped(help, 26) + "\n";
  }
  if (!command.notes.empty()) out += "\n" + wrapped(command.notes, 0) + "\n";
  out += command.examples.size() == 1 ? "\nExample:\n" : "\nExamples:\n";
  for (const std::string& example : command.examples) out += "  " + example + "\n";
  return out;
}

// docs/commands.md.
std::string reference() {
  std::string out = "# Commands\n\nPrinted by `anirec help --markdown`; a test keeps the two equal.\n\n```\n" + overview() + "```\n";
  for (const CommandSpec& command : command_table())
    out += "\n## anirec " + command.name + "\n\n```\n" + command_help(command) + "```\n";
  return out;
}

ExitCode run(const Arguments& arguments) {
  std::string out;
  if (arguments.has("markdown"))
    out = reference();
  else if (arguments.positional.empty())
    out = overview();
  else
    out = command_help(find_command(arguments.only("command")));
  std::fputs(out.c_str(), stdout);
  return ExitCode::ok;
}

}  // namespace

CommandSpec help_command() {
  return {"help",
          "anirec help [COMMAND]",
          "what a command does, its options and an example",
          {{"markdown", "", "all commands as one page", ""}},
          {"anirec help train"},
          run,
          ""};
}

}  // namespace anirec
