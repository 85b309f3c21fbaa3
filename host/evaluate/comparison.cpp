#include "evaluate/comparison.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "error.h"
#include "evaluate/comparison_columns.h"
#include "evaluate/comparison_sections.h"
#include "evaluate/text_table.h"
#include "terminal.h"

namespace anirec {
namespace {

std::vector<std::string> cells(const Section& section, const SectionLine& line, TableStyle style) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < section.keys.size(); ++k) {
    const int decimals = style == TableStyle::plain ? column_of(section.keys[k]).plain_decimals : full_decimals;
    const std::string text = line.figures[k] ? fixed_text(*line.figures[k], decimals) : "-";
    if (style == TableStyle::plain)
      out.push_back(line.best[k] ? inked("*" + text, Ink::best) : " " + text);
    else
      out.push_back(line.best[k] ? "**" + text + "**" : text);
  }
  return out;
}

// The words above a table; on a page of markdown they are bold without us.
std::string heading(const std::string& text, TableStyle style) {
  return style == TableStyle::plain ? inked(text, Ink::heading) : text;
}

std::string render(const TextTable& table, TableStyle style) {
  return style == TableStyle::plain ? plain_table(table) : markdown_table(table) + "\n";
}

std::string section_text(const Section& section, TableStyle style) {
  const bool plain = style == TableStyle::plain;
  const std::string kind = kind_name(section.kind);
  // `evaluate --data` judges all rows of a file: no split of the run's own data.
  const std::string split = section.split == "all" ? "all" : printable(section.split) + " split,";
  std::string out = (plain ? heading(kind, style) : "**" + kind + "**") + ": " + split + " " +
                    count_text(section.rows) + (section.rows == 1 ? " row" : " rows") + (plain ? "\n" : "\n\n");

  TextTable table;
  table.header = {heading("run", style)};
  for (const std::string& key : section.keys) table.header.push_back(heading(column_name(key, style), style));
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
  TextTable list;
  for (const char* name : {"run", "model", "task", "epochs"}) list.header.push_back(heading(name, style));
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
  std::string legend;
  if (any_section([](const Section& section) { return section.runs.size() > 1; }))
    legend += "* best of the runs on the same rows\n";
  if (any_section([](const Section& section) { return section.kind == SectionKind::interactions; }))
    legend += "acc, prec, spec: accuracy, precision, specificity\n";
  return legend.empty() ? out : out + "\n" + legend;
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
