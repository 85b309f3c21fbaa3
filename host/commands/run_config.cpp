#include "commands/run_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace anirec {
namespace {

std::string flag_name(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string number_text(double value) {
  std::ostringstream out;
  if (value == std::floor(value) && std::fabs(value) < 1e19) out.precision(20);
  out << value;
  return out.str();
}

// What stands for an option's value in help.
const char* placeholder(const std::string& name) {
  if (name == "init") return "FILE";
  if (name == "columns") return "NAMES";
  if (name == "separator") return "CHARS";
  if (name == "device_memory_limit") return "SIZE";
  if (name == "split" || name == "class_weight" || name == "loss_weights" || name == "hidden") return "LIST";
  return "NAME";
}

const char* group_of(const std::string& name) {
  static const std::vector<std::pair<const char*, std::set<std::string>>> groups = {
      {model_group,
       {"model", "task", "dim", "hidden", "dropout", "mf_bias", "rating_activation", "init_bias", "init"}},
      {data_group,
       {"columns", "separator", "unrated", "positive_from", "split", "split_by", "seed", "no_shuffle"}},
      {machine_group, {"device", "device_memory_limit", "threads", "math"}},
      {run_group, {"checkpoint_every", "max_seconds"}}};
  for (const auto& [group, names] : groups)
    if (names.contains(name)) return group;
  return training_group;
}

struct MakeFlags {
  const std::set<std::string>& names;
  std::vector<OptionSpec>& flags;

  bool wanted(const char* name) const { return names.empty() || names.contains(name); }
  void operator()(const char* name, const std::string& field, const char* help) const {
    if (wanted(name)) flags.push_back({flag_name(name), placeholder(name), help, field, group_of(name)});
  }
  void operator()(const char* name, const bool&, const char* help) const {
    if (wanted(name)) flags.push_back({flag_name(name), "", help, "", group_of(name)});
  }
  void operator()(const char* name, const std::uint64_t& field, const char* help, Limits) const {
    if (wanted(name)) flags.push_back({flag_name(name), "N", help, std::to_string(field), group_of(name)});
  }
  void operator()(const char* name, const double& field, const char* help, Limits) const {
    if (wanted(name)) flags.push_back({flag_name(name), "X", help, number_text(field), group_of(name)});
  }
};

[[noreturn]] void refuse(const std::string& flag, const std::string& text, const char* kind, Limits limits) {
  throw UsageError("--" + flag + " " + printable(text, 60) + ": expected " + kind +
                   (limits.open_low ? " above " : " from ") + number_text(limits.low) +
                   (limits.open_low ? " up to " : " to ") + number_text(limits.high));
}

struct ApplyFlags {
  const Arguments& arguments;

  const std::string* given(const char* name) const {
    const auto found = arguments.given.find(flag_name(name));
    return found == arguments.given.end() ? nullptr : &found->second;
  }
  void operator()(const char* name, std::string& field, const char*) const {
    if (const std::string* text = given(name)) field = *text;
  }
  void operator()(const char* name, bool& field, const char*) const {
    if (given(name)) field = true;
  }
  template <class Number>
  void read(const char* name, Number& field, const char* kind, Limits limits) const {
    const std::string* text = given(name);
    if (text == nullptr) return;
    Number value{};
    const char* end = text->data() + text->size();
    const auto [next, fault] = std::from_chars(text->data(), end, value);
    const double as_double = static_cast<double>(value);
    if (fault != std::errc() || next != end || !(as_double >= limits.low) || !(as_double <= limits.high) ||
        (limits.open_low && as_double <= limits.low))
      refuse(flag_name(name), *text, kind, limits);
    field = value;
  }
  void operator()(const char* name, std::uint64_t& field, const char*, Limits limits) const {
    read(name, field, "a whole number", limits);
  }
  void operator()(const char* name, double& field, const char*, Limits limits) const {
    read(name, field, "a number", limits);
  }
};

// A field's value in full, in its shortest form.
template <class Number>
std::string field_text(Number field) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, field).ptr};
}
std::string field_text(bool field) { return field ? "1" : "0"; }

// Fields of two configurations, side by side in the same order.
struct CollectFields {
  std::vector<std::pair<std::string, std::string>>& fields;
  template <class... Rest>
  void operator()(const char* name, const std::string& field, Rest&&...) const {
    fields.emplace_back(flag_name(name), field);
  }
  template <class Number, class... Rest>
  void operator()(const char* name, const Number& field, Rest&&...) const {
    fields.emplace_back(flag_name(name), field_text(field));
  }
};

