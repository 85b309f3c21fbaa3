#include "ratings/own_list.h"

#include <algorithm>
#include <cctype>

#include "error.h"
#include "ratings/byte_source.h"
#include "ratings/fields.h"
#include "ratings/row_parser.h"

namespace anirec {
namespace {

// What a browser saves where a login is asked for. `head` begins with markup.
void refuse_web_page(const std::string& path, std::string head) {
  for (char& c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  head.resize(std::min(head.size(), head.find("<myanimelist")));
  if (head.find("<!doctype html") != head.npos || head.find("<html") != head.npos)
    throw DataError(
        printable(path) +
        ": is a web page, not an exported list; export the anime list on MyAnimeList, and give that file");
}

bool is_xml(const std::string& path) {
  if (path == "-") return false;  // can be read only once
  const std::string head = head_of(path, 1024);
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == head.npos || head[first] != '<') return false;
  refuse_web_page(path, head);
  return true;
}

}  // namespace

OwnList read_own_list(const std::string& path, const FormatOptions& options) {
  if (is_xml(path)) return read_anime_list_xml(path);
  FormatOptions own = options;
  own.wanted = Wanted::own_ratings;
  OwnList list;
  bool titles = false, has_user = false;
  std::string user;
  Team one(1);  // rows then come in the order of the file
  const auto take = [&](std::size_t, RowBlock& rows) {
    std::size_t user_at = 0, item_at = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string whose = id_text(rows.user, i, user_at);
      if (list.ratings.empty()) user = whose;
      if (whose != user)
        throw DataError(printable(source_name(path)) + ": holds ratings of more than one user (" +
                        printable(user, 40) + " and " + printable(whose, 40) + "); keep those of one");
      OwnRating rating;
      (titles ? rating.title : rating.id) = id_text(rows.item, i, item_at);
      rating.rating = rows.rating[i];
      if (!rows.status.empty()) rating.status = rows.status[i];
      list.ratings.push_back(std::move(rating));
    }
  };
  read_rows({path}, own, one, take, [&](const std::string&, const RatingsFormat& format) {
    list.described = format.describe();
    list.has_status = format.has_status();
    titles = format.item_is_title;
    has_user = format.user >= 0;
  });
  if (has_user) list.user = user;
  return list;
}

}  // namespace anirec
