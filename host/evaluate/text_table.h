// Tables of figures, for a terminal or for markdown.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace anirec {

struct TextTable {
  struct Row {
    std::string name;
    std::vector<std::string> cells;  // none: the name is a heading over the rows below it
  };
  std::vector<std::string> header;  // of the name's column, then of each cell's
  std::vector<Row> rows;
};

// Columns a table keeps to, so that the narrowest terminal in use does not wrap it.
constexpr std::size_t table_width = 60;

// Names to the left, cells to the right of their columns. A name that would push the table over `width` stands on
// a line of its own, its cells below it. Cells start with their mark, or a blank.
std::string plain_table(const TextTable& table, std::size_t width = table_width);
// Headings are left out: a markdown table has no place for them.
std::string markdown_table(const TextTable& table);

// With a fixed number of decimals, so that a column's digits stand under each other.
std::string fixed_text(double value, int decimals);
std::string count_text(std::uint64_t count);                        // 1,234,567
std::string counted(std::uint64_t count, const std::string& noun);  // "1 item", "2 items"

}  // namespace anirec
