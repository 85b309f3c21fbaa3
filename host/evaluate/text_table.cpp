#include "evaluate/text_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "terminal.h"

namespace anirec {
namespace {

void append_blanks(std::string& out, std::string_view beside, std::size_t width) {
  const std::size_t used = display_width(beside);
  if (width > used) out.append(width - used, ' ');
}

void append_markdown_row(std::string& out, const std::string& name, const std::vector<std::string>& cells) {
  const auto append_cell = [&](const std::string& text) {
    out += " ";
    for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
    out += " |";
  };
  out += "|";
  append_cell(name);
  for (const std::string& cell : cells) append_cell(cell);
  out += "\n";
}

}  // namespace

std::string plain_table(const TextTable& table, std::size_t width) {
  const std::vector<std::string> column_names(table.header.begin() + 1, table.header.end());
  std::vector<std::size_t> column_width;
  std::size_t cells_width = 0;
  for (std::size_t c = 0; c < column_names.size(); ++c) {
    std::size_t widest = 1 + display_width(column_names[c]);  // a blank where the cells have their mark
    for (const TextTable::Row& row : table.rows)
      if (!row.cells.empty()) widest = std::max(widest, display_width(row.cells[c]));
    column_width.push_back(widest);
    cells_width += 1 + widest;
  }
  std::size_t name_width = display_width(table.header[0]);
  for (const TextTable::Row& row : table.rows)
    if (!row.cells.empty()) name_width = std::max(name_width, display_width(row.name));
  name_width = std::min(name_width, width > cells_width ? width - cells_width : 0);

  std::string out;
  const auto append_row = [&](const std::string& name, const std::vector<std::string>& cells) {
    out += name;
    if (!cells.empty() && display_width(name) > name_width) {
      out += '\n';
      append_blanks(out, "", name_width);
    } else if (!cells.empty()) {
      append_blanks(out, name, name_width);
    }
    for (std::size_t c = 0; c < cells.size(); ++c) {
      out += ' ';
      append_blanks(out, cells[c], column_width[c]);
      out += cells[c];
    }
    out += '\n';
  };
  append_row(table.header[0], column_names);
  for (const TextTable::Row& row : table.rows) append_row(row.name, row.cells);
  return out;
}

std::string markdown_table(const TextTable& table) {
  std::string out;
  append_markdown_row(out, table.header[0], {table.header.begin() + 1, table.header.end()});
  out += "|---|";
  for (std::size_t c = 1; c < table.header.size(); ++c) out += "---:|";
  out += "\n";
  for (const TextTable::Row& row : table.rows)
    if (!row.cells.empty()) append_markdown_row(out, row.name, row.cells);
  return out;
}

std::string fixed_text(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, std::fabs(value) < 1e9 ? "%.*f" : "%.*g", decimals, value);
  return text;
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, 1, ',');
  return text;
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return count_text(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace anirec
