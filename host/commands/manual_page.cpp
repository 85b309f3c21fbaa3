#include "commands/command_table.h"

namespace anirec {
namespace {

// Text of a line: what roff would take for its own is escaped. A line that begins with a dot or an apostrophe
// would be a request.
std::string escaped(const std::string& text) {
  std::string out;
  if (!text.empty() && (text[0] == '.' || text[0] == '\'')) out += "\\&";
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string example(const std::string& line) { return ".PP\n.nf\n" + escaped(line) + "\n.fi\n"; }

std::string option_entry(const OptionSpec& option) {
  std::string out = ".TP\n\\fB\\-\\-" + escaped(option.name) + "\\fR";
  if (!option.value.empty()) out += " \\fI" + escaped(option.value) + "\\fR";
  out += "\n" + escaped(option.help);
  if (!option.standard.empty()) out += " [" + escaped(option.standard) + "]";
  return out + "\n";
}

std::string command_section(const CommandSpec& command) {
  std::string out = ".SS anirec " + escaped(command.name) + "\n" + escaped(command.summary) + "\n.PP\n\\fB" +
                    escaped(command.usage) + "\\fR\n";
  for (const auto& [group, options] : command.grouped_options()) {
    if (options.empty()) continue;
    if (!group.example.empty()) out += ".PP\n" + escaped(group.title) + ":\n";
    for (const OptionSpec& option : options) out += option_entry(option);
    if (!group.example.empty()) out += example(group.example);
  }
  if (!command.notes.empty()) out += ".PP\n" + escaped(command.notes) + "\n";
  for (const std::string& line : command.examples) out += example(line);
  return out;
}

}  // namespace

std::string manual_page() {
  std::string out = ".TH ANIREC 1 \"\" \"anirec " ANIREC_VERSION
                    "\"\n"
                    ".SH NAME\nanirec \\- trains recommenders, from a ratings file to a ranked list of titles\n"
                    ".SH SYNOPSIS\n\\fBanirec\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR]...\n"
                    ".SH COMMANDS\n";
  for (const CommandSpec& command : command_table()) out += command_section(command);
  out += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : {std::pair{"0", "all went well"},
                                      {"1", "anything that is not below"},
                                      {"2", "bad usage"},
                                      {"3", "bad input data or file, or an output that cannot be written"},
                                      {"4", "a device problem"},
                                      {"130", "interrupted"}})
    out += ".TP\n\\fB" + std::string(code) + "\\fR\n" + meaning + "\n";
  return out;
}

}  // namespace anirec
