#include "commands/item_table.h"

#include <algorithm>
#include <cstdio>

#include "error.h"
#include "terminal.h"

namespace anirec {
namespace {

constexpr std::size_t least_title = 8;  // columns a title gets, whatever the terminal has

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, display_width(text)), ' ') + text;
}

}  // namespace

Titles titles_of(const Arguments& arguments) {
  return arguments.has("titles") ? read_titles(arguments.text("titles")) : Titles();
}

void ItemTable::add(const std::string& id, float score, const std::string& note) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", static_cast<double>(score));
  const Title* title = titles_.find(id);
  std::string shown;
  if (title != nullptr) {
    shown = printable(title->name, 120);
    if (!title->genres.empty()) shown += "  (" + printable(title->genres, 120) + ")";
  }
  lines_.push_back({printable(id, 40), text, shown, note});
}

std::string ItemTable::text(std::size_t columns) const {
  std::size_t id_width = 4;
  for (const Line& line : lines_) id_width = std::max(id_width, display_width(line.id));
  constexpr std::size_t rank_width = 4, score_width = 8;
  const std::size_t before = rank_width + 2 + id_width + 2 + score_width + 2;
  const std::size_t title_width = columns > before + least_title ? columns - before : least_title;
  const std::string heading = "rank  " + right("item", id_width) + "  " + right(score_name_, score_width) +
                              (titles_.size() > 0 ? "  title" : "");
  std::string out = inked(heading, Ink::heading) + "\n";
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    out += right(std::to_string(i + 1), rank_width) + "  " + right(line.id, id_width) + "  " +
           right(line.score, score_width);
    if (!line.title.empty()) out += "  " + shortened(line.title, title_width);
    out += "\n";
    if (!line.note.empty())
      out += "      " + shortened(line.note, columns - std::min<std::size_t>(columns, 6)) + "\n";
  }
  return out;
}

void ItemTable::print() const { std::fputs(text(terminal_columns(stdout)).c_str(), stdout); }

}  // namespace anirec
