// How the columns of a ratings file are laid out, recognised from its header or first line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anirec {

// What a file must have: user, item and rating; user and item alone, every other column then being passed over; or
// one person's items and ratings, where titles may stand for the items.
enum class Wanted { ratings, pairs, own_ratings };

// As given by --columns and --separator; empty means: recognise.
struct FormatOptions {
  std::string columns;  // user=…,item=…,rating=…[,status=…][,time=…]: header names, or positions from 1
  std::string separator;  // characters, or "tab" or "space" (a run of blanks)
  Wanted wanted = Wanted::ratings;
};

// A status that means nothing.
constexpr std::int32_t no_status = -1;

struct RatingsFormat {
  std::string name;       // for people: "animelist.csv", "MovieLens u.data", "custom columns"
  std::string separator;  // ",", "\t", "::", …; " " stands for any run of spaces and tabs
  bool has_header = false;
  int user = -1, item = -1, rating = -1;  // columns from 0; no rating where only pairs are wanted
  int status = -1, time = -1;             // -1: the file has none
  bool item_is_title = false;             // the item's column holds titles
  bool has_status() const { return status >= 0; }
  bool has_time() const { return time >= 0; }
  std::string describe() const;  // one line: name, separator, header, which column is what
};

// `first_line` without its line end and byte-order mark. Throws DataError (what was seen, and the --columns that
// would help) where it is not recognised, UsageError where the options are malformed.
RatingsFormat recognise_format(std::string_view first_line, const FormatOptions& options, const std::string& path);

}  // namespace anirec
