#include "commands/run_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
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

struct MakeFlags {
  const std::set<std::string>& names;
  std::vector<OptionSpec>& flags;

  bool wanted(const char* name) const { return names.empty() || names.contains(name); }
  void operator()(const char* name, const std::string& field, const char* help) const {
    if (wanted(name)) flags.push_back({flag_name(name), placeholder(name), help, field});
  }
  void operator()(const char* name, const bool&, const char* help) const {
    if (wanted(name)) flags.push_back({flag_name(name), "", help, ""});
  }
  void operator()(const char* name, const std::uint64_t& field, const char* help, Limits) const {
    if (wanted(name)) flags.push_back({flag_name(name), "N", help, std::to_string(field)});
  }
  void operator()(const char* name, const double& field, const char* help, Limits) const {
    if (wanted(name)) flags.push_back({flag_name(name), "X", help, number_text(field)});
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

// Fields of two configurations, side by side in the same order.
struct CollectFields {
  std::vector<std::pair<std::string, std::string>>& fields;
  template <class... Rest>
  void operator()(const char* name, const std::string& field, Rest&&...) const {
    fields.emplace_back(flag_name(name), field);
  }
  template <class Number, class... Rest>
  void operator()(const char* name, const Number& field, Rest&&...) const {
    std::ostringstream out;
    out.precision(17);
    out << field;
    fields.emplace_back(flag_name(name), out.str());
  }
};

}  // namespace

std::vector<OptionSpec> config_flags(const std::set<std::string>& names) {
  std::vector<OptionSpec> flags;
  const TrainConfig standard;
  visit_options(standard, MakeFlags{names, flags});
  return flags;
}

void apply_flags(TrainConfig& config, const Arguments& arguments) { visit_options(config, ApplyFlags{arguments}); }

TrainConfig options_to_look(const TrainConfig& stored, const Arguments& arguments) {
  TrainConfig options = stored;
  options.device = "auto";
  options.threads = 0;
  apply_flags(options, arguments);
  return options;
}

std::string changed_flag(const TrainConfig& stored, const Arguments& arguments, const std::set<std::string>& allowed) {
  TrainConfig wanted = stored;
  apply_flags(wanted, arguments);
  std::vector<std::pair<std::string, std::string>> before, after;
  visit_options(stored, CollectFields{before});
  visit_options(wanted, CollectFields{after});
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] != after[i] && !allowed.contains(before[i].first)) return before[i].first;
  return "";
}

}  // namespace anirec
