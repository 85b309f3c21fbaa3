// The ratings of somebody who is not in the data, in a model's terms.
#pragma once

#include <string>
#include <vector>

#include "commands/load_data.h"
#include "model/new_user.h"
#include "ratings/own_list.h"
#include "ratings/titles.h"

namespace anirec {

struct OwnRatings {
  std::string user;                  // as the list names them, else "me"
  std::vector<RatedItem> rated;      // what the task learns from
  std::vector<std::uint32_t> items;  // of the list, rated or not: ascending and distinct
  std::string report;                // lines for people: how it was read, and what was not found
};

// Items are looked up by id, then by title where there are titles. Throws DataError where none is known, none says
// anything to the task, or a rating is none of the scale the model was trained on. Where a list has ids and
// titles, the titles of the ids are compared: with `titles`, or where there are none with those of `run_titles`, a
// file.
OwnRatings read_own_ratings(const std::string& path, const FormatOptions& format, const TaskRules& rules,
                            const Model& model, const Titles& titles, const std::string& run_titles);

}  // namespace anirec
