#include "report/page.h"

#include "evaluate/comparison_columns.h"
#include "evaluate/text_table.h"
#include "report/html.h"
#include "report/style.h"

namespace anirec {
namespace {

std::string legend(const std::vector<LegendEntry>& entries) {
  if (entries.empty()) return "";
  std::string list;
  for (const LegendEntry& entry : entries)
    list += "<li><i class=\"" + entry.class_name + "\"></i><span>" + entry.text + "</span></li>";
  return element("ul", list, "legend") + "\n";
}

std::string heading(const std::string& long_name, const std::string& short_name) {
  if (long_name == short_name) return long_name;
  return element("span", long_name, "long") + element("span", short_name, "short");
}

std::string line_html(const Section& section, const SectionLine& line) {
  std::string row = "<th scope=\"row\">" + html_text(line.name) + "</th>";
  for (std::size_t k = 0; k < section.keys.size(); ++k) {
    const std::string figure =
        line.figures[k] ? fixed_text(*line.figures[k], column_of(section.keys[k]).plain_decimals) : "–";
    row += element("td", figure, line.best[k] ? "best" : "");
  }
  return element("tr", row) + "\n";
}

std::string section_html(const Section& section) {
  const std::string split = section.split == "all" ? "all" : html_text(section.split) + " split,";
  std::string table = element("caption", element("strong", kind_name(section.kind)) + ": " + split + " " +
                                             count_text(section.rows) + (section.rows == 1 ? " row" : " rows"));
  std::string head = "<th scope=\"col\">run</th>";
  for (const std::string& key : section.keys)
    head += "<th scope=\"col\">" +
            heading(column_name(key, TableStyle::markdown), column_name(key, TableStyle::plain)) + "</th>";
  table += element("thead", element("tr", head)) + "\n";
  std::string runs, baselines;
  for (const SectionLine& line : section.runs) runs += line_html(section, line);
  for (const SectionLine& line : section.baselines) baselines += line_html(section, line);
  table += element("tbody", runs) + "\n";
  if (!baselines.empty()) table += element("tbody", baselines, "baselines") + "\n";
  std::string out = "<table class=\"figures\" style=\"--columns:" + std::to_string(section.keys.size()) + "\">" +
                    table + "</table>\n";
  for (const NotBeaten& lost : section.not_beaten)
    out += element("p",
                   html_text(lost.run) + " does not beat “" + html_text(lost.baseline) +
                       "”: " + column_name(section.keys[lost.key], TableStyle::markdown) + " " +
                       fixed_text(lost.value, full_decimals) + " against " +
                       fixed_text(lost.baseline_value, full_decimals),
                   "lost") +
           "\n";
  return element("div", out, "card") + "\n";
}

}  // namespace

std::string page(std::string_view title, std::string_view body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
         "img-src data:\">\n"
         "<link rel=\"icon\" href=\"data:,\">\n" +
         element("title", title) + "\n" + element("style", style_sheet) + "\n</head>\n<body>\n<main>\n" +
         std::string(body) + "</main>\n</body>\n</html>\n";
}

std::string figure(const Figure& figure) {
  std::string caption = element("h3", figure.title);
  if (!figure.note.empty()) caption += element("p", figure.note, "note");
  return element("figure", element("figcaption", caption) + "\n" + legend(figure.legend) + figure.svg,
                 figure.wide ? "wide" : "") +
         "\n";
}

std::string figures(const std::vector<Figure>& list) {
  if (list.empty()) return "";
  std::string out;
  for (const Figure& one : list) out += figure(one);
  return element("div", "\n" + out, "cards") + "\n";
}

std::string section(std::string_view title, std::string_view content) {
  return content.empty() ? "" : element("section", element("h2", title) + "\n" + std::string(content)) + "\n";
}

std::string comparison_html(const std::vector<Section>& sections) {
  std::string out;
  for (const Section& one : sections) out += section_html(one);
  return out;
}

std::string figures_table(const std::vector<std::string>& headings, std::string_view rows, std::string_view kind) {
  std::string head;
  for (const std::string& heading : headings) head += "<th scope=\"col\">" + heading + "</th>";
  const std::string classes = kind.empty() ? "figures" : "figures " + std::string(kind);
  return element("div",
                 "<table class=\"" + classes + "\" style=\"--columns:" + std::to_string(headings.size() - 1) +
                     "\">" + element("thead", element("tr", head)) + element("tbody", rows) + "</table>\n",
                 "card") +
         "\n";
}

std::string command_block(std::string_view command) {
  std::string lines;
  while (!command.empty()) {
    const std::string_view line = command.substr(0, command.find('\n'));
    command.remove_prefix(std::min(line.size() + 1, command.size()));
    lines += (lines.empty() ? "" : "\n") + html_text(line, line.size() * 4);
  }
  return element("div", element("pre", element("code", lines)), "card") + "\n";
}

std::string facts_table(const std::vector<FactRow>& rows) {
  std::string body;
  for (const FactRow& row : rows) {
    // "  name" belongs to the row above, an empty name begins a group.
    const bool inside = row.name.starts_with("  ");
    body += element("tr",
                    "<th scope=\"row\">" + row.name.substr(inside ? 2 : 0) + "</th>" + element("td", row.value) +
                        element("td", row.note, "note"),
                    inside ? "in" : "group") +
            "\n";
  }
  return "<table class=\"facts\">" + element("tbody", body) + "</table>\n";
}

}  // namespace anirec
