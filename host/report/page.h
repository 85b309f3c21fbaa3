// A page that stands alone: style sheet and charts inside, no script, nothing loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evaluate/comparison_sections.h"

namespace anirec {

// `title` and `body` are HTML, `title` without tags.
std::string page(std::string_view title, std::string_view body);

struct LegendEntry {
  std::string class_name;  // "s1 dash": the colour, and for lines the kind
  std::string text;        // HTML
};

// A chart with what is needed to read it; all texts are HTML.
struct Figure {
  std::string title, note;
  std::vector<LegendEntry> legend;
  std::string svg;
  bool wide = false;
};
std::string figure(const Figure& figure);
std::string figures(const std::vector<Figure>& list);  // side by side, as many as fit

std::string section(std::string_view title, std::string_view content);  // nothing without content

// The tables of anirec compare, with the same figures.
std::string comparison_html(const std::vector<Section>& sections);

// A card with a table of figures: a heading for each column, the first of which names the rows (HTML), then <tr>s.
// `kind`: "list" where the columns hold words.
std::string figures_table(const std::vector<std::string>& headings, std::string_view rows,
                          std::string_view kind = "");

// A command that a person may copy.
std::string command_block(std::string_view command);

// Two columns: what, and how much; with an empty second text, a heading.
struct FactRow {
  std::string name, value, note;  // HTML
};
std::string facts_table(const std::vector<FactRow>& rows);

}  // namespace anirec
