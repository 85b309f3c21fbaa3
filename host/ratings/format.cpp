#include "ratings/format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "error.h"
#include "ratings/column_choices.h"
#include "ratings/fields.h"

namespace anirec {
namespace {

// Header names as plain_name() leaves them; where a header has several, the first of this list is taken.
const std::array<std::vector<std::string_view>, key_count> header_names = {{
    {"userid", "user", "uid", "reviewerid", "customerid", "memberid", "profileid", "visitorid", "username",
     "reviewer", "reviewername", "profile", "profilename", "customer", "member"},
    {"itemid",          "item",   "animeid",    "animeuid",  "mangaid", "malid", "movieid",  "isbn",
     "seriesanimedbid", "asin",   "parentasin", "productid", "bookid",  "iid",   "artistid", "songid",
     "trackid",         "gameid", "businessid", "recipeid",  "jokeid",  "anime", "manga",    "movie",
     "product",         "book",   "artist",     "song",      "track",   "game"},
    {"rating", "score", "feedback", "stars", "overall", "bookrating", "myscore", "userrating", "userscore",
     "reviewrating", "reviewscore", "starrating"},
    {"watchingstatus", "mystatus", "watchstatus", "watchedstatus", "status"},
    {"timestamp", "unixreviewtime", "unixtime", "time", "epoch", "unixtimestamp"},
}};

// Names of an item's title, for one person's ratings.
constexpr std::array<std::string_view, 8> title_names = {"title",      "name",      "seriestitle", "animetitle",
                                                         "movietitle", "booktitle", "animename",   "productname"};

constexpr std::array<std::string_view, 6> separators = {"::", "\t", ",", ";", "|", " "};

std::string separator_name(std::string_view separator) {
  if (separator == "\t") return "tabs";
  if (separator == " ") return "blanks";
  return quoted(separator);
}

std::string column_list(const std::vector<std::string>& fields) {
  std::string list;
  for (std::size_t i = 0; i < fields.size(); ++i) list += (i == 0 ? "" : ", ") + printable(fields[i], 40);
  return printable(list, 400);
}

// --separator as characters; empty where it is to be found out.
std::string chosen_separator(const std::string& option) {
  if (option.empty()) return "";
  if (option == "tab" || option == "\\t") return "\t";
  if (option == "space") return " ";
  const bool usable = std::none_of(option.begin(), option.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '"' || c == '.' || c == '-' || c == '+' || (c < 0x20 && c != '\t') ||
           c > 0x7e;
  });
  if (!usable)
    throw UsageError("--separator " + printable(option) +
                     ": takes the characters between two columns (such as , or ::), or the word tab or space");
  return option;
}

std::optional<int> position_of(const std::vector<std::string>& fields, std::string_view plain) {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (plain_name(fields[i]) == plain) return static_cast<int>(i);
  return std::nullopt;
}

// A field that is meant to be a number, though perhaps a damaged one; anything else is a header's name.
bool looks_like_number(const std::string& field) {
  if (field.empty()) return true;
  const std::string plain = plain_name(field);
  return std::string_view("0123456789+-.").find(field[0]) != std::string_view::npos || plain == "nan" ||
         plain == "inf" || plain == "null" || plain == "none" || plain == "na";
}

bool is_title_name(const std::string& field) {
  return std::find(title_names.begin(), title_names.end(), plain_name(field)) != title_names.end();
}

void set_columns(RatingsFormat& format, const std::array<int, key_count>& columns) {
  format.user = columns[user];
  format.item = columns[item];
  format.rating = columns[rating];
  format.status = columns[status];
  format.time = columns[time_key];
}

std::string generic_name(std::size_t columns, std::string_view separator) {
  return std::to_string(columns) + " columns separated by " + separator_name(separator);
}

std::string header_name(const std::vector<std::string>& fields, std::string_view separator) {
  using Names = std::vector<std::string>;
  Names plain;
  for (const std::string& field : fields) plain.push_back(plain_name(field));
  if (separator == ",") {
    if (plain == Names{"userid", "animeid", "rating", "watchingstatus", "watchedepisodes"}) return "animelist.csv";
    if (plain == Names{"userid", "animeid", "rating"}) return "rating_complete.csv / rating.csv";
    if (plain == Names{"userid", "movieid", "rating", "timestamp"}) return "MovieLens ratings.csv";
  }
  return generic_name(fields.size(), separator);
}

// Which columns the names of a header stand for.
std::optional<RatingsFormat> from_header(const std::vector<std::string>& fields, std::string_view separator,
                                         Wanted wanted) {
  const Keys keys = keys_of(wanted);
  std::array<int, key_count> columns;
  columns.fill(-1);
  for (std::size_t key = 0; key < (keys.more ? key_count : keys.last); ++key)
    for (const std::string_view name : header_names[key])
      if (columns[key] < 0) columns[key] = position_of(fields, name).value_or(-1);
  if (wanted == Wanted::own_ratings) {
    for (const std::string_view name : title_names)
      if (columns[item] < 0) columns[item] = position_of(fields, name).value_or(-1);
    // In other files, and beside a title, it may number the rows.
    if (columns[item] < 0) columns[item] = position_of(fields, "id").value_or(-1);
  }
  for (std::size_t key = keys.first; key < keys.last; ++key)
    if (columns[key] < 0) return std::nullopt;
  RatingsFormat format;
  format.name = header_name(fields, separator);
  format.separator = separator;
  format.has_header = true;
  set_columns(format, columns);
  format.item_is_title = is_title_name(fields[static_cast<std::size_t>(format.item)]);
  return format;
}

// user, item, rating[, time] where the first line is a row of such a shape; of one person also item, rating.
std::optional<RatingsFormat> from_first_row(const std::vector<std::string>& fields, std::string_view separator,
                                            Wanted wanted) {
  if (wanted == Wanted::own_ratings && fields.size() == 2) {
    if (fields[0].empty() || !to_float(fields[1])) return std::nullopt;
    RatingsFormat own;
    own.name = generic_name(2, separator);
    own.separator = separator;
    set_columns(own, {-1, 0, 1, -1, -1});
    return own;
  }
  if (wanted == Wanted::pairs) {
    if (fields.size() < 2 || fields[0].empty() || fields[1].empty()) return std::nullopt;
    RatingsFormat pairs;
    pairs.name = generic_name(fields.size(), separator);
    pairs.separator = separator;
    set_columns(pairs, {0, 1, -1, -1, -1});
    return pairs;
  }
  if (fields.size() != 3 && fields.size() != 4) return std::nullopt;
  if (fields[0].empty() || fields[1].empty() || !to_float(fields[2])) return std::nullopt;
  const bool with_time = fields.size() == 4;
  if (with_time && !to_integer<std::int64_t>(fields[3])) return std::nullopt;
  RatingsFormat format;
  format.name = with_time && separator == "::"   ? "MovieLens ratings.dat"
                : with_time && separator == "\t" ? "MovieLens u.data"
                                                 : generic_name(fields.size(), separator);
  format.separator = separator;
  set_columns(format, {0, 1, 2, -1, with_time ? 3 : -1});
  return format;
}

// Whether a first line over which columns are chosen by position names them. A rating that is no number does,
// unless the ids beside it are numbers: then it is a bad one. Pairs have no rating: there the usual names do.
bool names_columns(const std::array<int, key_count>& columns, const std::vector<std::string>& fields) {
  const auto field = [&](std::size_t key) { return fields[static_cast<std::size_t>(columns[key])]; };
  const auto is_number = [&](std::size_t key) { return columns[key] >= 0 && looks_like_number(field(key)); };
  if (columns[rating] >= 0)
    return !is_number(rating) && !(is_number(item) && (columns[user] < 0 || is_number(user)));
  for (const std::size_t key : {std::size_t{user}, std::size_t{item}})
    for (const std::string_view name : header_names[key])
      if (columns[key] >= 0 && plain_name(field(key)) == name) return true;
  return false;
}

// Columns chosen with --columns, over fields cut at `separator`; nothing where the line has not enough of them
// or its header lacks a name.
std::optional<RatingsFormat> from_choices(const ColumnChoices& choices, const std::vector<std::string>& fields,
                                          std::string_view separator) {
  std::array<int, key_count> columns;
  columns.fill(-1);
  bool named = false;
  for (std::size_t key = 0; key < key_count; ++key) {
    if (!choices[key].given()) continue;
    columns[key] = choices[key].position;
    if (columns[key] < 0) {
      named = true;
      columns[key] = position_of(fields, plain_name(choices[key].name)).value_or(-1);
      if (columns[key] < 0) return std::nullopt;
    }
    if (static_cast<std::size_t>(columns[key]) >= fields.size()) return std::nullopt;
  }
  for (std::size_t a = 0; a < key_count; ++a)
    for (std::size_t b = 0; b < a; ++b)
      if (columns[a] >= 0 && columns[a] == columns[b]) refuse_same(b, a);
  RatingsFormat format;
  format.name = "custom columns";
  format.separator = separator;
  format.has_header = named || names_columns(columns, fields);
  set_columns(format, columns);
  format.item_is_title = format.has_header && is_title_name(fields[static_cast<std::size_t>(format.item)]);
  return format;
}

// The first line cut at one separator.
struct Cut {
  std::string_view separator;
  std::vector<std::string> fields;
};

// One cut for --separator, else one for every separator that the line has; the line whole where it has none.
std::vector<Cut> cuts_of(std::string_view first_line, const std::string& chosen, const std::string& path) {
  std::vector<Cut> cuts;
  std::optional<FieldFault> fault;
  for (const std::string_view separator : separators) {
    // Two tabs hold an empty field between them, where two blanks are one.
    if (separator == " " && !cuts.empty() && cuts.front().separator == "\t" && cuts.front().fields.size() > 2)
      continue;
    const std::string_view tried = chosen.empty() ? separator : std::string_view(chosen);
    try {
      Cut cut{tried, split_fields(first_line, tried)};
      if (cut.fields.size() > 1 || !chosen.empty()) cuts.push_back(std::move(cut));
    } catch (const FieldFault& found) {
      if (!fault) fault = found;
    }
    if (!chosen.empty()) break;
  }
  if (cuts.empty() && fault)
    throw DataError(printable(path) + ": first line, column " + std::to_string(fault->at - first_line.data() + 1) +
                    ": " + fault->message);
  if (cuts.empty()) cuts.push_back({",", {std::string(first_line)}});
  return cuts;
}

[[noreturn]] void refuse_choices(const ColumnChoices& choices, const Cut& cut, const std::string& path) {
  const std::string there = "; the first line has " + std::to_string(cut.fields.size()) + " (separated by " +
                            separator_name(cut.separator) + "): " + column_list(cut.fields);
  for (std::size_t key = 0; key < key_count; ++key) {
    const ColumnChoice& choice = choices[key];
    if (!choice.name.empty() && !position_of(cut.fields, plain_name(choice.name)))
      throw DataError(printable(path) + ": there is no column " + quoted(choice.name) + " for --columns " +
                      std::string(key_names[key]) + there);
  }
  int largest = 0;
  for (const ColumnChoice& choice : choices) largest = std::max(largest, choice.position);
  throw DataError(printable(path) + ": there is no column " + std::to_string(largest + 1) +
                  ", which --columns names" + there);
}

[[noreturn]] void refuse_unrecognised(const Cut& cut, std::string_view first_line, const std::string& path,
                                      Wanted wanted) {
  if (first_line.starts_with('<'))
    throw DataError(
        printable(path) + ": is XML or HTML; " +
        (wanted == Wanted::own_ratings
             ? "MyAnimeList's list is read from a file that is named, not from standard input"
             : "ratings are read as text with a row a line (one person's list from MyAnimeList goes to "
               "anirec recommend --ratings)"));
  const Keys keys = keys_of(wanted);
  const std::size_t needed = keys.last - keys.first;
  const std::string shown = ": the first line is not recognised as ratings: " + quoted(first_line) + " (";
  if (cut.fields.size() < needed)
    throw DataError(printable(path) + shown + std::to_string(cut.fields.size()) + " column(s), at least " +
                    (wanted == Wanted::pairs         ? "2 are needed: user, item"
                     : wanted == Wanted::own_ratings ? "2 are needed: item or title, rating"
                                                     : "3 are needed: user, item, rating") +
                    "); if the separator is an unusual one, name it " + "with --separator");
  // A row like the others but for its rating.
  if (wanted == Wanted::ratings && cut.fields.size() <= 4 && first_line.find('"') == first_line.npos &&
      to_float(cut.fields[0]) && to_float(cut.fields[1]) && !to_float(cut.fields[2])) {
    const std::size_t at = cut.fields[0].size() + cut.fields[1].size() + 2 * cut.separator.size();
    throw DataError::at(
        path, 1, at + 1,
        (cut.fields[2].empty() ? "rating is empty" : "rating " + quoted(cut.fields[2]) + " is no finite number") +
            std::string("; correct or remove the line, or say with --columns which column is what"));
  }
  std::array<int, key_count> found;
  found.fill(-1);
  for (std::size_t key = keys.first; key < keys.last; ++key)
    for (const std::string_view name : header_names[key])
      if (found[key] < 0) found[key] = position_of(cut.fields, name).value_or(-1);
  const bool header = std::any_of(found.begin(), found.end(), [](int position) { return position >= 0; });
  std::string example;
  for (std::size_t key = keys.first; key < keys.last; ++key) {
    if (key != keys.first) example += ',';
    example += key_names[key];
    example += '=';
    example += found[key] >= 0 ? std::to_string(found[key] + 1)
               : header        ? "..."
                               : std::to_string(key - keys.first + 1);
  }
  throw DataError(printable(path) + shown + std::to_string(cut.fields.size()) + " columns separated by " +
                  separator_name(cut.separator) + "); say which is which, as in --columns " + example);
}

}  // namespace

