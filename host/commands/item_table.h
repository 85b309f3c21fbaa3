// A ranked list of items as a person reads it.
#pragma once

#include <string>
#include <vector>

#include "commands/command_table.h"
#include "ratings/titles.h"

namespace anirec {

// From --titles; none where it was not given.
Titles titles_of(const Arguments& arguments);

// Rank, id, score, title and genres, in columns.
class ItemTable {
 public:
  ItemTable(std::string score_name, const Titles& titles) : score_name_(std::move(score_name)), titles_(titles) {}
  void add(const std::string& id, float score);
  void print() const;

 private:
  struct Line {
    std::string id, score, title;
  };
  std::string score_name_;
  const Titles& titles_;
  std::vector<Line> lines_;
};

}  // namespace anirec
