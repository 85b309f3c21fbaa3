// One person's ratings: a delimited file, or the XML that MyAnimeList exports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ratings/format.h"

namespace anirec {

struct OwnRating {
  std::string id, title;            // as written; one of them may be empty
  float rating = 0;                 // 0 or below: not rated
  std::int32_t status = no_status;  // MyAnimeList's number
};

struct OwnList {
  std::string user;       // "" where the file names none
  std::string described;  // the format, for people
  std::vector<OwnRating> ratings;
  bool has_status = false;
};

// XML is told by its first character. Delimited files are recognised as ratings files are, but need no user, and
// may have titles instead of ids. Throws DataError with the place of a fault, and where there is more than one
// user.
OwnList read_own_list(const std::string& path, const FormatOptions& options);

// MyAnimeList's animelist.xml (.gz too). Document types are refused, so no entity is ever expanded.
OwnList read_anime_list_xml(const std::string& path);

}  // namespace anirec
