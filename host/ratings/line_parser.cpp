#include "ratings/line_parser.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "error.h"
#include "ratings/text_blocks.h"

namespace anirec {
namespace {

constexpr std::size_t longest_id = 64 << 10;

unsigned digit_at(const char* at) { return static_cast<unsigned char>(*at) - unsigned{'0'}; }

// How far parse_plain_lines() looks for the ends of fields.
constexpr std::ptrdiff_t window = 64;
constexpr std::ptrdiff_t longest_plain_number = 16;

// A bit for each of the `window` bytes at `at` that is no digit.
inline std::uint64_t find_no_digits(const char* at) {
  std::uint64_t digits = 0;
  for (int i = 0; i < window; i += 16) {
#ifdef __SSE2__
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(127 - '9'));  // digits become the highest signed bytes
    const int found = _mm_movemask_epi8(_mm_cmpgt_epi8(moved, _mm_set1_epi8(127 - 10)));
#else
    unsigned found = 0;
    for (int j = 0; j < 16; ++j) found |= (digit_at(at + i + j) < 10 ? 1u : 0u) << j;
#endif
    digits |= std::uint64_t{static_cast<unsigned>(found)} << i;
  }
  return ~digits;
}

// The number that 1 to 8 digits make; reads 8 bytes.
inline std::uint64_t number_of(const char* at, std::ptrdiff_t digits) {
  static_assert(std::endian::native == std::endian::little, "the first digit is the lowest byte");
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  bytes = (bytes ^ 0x3030303030303030) << (-8 * digits & 63);  // zeros before the first digit
  bytes = bytes * 10 + (bytes >> 8);                           // pairs, in every other byte
  const std::uint64_t every_fourth = 0x000000FF000000FF;
  return ((bytes & every_fourth) * ((std::uint64_t{1'000'000} << 32) + 100) +
          ((bytes >> 16) & every_fourth) * ((std::uint64_t{10'000} << 32) + 1)) >>
         32;
}

// The same of up to 16 digits; reads 16 bytes.
inline std::uint64_t long_number_of(const char* at, std::ptrdiff_t digits) {
  if (digits <= 8) return number_of(at, digits);
  return number_of(at, digits - 8) * 100'000'000 + number_of(at + digits - 8, 8);
}

bool is_plain_id(const char* at, std::ptrdiff_t digits) {
  return static_cast<std::size_t>(digits - 1) < 8 && (*at != '0' || digits == 1);
}

std::string shown(std::string_view field) {
  std::string text(1, '\'');
  text += printable(field, 60);
  text += '\'';
  return text;
}

// How std::to_chars writes an int64: the only spelling that the number alone can give back.
bool is_canonical(std::string_view text, std::int64_t value) {
  char digits[24];
  const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return text == std::string_view(digits, static_cast<std::size_t>(end - digits));
}

// In quotes it may be part of a text, but of none that is read here.
void refuse_return(const FieldCutter::Field& field) {
  const std::size_t lone = field.text.find('\r');
  if (lone != field.text.npos) throw FieldFault{field.begin + lone, lone_return_message};
}

std::string advice(std::string_view field, const std::string& name) {
  if (field.find(',') != field.npos) return "; write decimals with a point";
  if (name == "time") return "; seconds since 1970 are wanted: convert it, or leave the column out with --columns";
  if (name == "status") return "; write it as a number, or leave the column out with --columns";
  return "; correct it or remove the line";
}

}  // namespace

LineParser::LineParser(const RatingsFormat& format)
    : cutter_(format.separator),
      first_(format.separator.front()),
      second_(format.separator == " " ? '\t' : format.separator.front()),
      simple_(format.separator.size() == 1),
      one_byte_(simple_ && format.separator != " ") {
  const auto set = [this](int position, Column column) {
    if (position < 0) return;
    const std::size_t place = static_cast<std::size_t>(position);
    if (columns_.size() <= place) columns_.resize(place + 1, Column::skipped);
    columns_[place] = column;
  };
  set(format.user, Column::user);
  set(format.item, Column::item);
  set(format.rating, Column::rating);
  set(format.status, Column::status);
  set(format.time, Column::time);
  using enum Column;
  if (one_byte_) {
    if (columns_ == std::vector{user, item, rating}) plain_ = Plain::three_columns;
    if (columns_ == std::vector{user, item, rating, status}) plain_ = Plain::status_fourth;
    if (columns_ == std::vector{user, item, rating, time}) plain_ = Plain::time_fourth;
  }
}

void LineParser::parse(std::string_view text, std::size_t lines, RowBlock& rows) {
  const auto has = [this](Column column) {
    return std::find(columns_.begin(), columns_.end(), column) != columns_.end();
  };
  rows.user.value.resize(lines);
  rows.item.value.resize(lines);
  rows.user.text.clear();
  rows.item.text.clear();
  rows.rating.resize(lines);
  rows.status.resize(has(Column::status) ? lines : 0);
  rows.time.resize(has(Column::time) ? lines : 0);

  text_end_ = text.data() + text.size();
  line_feed_ = nullptr;
  const char* at = text.data();
  std::size_t row = 0;
  std::uint64_t line = 0;
  try {
    for (; at != text_end_; ++line) {
      const std::size_t row_before = row;
      switch (plain_) {
        case Plain::no: break;
        case Plain::three_columns: at = parse_plain_lines<Column::skipped>(at, row, rows); break;
        case Plain::status_fourth: at = parse_plain_lines<Column::status>(at, row, rows); break;
        case Plain::time_fourth: at = parse_plain_lines<Column::time>(at, row, rows); break;
      }
      line += row - row_before;
      if (static_cast<unsigned char>(*at) <= ' ') {  // a blank line, or blanks before the first field
        const char* end =
            static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(text_end_ - at)));
        if (is_blank_line({at, static_cast<std::size_t>(end - at)})) {
          at = end + 1;
          continue;
        }
      }
      at = parse_line(at, row, rows);
      ++row;
    }
  } catch (const FieldFault& fault) {
    // `at` is still the start of the line.
    throw LineFault{line, static_cast<std::uint64_t>(fault.at - at) + 1, fault.message};
  }
  rows.user.value.resize(row);
  rows.item.value.resize(row);
  rows.rating.resize(row);
  if (!rows.status.empty()) rows.status.resize(row);
  if (!rows.time.empty()) rows.time.resize(row);
}

// From the end of a field to the start of the next; nullptr at the end of the line.
inline const char* LineParser::following(const char* at) const {
  if (one_byte_) return *at == first_ ? at + 1 : nullptr;
  return cutter_.following(at, line_end(at));
}

// Lines as nearly all are: digits and separators alone, not many, ids in their usual form and a rating like 7, 10
// or 7.5. Where the fields of a line end is looked for once, for all of them. Stops before a line that is not like
// that, of which nothing is said here; `row` is counted up.
template <LineParser::Column behind_rating>
const char* LineParser::parse_plain_lines(const char* at, std::size_t& row, RowBlock& rows) const {
  constexpr bool has_more = behind_rating != Column::skipped;
  constexpr std::uint64_t enough = std::uint64_t{0x3F}
                                   << (window - 6);  // ends, so that none is looked for in vain
  const char separator = first_;
  std::int64_t* const users = rows.user.value.data();
  std::int64_t* const items = rows.item.value.data();
  float* const ratings = rows.rating.data();
  std::size_t r = row;
  for (; text_end_ - at >= window + longest_plain_number; ++r) {
    std::uint64_t ends = find_no_digits(at) | enough;
    const auto next_end = [&] {
      const char* end = at + __builtin_ctzll(ends);
      ends &= ends - 1;
      return end;
    };
    const char *user_end = next_end(), *item = user_end + 1, *item_end = next_end(), *rating = item_end + 1,
               *end = next_end();
    if (*user_end != separator || *item_end != separator) break;
    if (!is_plain_id(at, user_end - at) || !is_plain_id(item, item_end - item)) break;
    users[r] = static_cast<std::int64_t>(number_of(at, user_end - at));
    items[r] = static_cast<std::int64_t>(number_of(item, item_end - item));

    const unsigned first = digit_at(rating), second = digit_at(rating + 1);
    const std::ptrdiff_t digits = end - rating;
    if (digits != 1 && digits != 2) break;
    if (*end == '.') {
      end = next_end();
      if (digits != 1 || end - rating != 3) break;
      ratings[r] =
          static_cast<float>(first * 10 + digit_at(rating + 2)) / 10.0f;  // rounded once: the nearest float
    } else {
      ratings[r] = static_cast<float>(static_cast<int>(digits == 1 ? first : first * 10 + second));
    }
    if constexpr (has_more) {
      if (*end != separator) break;
      const char* field = end + 1;
      end = next_end();
      if constexpr (behind_rating == Column::status) {
        if (end - field != 1) break;
        rows.status[r] = static_cast<std::int32_t>(digit_at(field));
      } else {
        if (end == field || end - field > longest_plain_number) break;
        rows.time[r] = static_cast<std::int64_t>(long_number_of(field, end - field));
      }
    }
    while (*end == separator && ends != 0) end = next_end();
    if (*end == '\r') ++end;
    if (*end != '\n') break;
    at = end + 1;
  }
  row = r;
  return at;
}

// Returns the start of the next line.
inline const char* LineParser::parse_line(const char* at, std::size_t row, RowBlock& rows) {
  at = cutter_.first(at, text_end_);
  const std::size_t wanted = columns_.size();
  for (std::size_t column = 0;;) {
    switch (columns_[column]) {
      case Column::skipped: at = skip_field(at); break;
      case Column::user: at = parse_id(at, row, rows.user, "user"); break;
      case Column::item: at = parse_id(at, row, rows.item, "item"); break;
      case Column::rating: at = parse_rating(at, rows.rating[row]); break;
      case Column::status: at = parse_integer(at, rows.status[row], "status", std::optional(no_status)); break;
      case Column::time: at = parse_integer(at, rows.time[row], "time"); break;
    }
    if (++column == wanted) return skip_rest(at);
    const char* next = following(at);
    if (next == nullptr)
      throw FieldFault{line_end(at), "the line ends after " + std::to_string(column) + " column(s), " +
                                         std::to_string(wanted) +
                                         " are needed; complete or remove the line, or check --separator"};
    at = next;
  }
}

inline const char* LineParser::parse_id(const char* at, std::size_t row, IdColumn& ids, const char* name) {
  std::uint64_t value = 0;
  const char* stop = at;
  for (unsigned digit = digit_at(stop); digit < 10; digit = digit_at(++stop)) value = value * 10 + digit;
  const std::ptrdiff_t digits = stop - at;
  const bool canonical = digits == 1 || (digits > 1 && digits <= 18 && *at != '0');
  if (!canonical || !ends_field(stop)) return slow_id(at, row, ids, name);
  ids.value[row] = static_cast<std::int64_t>(value);
  return stop;
}

const char* LineParser::slow_id(const char* at, std::size_t row, IdColumn& ids, const char* name) {
  const FieldCutter::Field field = take(at);
  refuse_return(field);
  if (field.text.empty())
    throw FieldFault{field.begin, std::string(name) + " id is empty; fill it in or remove the line"};
  if (field.text.size() > longest_id)
    throw FieldFault{field.begin, std::string(name) + " id " + shown(field.text) + " is longer than " +
                                      std::to_string(longest_id) + " bytes; shorten it or check --separator"};
  const std::string_view digits = without_plus(field.text);
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_integer = error == std::errc() && stop == digits.data() + digits.size();
  ids.value[row] = is_integer ? value : 0;
  if (!is_integer || !is_canonical(field.text, value))
    ids.text.push_back({static_cast<std::uint32_t>(row), std::string(field.text), is_integer});
  return field.next;
}

inline const char* LineParser::parse_rating(const char* at, float& rating) {
  const unsigned first = digit_at(at);
  if (first < 10) {
    if (ends_field(at + 1)) {
      rating = static_cast<float>(first);
      return at + 1;
    }
    const unsigned second = digit_at(at + 1);
    if (second < 10 && ends_field(at + 2)) {
      rating = static_cast<float>(first * 10 + second);
      return at + 2;
    }
    if (at[1] == '.' && digit_at(at + 2) < 10 && ends_field(at + 3)) {
      rating = static_cast<float>(first * 10 + digit_at(at + 2)) / 10.0f;  // rounded once: the nearest float
      return at + 3;
    }
  }
  return slow_rating(at, rating);
}

const char* LineParser::slow_rating(const char* at, float& rating) {
  const FieldCutter::Field field = take(at);
  refuse_return(field);
  if (field.text.empty())
    throw FieldFault{field.begin, "rating is empty; fill it in (0 or -1 where there is none) or remove the line"};
  const std::optional<float> value = to_float(field.text);
  if (!value)
    throw FieldFault{field.begin,
                     "rating " + shown(field.text) + " is no finite number" + advice(field.text, "rating")};
  rating = *value;
  return field.next;
}

template <class Integer>
inline const char* LineParser::parse_integer(const char* at, Integer& value, const char* name,
                                             std::optional<Integer> other) {
  constexpr std::ptrdiff_t safe_digits = sizeof(Integer) == 4 ? 9 : 18;
  std::uint64_t digits = 0;
  const char* stop = at;
  for (unsigned digit = digit_at(stop); digit < 10; digit = digit_at(++stop)) digits = digits * 10 + digit;
  if (stop == at || stop - at > safe_digits || !ends_field(stop)) return slow_integer(at, value, name, other);
  value = static_cast<Integer>(digits);
  return stop;
}

template <class Integer>
const char* LineParser::slow_integer(const char* at, Integer& value, const char* name,
                                     std::optional<Integer> other) {
  const FieldCutter::Field field = take(at);
  refuse_return(field);
  if (field.text.empty())
    throw FieldFault{field.begin,
                     std::string(name) + " is empty; fill it in, or leave the column out with --columns"};
  std::optional<Integer> parsed = to_integer<Integer>(field.text);
  if (!parsed && to_float(field.text)) parsed = other;
  if (!parsed)
    throw FieldFault{field.begin, std::string(name) + " " + shown(field.text) + " is no whole number of " +
                                      std::to_string(8 * sizeof(Integer)) + " bits" + advice(field.text, name)};
  value = *parsed;
  return field.next;
}

inline const char* LineParser::skip_field(const char* at) {
  if (*at == '"' || *at == ' ') return take(at).next;
  while (*at != '\n' && !separates(at)) {
    if (*at == '\r' && at[1] != '\n') throw FieldFault{at, lone_return_message};
    ++at;
  }
  return at;
}

// Columns behind the last one that is wanted; cut like the others, since a quote left open there means that
// the line is not whole.
inline const char* LineParser::skip_rest(const char* at) {
  while (*at != '\n') {
    if (separates(at)) {
      const char* next = following(at);
      at = next == nullptr ? line_end(at) : skip_field(next);
    } else {
      if (*at == '\r' && at[1] != '\n') throw FieldFault{at, lone_return_message};
      ++at;
    }
  }
  return at + 1;
}

FieldCutter::Field LineParser::take(const char* at) { return cutter_.take(at, line_end(at), scratch_); }

// Without its carriage return.
const char* LineParser::line_end(const char* at) const {
  if (line_feed_ == nullptr || line_feed_ < at)
    line_feed_ = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(text_end_ - at)));
  return line_feed_ != at && line_feed_[-1] == '\r' ? line_feed_ - 1 : line_feed_;
}

}  // namespace anirec
