// Item titles and genres from anime.csv, movies.csv, movies.dat or u.item.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace anirec {

struct Title {
  std::string name;    // entities decoded, UTF-8; print through printable()
  std::string genres;  // as in the file, "" where it has none
};

class Titles {
 public:
  const Title* find(std::string_view item_id) const;  // nullptr where unknown
  std::size_t size() const { return by_id_.size(); }
  void add(std::string item_id, Title title);

 private:
  std::unordered_map<std::string, Title> by_id_;
};

// Recognised from the header or first line; quoted fields, embedded commas, quotes and line ends, CRLF, UTF-8
// (Latin-1 where the file is no UTF-8), HTML entities. Throws DataError with the place of a fault.
Titles read_titles(const std::string& path);

}  // namespace anirec
