#include "commands/load_data.h"

#include <charconv>
#include <cstdio>

#include "commands/run_config.h"
#include "dataset/dataset_file.h"
#include "evaluate/text_table.h"
#include "ratings/titles.h"
#include "terminal.h"

namespace anirec {
namespace {

// Rows of a foreign map in a model's map.
std::vector<std::uint32_t> matched(const IdMap& from, const IdMap& to) {
  std::vector<std::uint32_t> rows(from.size());
  for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = to.find(from.id(i)).value_or(unknown_index);
  return rows;
}

[[noreturn]] void refuse_model(const std::string& path) {
  throw DataError(
      printable(path) +
      ": its model.safetensors is of another run than its config.json; put the right one back, or train "
      "it again with --overwrite");
}

}  // namespace

bool is_prepared(const std::vector<std::string>& paths) {
  return paths.size() == 1 && paths[0] != "-" && is_dataset_file(paths[0]);
}

Dataset load_data(const std::vector<std::string>& paths, const TrainConfig& config, Team& team, bool quiet,
                  const ForModel& for_model) {
  const TaskRules rules = config_rules(config);
  if (is_prepared(paths)) {
    Dataset dataset = read_dataset(paths[0]);
    if (dataset.rules.task != rules.task)
      throw UsageError(printable(paths[0]) + " was prepared for --task " + task_name(dataset.rules.task) +
                       ", not " + task_name(rules.task) + "; prepare it again for this task, or change --task");
    return dataset;
  }
  return build_dataset(
      paths, {config.columns, config.separator}, rules, team,
      [&](const std::string& path, const RatingsFormat& format) {
        if (!quiet) print_wrapped("reading " + printable(path) + ": " + format.describe());
      },
      for_model);
}

ForModel with_ids_of(const Model& model) { return {!model.users.is_integer(), !model.items.is_integer(), false}; }

void take_rules(const TaskRules& rules, TrainConfig& config) {
  config.unrated = unrated_name(rules.unrated);
  config.positive_from = static_cast<double>(rules.positive_from);
}

void report_titles(const Arguments& arguments, const Titles& titles, const IdMap& items) {
  if (!arguments.has("titles")) return;
  std::uint64_t found = 0;
  for (std::uint32_t i = 0; i < items.size(); ++i) found += titles.find(items.id(i)) != nullptr;
  print_wrapped("titles: " + count_text(found) + " of " + count_text(items.size()) + " items have one in " +
                printable(arguments.text("titles")));
}

UnknownRows match_to_model(std::vector<Sample>& rows, const IdMap& users, const IdMap& items,
                           const IdMap& model_users, const IdMap& model_items) {
  const std::vector<std::uint32_t> user_rows = matched(users, model_users),
                                   item_rows = matched(items, model_items);
  UnknownRows unknown;
  for (Sample& row : rows) {
    row.user = user_rows[row.user];
    row.item = item_rows[row.item];
    unknown.users += row.user == unknown_index;
    unknown.items += row.item == unknown_index;
  }
  return unknown;
}

OpenRun open_run(const std::string& path) {
  const RunFolder run(path);
  run.require_run();
  OpenRun open = {run.read_config(), read_model(run.model_file())};
  const ModelConfig& model = open.model.config;
  const ModelConfig wanted = config_model(open.config.options, model.users, model.items, model.bounds);
  if (model.name != wanted.name || model.task != wanted.task || model.dim != wanted.dim ||
      model.hidden != wanted.hidden || model.users != open.config.dataset.users ||
      model.items != open.config.dataset.items)
    refuse_model(path);
  return open;
}

Dataset read_dataset_of(const OpenRun& open, const RunFolder& run) {
  Dataset dataset = run.read_dataset_of_run(open.config);
  if (!(dataset.users == open.model.users) || !(dataset.items == open.model.items)) refuse_model(run.path());
  return dataset;
}

std::uint32_t find_id(const IdMap& ids, const std::string& id, const char* what) {
  if (const auto found = ids.find(id)) return *found;
  std::string known = std::to_string(ids.size()) + " known";
  if (ids.size() > 0)
    known += ", from " + printable(ids.id(0), 40) + " to " +
             printable(ids.id(static_cast<std::uint32_t>(ids.size() - 1)), 40);
  throw DataError("unknown " + std::string(what) + " " + printable(id, 60) + " (" + known +
                  "); give an id of the training data");
}

std::vector<OptionSpec> look_flags() { return config_flags({"device", "threads"}); }

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_text(const std::string& text) {
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
  return csv_field(formula ? "'" + text : text);
}

std::string float_text(float value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

}  // namespace anirec
