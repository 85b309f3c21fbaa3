#include "ratings/titles.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <utility>
#include <vector>

#include "error.h"
#include "ratings/byte_source.h"
#include "ratings/fields.h"
#include "ratings/title_text.h"

namespace anirec {
namespace {

// Columns from 0.
struct TitleColumns {
  std::size_t id = 0, name = 1;
  int genres = -1;
  bool genre_flags = false;  // u.item: from `genres` on, a 0 or 1 for each genre
  bool has_header = false;
  std::string_view separator;
};

constexpr std::array<std::string_view, 19> movielens_genres = {
    "unknown",     "Action", "Adventure", "Animation", "Children's", "Comedy",  "Crime",
    "Documentary", "Drama",  "Fantasy",   "Film-Noir", "Horror",     "Musical", "Mystery",
    "Romance",     "Sci-Fi", "Thriller",  "War",       "Western"};
constexpr int first_genre_flag = 5;

int position_of(const std::vector<std::string>& header, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    for (std::size_t i = 0; i < header.size(); ++i)
      if (plain_name(header[i]) == name) return static_cast<int>(i);
  return -1;
}

TitleColumns recognise_titles(std::string_view first_line, const std::string& name) {
  const auto split = [&](std::string_view separator) {
    try {
      return split_fields(first_line, separator);
    } catch (const FieldFault&) {
      return std::vector<std::string>();
    }
  };
  TitleColumns columns;
  for (const std::string_view separator : {",", "\t", ";", "|"}) {
    const std::vector<std::string> header = split(separator);
    const int id = position_of(header, {"malid", "animeid", "movieid", "itemid", "mangaid", "bookid", "isbn",
                                        "asin", "productid", "uid", "id"});
    const int title = position_of(header, {"name", "title", "booktitle", "movietitle", "productname"});
    if (id < 0 || title < 0) continue;
    columns.id = static_cast<std::size_t>(id);
    columns.name = static_cast<std::size_t>(title);
    columns.genres = position_of(header, {"genres", "genre", "categories", "category"});
    columns.has_header = true;
    columns.separator = separator;
    return columns;
  }
  columns.genres = 2;
  columns.separator = "::";
  if (split("::").size() == 3) return columns;
  columns.genres = first_genre_flag;
  columns.genre_flags = true;
  columns.separator = "|";
  if (split("|").size() == first_genre_flag + movielens_genres.size()) return columns;
  throw DataError(printable(name) + ": the first line is not recognised as titles: '" +
                  printable(first_line, 120) +
                  "'; wanted is anime.csv (a header with MAL_ID or anime_id, Name, Genres), MovieLens movies.csv "
                  "(movieId,title,genres), movies.dat (id::title::genres) or u.item");
}

// One pass over the file, a record at a time; a record may span lines.
class TitleReader {
 public:
  TitleReader(std::string_view text, TitleColumns columns, std::string name)
      : begin_(text.data()),
        end_(text.data() + text.size()),
        columns_(columns),
        // Files without a header have no quoting either: a quote there belongs to the title.
        cutter_(columns_.separator, columns_.has_header ? Quotes::honoured : Quotes::plain),
        needed_(std::max({columns_.id, columns_.name, static_cast<std::size_t>(std::max(columns_.genres, 0))}) +
                1),
        kept_(columns_.genre_flags ? first_genre_flag + movielens_genres.size() : needed_),
        name_(std::move(name)) {}

  Titles read() {
    Titles titles;
    bool in_header = columns_.has_header;
    std::vector<std::string> fields;
    for (const char* at = begin_; at != end_;) {
      const char* line_stop = std::find(at, end_, '\n');
      if (is_blank_line({at, static_cast<std::size_t>(line_stop - at)})) {
        at = line_stop == end_ ? end_ : line_stop + 1;
        continue;
      }
      const char* next = read_record(at, fields);
      if (!in_header) add(fields, at, titles);
      in_header = false;
      at = next;
    }
    if (titles.size() == 0) throw DataError(printable(name_) + ": holds no titles; give a file with titles in it");
    return titles;
  }

 private:
  // Returns the start of the next record.
  const char* read_record(const char* at, std::vector<std::string>& fields) {
    fields.clear();
    try {
      for (;;) {
        const FieldCutter::Field field = cutter_.take(at, end_, scratch_);
        if (fields.size() < kept_) fields.emplace_back(field.text);
        const char* next = cutter_.following(field.next, end_);
        if (next == nullptr) return field.next == end_ ? end_ : field.next + 1;
        at = next;
      }
    } catch (const FieldFault& fault) {
      throw_at(fault.at, fault.message);
    }
  }

  void add(const std::vector<std::string>& fields, const char* record, Titles& titles) const {
    if (fields.size() < needed_)
      throw_at(record, "this title has " + std::to_string(fields.size()) + " column(s), " +
                           std::to_string(needed_) + " are needed; complete or remove the line");
    if (fields[columns_.id].empty())
      throw_at(record, "the id of this title is empty; fill it in or remove the line");
    titles.add(fields[columns_.id], {decode_entities(fields[columns_.name]), genres_of(fields)});
  }

  std::string genres_of(const std::vector<std::string>& fields) const {
    if (columns_.genres < 0) return "";
    const std::size_t first = static_cast<std::size_t>(columns_.genres);
    if (!columns_.genre_flags) return fields[first] == "(no genres listed)" ? "" : decode_entities(fields[first]);
    std::string genres;
    for (std::size_t i = 0; i < movielens_genres.size() && first + i < fields.size(); ++i) {
      if (fields[first + i] != "1") continue;
      if (!genres.empty()) genres += '|';
      genres += movielens_genres[i];
    }
    return genres;
  }

  [[noreturn]] void throw_at(const char* place, const std::string& message) const {
    const auto line = static_cast<std::uint64_t>(std::count(begin_, place, '\n')) + 1;
    const char* start = place;
    while (start != begin_ && start[-1] != '\n') --start;
    throw DataError::at(name_, line, static_cast<std::uint64_t>(place - start) + 1, message);
  }

  const char* begin_;
  const char* end_;
  TitleColumns columns_;
  FieldCutter cutter_;
  std::size_t needed_, kept_;  // columns that a record must have, and those that are looked at
  std::string name_;
  std::string scratch_;
};

void refuse_zeros(std::string_view text, const std::string& name) {
  const std::size_t zero = text.find('\0');
  if (zero == text.npos) return;
  const std::string_view before = text.substr(0, zero);
  const auto line = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  throw DataError::at(name, line, zero - (before.rfind('\n') + 1) + 1, nul_byte_message);
}

}  // namespace

const Title* Titles::find(std::string_view item_id) const {
  const auto found = by_id_.find(std::string(item_id));
  return found == by_id_.end() ? nullptr : &found->second;
}

void Titles::add(std::string item_id, Title title) {
  by_id_.insert_or_assign(std::move(item_id), std::move(title));
}

Titles read_titles(const std::string& path) {
  const std::string name = source_name(path);
  std::string text = read_all_bytes(path);
  refuse_zeros(text, name);
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  if (!is_utf8(text)) text = latin1_to_utf8(text);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) throw DataError(printable(name) + ": is empty; give a file with titles in it");
  const std::string_view rest = std::string_view(text).substr(first);
  const std::string_view first_line = without_return(rest.substr(0, rest.find('\n')));
  return TitleReader(text, recognise_titles(first_line, name), name).read();
}

}  // namespace anirec
