#include "commands/item_table.h"

#include <algorithm>
#include <cstdio>

#include "error.h"

namespace anirec {
namespace {

// Columns that a text takes on a terminal: one a code point, two for wide (East Asian) ones, none for marks that
// combine with the one before.
int display_width(const std::string& text) {
  int width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t i = 1; i < length && at + i < text.size(); ++i)
      point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fu);
    at += length;
    const bool wide = (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
                      (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
                      (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
                      (point >= 0xffe0 && point <= 0xffe6) || (point >= 0x1f300 && point <= 0x3fffd);
    const bool combining = point >= 0x300 && point <= 0x36f;
    width += combining ? 0 : wide ? 2 : 1;
  }
  return width;
}

}  // namespace

Titles titles_of(const Arguments& arguments) {
  return arguments.has("titles") ? read_titles(arguments.text("titles")) : Titles();
}

void ItemTable::add(const std::string& id, float score) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", static_cast<double>(score));
  const Title* title = titles_.find(id);
  std::string shown;
  if (title != nullptr) {
    shown = printable(title->name, 120);
    if (!title->genres.empty()) shown += "  (" + printable(title->genres, 120) + ")";
  }
  lines_.push_back({printable(id, 40), text, shown});
}

void ItemTable::print() const {
  int id_width = 4;
  for (const Line& line : lines_) id_width = std::max(id_width, display_width(line.id));
  std::printf("rank  %*s  %*s%s\n", id_width, "item", 8, score_name_.c_str(), titles_.size() > 0 ? "  title" : "");
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    std::printf("%4zu  %*s%s  %8s%s%s\n", i + 1, id_width - display_width(line.id), "", line.id.c_str(),
                line.score.c_str(), line.title.empty() ? "" : "  ", line.title.c_str());
  }
}

}  // namespace anirec
