// Under sanitizers GCC 12 takes std::regex, which cxxopts uses, for uninitialised: https://gcc.gnu.org/PR105562
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "commands/command_table.h"

#include <algorithm>
#include <charconv>
#include <cxxopts.hpp>

namespace anirec {
namespace {

// Levenshtein's distance, for suggestions.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t kept = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({kept, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known, const std::string& before) {
  const auto nearest = std::min_element(
      known.begin(), known.end(),
      [&](const std::string& a, const std::string& b) { return edit_distance(word, a) < edit_distance(word, b); });
  if (nearest == known.end() || edit_distance(word, *nearest) > 1 + word.size() / 3) return "";
  return ", did you mean " + before + *nearest + "?";
}

// What cxxopts would let pass: an option as another's value, a value for a switch, a short or unknown option taken
// for a file.
void check_words(const CommandSpec& command, int argc, const char* const* argv) {
  std::vector<std::string> known = {"help"};
  for (const OptionSpec& option : command.options) known.push_back(option.name);
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") return;
    if (word.size() < 2 || word[0] != '-') continue;
    const std::size_t equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    const std::string name = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
    if (flag != "--" + name || std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError(printable(flag, 60) + " is no option of anirec " + command.name +
                       suggestion(name, known, "--") + " (anirec help " + command.name + " lists all)");
    const auto option = std::find_if(command.options.begin(), command.options.end(),
                                     [&](const OptionSpec& each) { return each.name == name; });
    const bool takes_value = option != command.options.end() && !option->value.empty();
    if (!takes_value && equals != std::string::npos) throw UsageError(flag + " takes no value");
    if (!takes_value || equals != std::string::npos) continue;
    ++i;
    if (i == argc || std::string_view(argv[i]).starts_with("--"))
      throw UsageError(flag + " needs a value: " + flag + " " + option->value);
  }
}

// Options of every command, among the last of its own.
std::vector<CommandSpec> with_general_options(std::vector<CommandSpec> commands) {
  for (CommandSpec& command : commands)
    command.options.push_back({"color", "NAME",
                               "colours: auto (on a terminal, unless NO_COLOR is set), always or never", "auto",
                               command.groups.empty() ? "" : command.groups.back().title});
  return commands;
}

}  // namespace

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = given.find(name);
  return found == given.end() ? otherwise : found->second;
}

std::uint64_t Arguments::number(const std::string& name, std::uint64_t otherwise, std::uint64_t low,
                                std::uint64_t high) const {
  const auto found = given.find(name);
  if (found == given.end()) return otherwise;
  const std::string& text = found->second;
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw UsageError("--" + name + " " + printable(text, 60) + ": expected a whole number from " +
                     std::to_string(low) + " to " + std::to_string(high));
  return value;
}

std::string Arguments::only(const std::string& what) const {
  if (positional.empty()) throw UsageError("no " + what + " given");
  if (positional.size() > 1)
    throw UsageError("more than one " + what + " given: " + printable(positional[1], 80) + "; give one");
  return positional[0];
}

std::vector<std::pair<OptionGroup, std::vector<OptionSpec>>> CommandSpec::grouped_options() const {
  if (groups.empty()) return {{{"Options", ""}, options}};
  std::vector<std::pair<OptionGroup, std::vector<OptionSpec>>> grouped;
  for (const OptionGroup& group : groups) {
    grouped.push_back({group, {}});
    for (const OptionSpec& option : options)
      if (option.group == group.title) grouped.back().second.push_back(option);
  }
  return grouped;
}

const std::vector<CommandSpec>& command_table() {
  static const std::vector<CommandSpec> table = with_general_options(
      {prepare_command(), train_command(), tune_command(), evaluate_command(), predict_command(),
       compare_command(), recommend_command(), similar_command(), export_command(), generate_command(),
       bench_command(), info_command(), completion_command(), help_command()});
  return table;
}

const CommandSpec& find_command(const std::string& name) {
  std::vector<std::string> known;
  for (const CommandSpec& command : command_table()) {
    if (command.name == name) return command;
    known.push_back(command.name);
  }
  throw UsageError("there is no command " + printable(name, 60) + suggestion(name, known, "anirec ") +
                   " (anirec help lists all)");
}

Arguments parse_arguments(const CommandSpec& command, int argc, const char* const* argv) {
  check_words(command, argc, argv);
  cxxopts::Options options("anirec " + command.name);
  for (const OptionSpec& option : command.options) {
    if (option.value.empty())
      options.add_options()(option.name, "", cxxopts::value<bool>());
    else
      options.add_options()(option.name, "", cxxopts::value<std::string>());
  }
  options.add_options()("help", "", cxxopts::value<bool>())("positional", "",
                                                            cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"positional"});

  Arguments arguments;
  try {
    const cxxopts::ParseResult result = options.parse(argc, argv);
    for (const cxxopts::KeyValue& option : result.arguments()) {
      if (option.key() == "positional") {
        arguments.positional.push_back(option.value());
        continue;
      }
      if (arguments.has(option.key())) throw UsageError("--" + option.key() + " is given twice; give it once");
      arguments.given[option.key()] = option.value();
    }
  } catch (const cxxopts::exceptions::exception& fault) {
    throw UsageError(printable(fault.what()) + " (anirec help " + command.name + " lists all options)");
  }
  return arguments;
}

}  // namespace anirec
