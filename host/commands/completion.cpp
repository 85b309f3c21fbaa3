#include <cstdio>

#include "commands/command_table.h"
#include "commands/option_choices.h"

namespace anirec {

std::string choices_of(const OptionSpec& option) {
  static const std::map<std::string, std::string> choices = {
      {"model", "mf nn hybrid"},
      {"task", "rating interaction hybrid"},
      {"unrated", "negative positive drop"},
      {"split-by", "rows leave-last-out"},
      {"mf-bias", "broadcast additive"},
      {"rating-activation", "identity relu bounded auto"},
      {"init-bias", "zero mean low"},
      {"optimizer", "adam lazy-adam adagrad rowwise-adagrad sgd"},
      {"lr-schedule", "constant cosine step"},
      {"monitor", "loss rmse mae bce accuracy precision recall specificity auc"},
      {"keep", "best last"},
      {"device", "auto cpu cuda"},
      {"math", "auto fp32 tf32 bf16"},
      {"preset", "reference"},
      {"log-format", "text json"},
      {"color", "auto always never"},
      {"format", "npy onnx"}};
  const auto found = choices.find(option.name);
  return found == choices.end() || option.value != "NAME" ? "" : found->second;
}

namespace {

constexpr const char* shells = "bash zsh fish";

bool takes_path(const OptionSpec& option) {
  return option.value == "FILE" || option.value == "FILE.csv" || option.value == "DIR" || option.value == "DATA";
}

std::string command_names() {
  std::string names;
  for (const CommandSpec& command : command_table()) names += (names.empty() ? "" : " ") + command.name;
  return names;
}

// What follows a command that is no option, where it is a word of ours.
std::string words_after(const CommandSpec& command) {
  return command.name == "help" ? command_names() : command.name == "completion" ? shells : "";
}

// Each command's flags, and what may stand behind them. Without a reply bash completes names of files, but for
// values that are none.
std::string for_bash() {
  std::string out =
      "_anirec() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD - 1]}\" words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    words=\"" +
      command_names() +
      "\"\n"
      "  else\n"
      "    case \"${COMP_WORDS[1]} $previous\" in\n";
  std::string flags;
  for (const CommandSpec& command : command_table()) {
    std::string all;
    for (const OptionSpec& option : command.options) {
      all += (all.empty() ? "--" : " --") + option.name;
      if (option.value.empty()) continue;
      out += "      '" + command.name + " --" + option.name + "') words=\"" + choices_of(option) + "\"";
      out += choices_of(option).empty() && takes_path(option) ? " ;;\n" : "; compopt +o default ;;\n";
    }
    if (!words_after(command).empty()) all += (all.empty() ? "" : " ") + words_after(command);
    flags += "          " + command.name + ") words=\"" + all + "\" ;;\n";
  }
  return out +
         "      *)\n"
         "        case \"${COMP_WORDS[1]}\" in\n" +
         flags +
         "        esac\n"
         "        ;;\n"
         "    esac\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _anirec anirec\n";
}

std::string zsh_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string for_zsh() {
  std::string out = "#compdef anirec\n_anirec() {\n  local -a commands\n  commands=(\n";
  for (const CommandSpec& command : command_table())
    out += "    '" + command.name + ":" + zsh_escaped(command.summary) + "'\n";
  out +=
      "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=${words[2]}\n  shift words\n  ((CURRENT--))\n  case $command in\n";
  for (const CommandSpec& command : command_table()) {
    out += "    " + command.name + ")\n      _arguments";
    for (const OptionSpec& option : command.options) {
      out += " \\\n        '--" + option.name + "[" + zsh_escaped(option.help) + "]";
      if (!option.value.empty()) {
        const std::string choices = choices_of(option);
        out += ":" + zsh_escaped(option.value) + ":" +
               (!choices.empty()     ? "(" + choices + ")"
                : takes_path(option) ? "_files"
                                     : " ");
      }
      out += "'";
    }
    out += words_after(command).empty() ? " \\\n        '*:file:_files'\n"
                                        : " \\\n        '1:word:(" + words_after(command) + ")'\n";
    out += "      ;;\n";
  }
  return out +
         "  esac\n}\nif [ \"$funcstack[1]\" = _anirec ]; then\n  _anirec \"$@\"\nelse\n  compdef _anirec "
         "anirec\nfi\n";
}

std::string fish_escaped(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string for_fish() {
  std::string out;
  for (const CommandSpec& command : command_table())
    out += "complete -c anirec -n __fish_use_subcommand -f -a " + command.name + " -d " +
           fish_escaped(command.summary) + "\n";
  for (const CommandSpec& command : command_table()) {
    const std::string behind = "complete -c anirec -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const OptionSpec& option : command.options) {
      out += behind + " -l " + option.name;
      const std::string choices = choices_of(option);
      if (!option.value.empty())
        out += !choices.empty() ? " -x -a '" + choices + "'" : takes_path(option) ? " -r -F" : " -x";
      out += " -d " + fish_escaped(option.help) + "\n";
    }
    if (!words_after(command).empty()) out += behind + " -f -a '" + words_after(command) + "'\n";
  }
  return out;
}

ExitCode run_completion(const Arguments& arguments) {
  const std::string shell = arguments.only("shell");
  if (shell != "bash" && shell != "zsh" && shell != "fish")
    throw UsageError("there is no completion for " + printable(shell, 40) + "; choose bash, zsh or fish");
  const std::string script = shell == "bash" ? for_bash() : shell == "zsh" ? for_zsh() : for_fish();
  std::fputs(script.c_str(), stdout);
  return ExitCode::ok;
}

}  // namespace

CommandSpec completion_command() {
  return {"completion",
          "anirec completion bash|zsh|fish",
          "commands, flags and their values at the touch of Tab",
          {},
          {"anirec completion bash > ~/.local/share/bash-completion/completions/anirec",
           "anirec completion zsh > ~/.zsh/completions/_anirec",
           "anirec completion fish > ~/.config/fish/completions/anirec.fish"},
          run_completion,
          ""};
}

}  // namespace anirec
