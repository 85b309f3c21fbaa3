#include "evaluate/comparison.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "error.h"
#include "evaluate/comparison_sections.h"
#include "evaluate/text_table.h"

namespace anirec {
namespace {

// How a figure is shown. Shares have fewer decimals in plain tables: six columns must fit beside the names.
struct Column {
  std::string_view key;  // one that ends in '@' is followed by K
  std::string_view plain, markdown;
  int plain_decimals;
};
constexpr int full_decimals = 4;
constexpr Column columns[] = {
    {"loss", "loss", "loss", full_decimals},
    {"rmse", "RMSE", "RMSE", full_decimals},
    {"mae", "MAE", "MAE", full_decimals},
    {"bce", "BCE", "BCE", full_decimals},
    {"accuracy", "acc", "accuracy", 3},
    {"precision", "prec", "precision", 3},
    {"recall", "recall", "recall", 3},
    {"specificity", "spec", "specificity", 3},
    {"auc", "AUC", "AUC", full_decimals},
    {"hr@", "HR@", "HR@", full_decimals},
    {"recall@", "recall@", "recall@", full_decimals},
    {"ndcg@", "NDCG@", "NDCG@", full_decimals},
    {"mrr", "MRR", "MRR", full_decimals},
    {"coverage", "coverage", "coverage", full_decimals},
};

const Column& column_of(std::string_view key) {
  const std::string_view stem = key.substr(0, std::min(key.find('@'), key.size() - 1) + 1);
  return *std::find_if(std::begin(columns), std::end(columns),
                       [&](const Column& column) { return column.key == stem; });
}

std::string column_name(std::string_view key, TableStyle style) {
  const Column& column = column_of(key);
  const std::size_t at = key.find('@');
  return std::string(style == TableStyle::plain ? column.plain : column.markdown) +
         (at == std::string_view::npos ? "" : std::string(key.substr(at + 1)));
}

const char* kind_name(SectionKind kind) {
  switch (kind) {
    case SectionKind::ratings:
      return "Ratings";
    case SectionKind::interactions:
      return "Interactions";
    case SectionKind::ranking:
      return "Ranking";
  }
  return "";
}

std::vector<std::string> cells(const Section& section, const SectionLine& line, TableStyle style) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < section.keys.size(); ++k) {
    const int decimals = style == TableStyle::plain ? column_of(section.keys[k]).plain_decimals : full_decimals;
    const std::string text = line.figures[k] ? fixed_text(*line.figures[k], decimals) : "-";
    if (style == TableStyle::plain)
      out.push_back((line.best[k] ? "*" : " ") + text);
    else
      out.push_back(line.best[k] ? "**" + text + "**" : text);
  }
  return out;
}

std::string render(const TextTable& table, TableStyle style) {
  return style == TableStyle::plain ? plain_table(table) : markdown_table(table) + "\n";
}

std::string section_text(const Section& section, TableStyle style) {
  const bool plain = style == TableStyle::plain;
  const std::string kind = kind_name(section.kind);
  // `evaluate --data` judges all rows of a file: no split of the run's own data.
  const std::string split = section.split == "all" ? "all" : printable(section.split) + " split,";
  std::string out = (plain ? kind : "**" + kind + "**") + ": " + split + " " + count_text(section.rows) +
                    (section.rows == 1 ? " row" : " rows") + (plain ? "\n" : "\n\n");

  TextTable table;
  table.header = {"run"};
  for (const std::string& key : section.keys) table.header.push_back(column_name(key, style));
  for (const SectionLine& line : section.runs)
    table.rows.push_back({printable(line.name), cells(section, line, style)});
  if (!section.baselines.empty()) table.rows.push_back({"baselines, without a model:", {}});
  for (const SectionLine& line : section.baselines)
    table.rows.push_back({(plain ? "" : "baseline: ") + printable(line.name), cells(section, line, style)});
  out += render(table, style);

  for (const NotBeaten& lost : section.not_beaten)
    out += (plain ? "! " : "- ") + printable(lost.run) + " does not beat \"" + printable(lost.baseline) +
           (plain ? "\":\n  " : "\": ") + column_name(section.keys[lost.key], TableStyle::markdown) + " " +
           fixed_text(lost.value, full_decimals) + " against " + fixed_text(lost.baseline_value, full_decimals) +
           "\n";
  return out;
}

}  // namespace

std::string comparison_tables(const std::vector<ComparedRun>& runs, TableStyle style) {
  const std::vector<Section> sections = comparison_sections(runs);
  const auto unmarked = [&](const std::string& text) {
    std::string cell;
    if (style == TableStyle::plain) cell += ' ';
    return cell += text;
  };
  TextTable list{{"run", "model", "task", "epochs"}, {}};
  for (const ComparedRun& run : runs)
    list.rows.push_back(
        {printable(run.name),
         {unmarked(printable(run.model)), unmarked(printable(run.task)), unmarked(count_text(run.epochs))}});
  std::string out = render(list, style);
  for (const Section& section : sections) {
    out += '\n';
    out += section_text(section, style);
  }
  if (style == TableStyle::markdown) return out;

  const auto any_section = [&](auto holds) { return std::any_of(sections.begin(), sections.end(), holds); };
  if (!sections.empty()) out += "\n";
  if (any_section([](const Section& section) { return section.runs.size() > 1; }))
    out += "* best of the runs on the same rows\n";
  if (any_section([](const Section& section) { return section.kind == SectionKind::interactions; }))
    out += "acc, prec, spec: accuracy, precision, specificity\n";
  return out;
}

nlohmann::ordered_json comparison_json(const std::vector<ComparedRun>& runs) {
  using Json = nlohmann::ordered_json;
  Json out = {{"runs", Json::array()},
              {"ratings", Json::array()},
              {"interactions", Json::array()},
              {"ranking", Json::array()}};
  for (const ComparedRun& run : runs)
    out["runs"].push_back({{"name", run.name}, {"model", run.model}, {"task", run.task}, {"epochs", run.epochs}});

  for (const Section& section : comparison_sections(runs)) {
    const auto line_json = [&](const SectionLine& line) {
      Json entry = {{"name", line.name}};
      for (std::size_t k = 0; k < section.keys.size(); ++k)
        if (line.figures[k]) entry[section.keys[k]] = *line.figures[k];
      return entry;
    };
    Json entry = {{"split", section.split}, {"rows", section.rows}};
    entry["runs"] = Json::array();
    for (const SectionLine& line : section.runs) {
      Json run = line_json(line);
      run["best"] = Json::array();
      for (std::size_t k = 0; k < section.keys.size(); ++k)
        if (line.best[k]) run["best"].push_back(section.keys[k]);
      entry["runs"].push_back(run);
    }
    entry["baselines"] = Json::array();
    for (const SectionLine& line : section.baselines) entry["baselines"].push_back(line_json(line));
    entry["not_beaten"] = Json::array();
    for (const NotBeaten& lost : section.not_beaten)
      entry["not_beaten"].push_back({{"run", lost.run},
                                     {"baseline", lost.baseline},
                                     {"figure", section.keys[lost.key]},
                                     {"value", lost.value},
                                     {"baseline_value", lost.baseline_value}});
    const char* place = section.kind == SectionKind::ratings        ? "ratings"
                        : section.kind == SectionKind::interactions ? "interactions"
                                                                    : "ranking";
    out[place].push_back(entry);
  }
  return out;
}

}  // namespace anirec
