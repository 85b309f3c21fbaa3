// A line of delimited text cut into fields, and the numbers in them: what format recognition, the row parser
// and the titles reader share.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anirec {

// A fault at one byte of the text being cut; the reader knows the line.
struct FieldFault {
  const char* at;
  std::string message;
};

enum class Quotes { honoured, plain };  // plain: a quote is a character like any other

class FieldCutter {
 public:
  // " " stands for any run of spaces and tabs, also before the first field and after the last.
  explicit FieldCutter(std::string_view separator, Quotes quotes = Quotes::honoured);

  struct Field {
    std::string_view text;  // without quotes, and without blanks around it
    const char* begin;      // its first byte in the line
    const char* next;       // the separator or line end behind it
  };
  // The field at `at`. It ends at a separator, a line feed or `end`; a quoted field may hold line feeds as far as
  // `end` goes. `scratch` keeps the text where quotes were doubled. Throws FieldFault on a quote without an end.
  Field take(const char* at, const char* end, std::string& scratch) const;

  // Where the first field of a line starts.
  const char* first(const char* at, const char* end) const { return blanks_ ? skip_blanks(at, end) : at; }
  // From the end of a field to the start of the next one; nullptr where the line has no more.
  const char* following(const char* at, const char* end) const;

  bool separates(const char* at, const char* end) const;

 private:
  std::optional<Field> take_quoted(const char* at, const char* end, std::string& scratch) const;
  const char* skip_blanks(const char* at, const char* end) const;
  bool is_blank(char c) const { return c == ' ' || (c == '\t' && !tab_); }

  std::string separator_;
  bool blanks_, tab_;
  Quotes quotes_;
  bool strict_;  // a stray quote is an error; in tab-separated text and the like it is part of a name
};

// A header or first line is kept in memory a field at a time: beyond this it is no table, or its separator is
// another.
inline constexpr int most_columns = 100'000;

// All fields of one line (no line end in it). Throws FieldFault, also beyond most_columns.
std::vector<std::string> split_fields(std::string_view line, std::string_view separator);

// What is left of a header name when spelling does not count: lower case, no blanks, quotes, _ and -.
std::string plain_name(std::string_view name);

// The line without a carriage return at its end.
inline std::string_view without_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// "\xef\xbb\xbf", which some programs put before UTF-8 text.
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

inline constexpr const char* nul_byte_message = "a NUL byte; the file is damaged or no text, get it again";

inline constexpr const char* lone_return_message =
    "a carriage return alone; if that is how lines end here (old Macs), write them anew: "
    "tr '\\r' '\\n' < FILE > NEW_FILE";

// What a line holds where it holds nothing.
inline bool is_blank_line(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

// std::from_chars knows no plus sign.
inline std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

// The whole of `text` as a finite float.
inline std::optional<float> to_float(std::string_view text) {
  text = without_plus(text);
  float value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// The whole of `text` as an integer; "12.0", which programs that know only floats write, is 12.
template <class Integer>
std::optional<Integer> to_integer(std::string_view text) {
  text = without_plus(text);
  const std::size_t point = text.find('.');
  if (point != text.npos && point + 1 < text.size() && text.find_first_not_of('0', point + 1) == text.npos)
    text = text.substr(0, point);
  Integer value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace anirec