std::string RatingsFormat::describe() const {
  std::string text = name + ": ";
  if (name.find("separated by") == name.npos) text += "separated by " + separator_name(separator) + ", ";
  text += has_header ? "with a header" : "no header";
  const std::array<int, key_count> columns = {user, item, rating, status, time};
  for (std::size_t key = 0; key < key_count; ++key)
    if (columns[key] >= 0)
      text += ", " + std::string(key == Key::item && item_is_title ? "title" : key_names[key]) + " = column " +
              std::to_string(columns[key] + 1);
  return text;
}

RatingsFormat recognise_format(std::string_view first_line, const FormatOptions& options,
                               const std::string& path) {
  const std::string chosen = chosen_separator(options.separator);
  std::optional<ColumnChoices> choices;
  if (!options.columns.empty()) choices = column_choices(options.columns, options.wanted);
  const std::vector<Cut> cuts = cuts_of(first_line, chosen, path);
  const Cut* const widest = &*std::max_element(
      cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.fields.size() < b.fields.size(); });

  if (choices) {
    // A separator under which the rating is a number is surely the right one.
    std::optional<RatingsFormat> format;
    for (const Cut& cut : cuts) {
      const auto candidate = from_choices(*choices, cut.fields, cut.separator);
      if (candidate && (!format || (format->has_header && !candidate->has_header))) format = candidate;
    }
    if (format) return *format;
    refuse_choices(*choices, *widest, path);
  }
  for (const Cut& cut : cuts)
    if (const auto format = from_header(cut.fields, cut.separator, options.wanted)) return *format;
  for (const Cut& cut : cuts)
    if (const auto format = from_first_row(cut.fields, cut.separator, options.wanted)) return *format;
  refuse_unrecognised(*widest, first_line, path, options.wanted);
}

}  // namespace anirec
