// A ranked list of items as a person reads it.
#pragma once

#include <string>
#include <vector>

#include "commands/command_table.h"
#include "ratings/titles.h"

namespace anirec {

// From --titles; none where it was not given.
Titles titles_of(const Arguments& arguments);

// Rank, id, score, title and genres, in columns; on a terminal, titles are cut where the line would wrap.
class ItemTable {
 public:
  ItemTable(std::string score_name, const Titles& titles) : score_name_(std::move(score_name)), titles_(titles) {}
  // `note`: a line below the item's.
  void add(const std::string& id, float score, const std::string& note = "");
  std::string text(std::size_t columns) const;
  void print() const;  // as wide as the terminal

 private:
  struct Line {
    std::string id, score, title, note;
  };
  std::string score_name_;
  const Titles& titles_;
  std::vector<Line> lines_;
};

}  // namespace anirec