// Name and value of each.
std::vector<std::pair<std::string, std::string>> fields_of(const TrainConfig& config) {
  std::vector<std::pair<std::string, std::string>> fields;
  visit_options(config, CollectFields{fields});
  return fields;
}

}  // namespace

std::vector<OptionSpec> config_flags(const std::set<std::string>& names) {
  std::vector<OptionSpec> flags;
  const TrainConfig standard;
  visit_options(standard, MakeFlags{names, flags});
  return flags;
}

std::vector<OptionSpec> training_flags() {
  std::vector<OptionSpec> flags = config_flags();
  const auto general = fields_of(TrainConfig());
  for (const auto& [model, task] : {std::pair{"mf", "rating"},
                                    {"mf", "interaction"},
                                    {"nn", "rating"},
                                    {"nn", "interaction"},
                                    {"hybrid", "hybrid"}}) {
    const auto own = fields_of(default_config(model, task));
    for (std::size_t i = 0; i < flags.size(); ++i)
      if (flags[i].name != "model" && flags[i].name != "task" && own[i] != general[i])
        flags[i].standard += std::string("; ") + model + " " + task + " " + own[i].second;
  }
  return flags;
}

TrainConfig requested_config(const Arguments& arguments) {
  const TrainConfig general;
  TrainConfig config = default_config(arguments.text("model"), arguments.text("task"));
  if (arguments.has("dropout") || arguments.has("l2")) {
    config = general;
    config.model = arguments.text("model");
    config.task = arguments.text("task");
  }
  if (arguments.has("optimizer") || arguments.has("lr-schedule")) {
    config.lr = general.lr;
    config.lr_schedule = general.lr_schedule;
    config.lr_decay = general.lr_decay;
    config.lr_decay_epochs = general.lr_decay_epochs;
  }
  if (arguments.has("preset")) apply_preset(config, arguments.text("preset"));
  apply_flags(config, arguments);
  return config;
}

void apply_flags(TrainConfig& config, const Arguments& arguments) { visit_options(config, ApplyFlags{arguments}); }

TrainConfig options_to_look(const TrainConfig& stored, const Arguments& arguments) {
  TrainConfig options = stored;
  options.device = "auto";
  options.threads = 0;
  apply_flags(options, arguments);
  return options;
}

std::string changed_flag(const TrainConfig& stored, const Arguments& arguments,
                         const std::set<std::string>& allowed) {
  TrainConfig wanted = stored;
  apply_flags(wanted, arguments);
  const auto before = fields_of(stored), after = fields_of(wanted);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] != after[i] && !allowed.contains(before[i].first)) return before[i].first;
  return "";
}

std::string training_command(const RunFolder& run, const StoredConfig& config) {
  const auto stored = fields_of(config.options), general = fields_of(TrainConfig()),
             own = fields_of(default_config(config.options.model, config.options.task));
  const std::vector<OptionSpec> flags = config_flags();
  std::vector<std::string> words;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const auto& [name, value] = stored[i];
    if (stored[i] != general[i] || stored[i] != own[i])
      words.push_back("--" + name + (flags[i].value.empty() ? "" : " " + shell_word(value)));
  }
  if (!config.titles.empty()) words.push_back("--titles " + shell_word(config.titles));
  const std::string& data = config.dataset.path;
  std::string folder = run.path();
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  words.push_back("--out " + shell_word(folder + "-again"));
  std::string command = "anirec train " + shell_word(data.starts_with('/') ? data : folder + "/" + data);
  for (const std::string& word : words) command += " \\\n  " + word;
  return command;
}

std::string shell_word(const std::string& text) {
  constexpr const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  const bool shown = printable(text, 4 * text.size()) == text;
  std::string word = shown ? "'" : "$'";
  for (const char c : text) {
    if (shown) {
      word += c == '\'' ? "'\\''" : std::string(1, c);
    } else if (c == '\'' || c == '\\') {
      word += std::string("\\") + c;
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\%03o", static_cast<unsigned char>(c));
      word += escaped;
    } else {
      word += c;
    }
  }
  return word + "'";
}

}  // namespace anirec
