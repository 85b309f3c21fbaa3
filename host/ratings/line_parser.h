// Lines of text → columns of one block. The one hot loop of reading.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ratings/fields.h"
#include "ratings/format.h"
#include "ratings/row_parser.h"

namespace anirec {

class LineParser {
 public:
  explicit LineParser(const RatingsFormat& format);

  // `text` is `lines` whole lines, each ended by a line feed. Throws LineFault at the first bad field.
  void parse(std::string_view text, std::size_t lines, RowBlock& rows);

 private:
  enum class Column : unsigned char { skipped, user, item, rating, status, time };
  // user, item, rating, and perhaps one column more that is wanted: what parse_plain_lines() knows.
  enum class Plain : unsigned char { no, three_columns, status_fourth, time_fourth };

  template <Column behind_rating>
  const char* parse_plain_lines(const char* at, std::size_t& row, RowBlock& rows) const;
  const char* parse_line(const char* at, std::size_t row, RowBlock& rows);
  const char* parse_id(const char* at, std::size_t row, IdColumn& ids, const char* name);
  const char* parse_rating(const char* at, float& rating);
  // `other`: what a number counts as that is no such integer; none: it is an error.
  template <class Integer>
  const char* parse_integer(const char* at, Integer& value, const char* name, std::optional<Integer> other = {});
  const char* skip_field(const char* at);
  const char* skip_rest(const char* at);

  const char* slow_id(const char* at, std::size_t row, IdColumn& ids, const char* name);
  const char* slow_rating(const char* at, float& rating);
  template <class Integer>
  const char* slow_integer(const char* at, Integer& value, const char* name, std::optional<Integer> other);
  FieldCutter::Field take(const char* at);
  const char* line_end(const char* at) const;
  const char* following(const char* at) const;

  bool separates(const char* at) const {
    return (*at == first_ || *at == second_) && (simple_ || cutter_.separates(at, text_end_));
  }
  bool ends_field(const char* at) const { return separates(at) || *at == '\n' || (*at == '\r' && at[1] == '\n'); }

  std::vector<Column> columns_;  // up to the last one that is wanted
  Plain plain_ = Plain::no;
  FieldCutter cutter_;
  char first_, second_;  // first byte of a separator, in one of two forms
  bool simple_;          // that byte is the whole separator
  bool one_byte_;        // and it is never a run
  std::string scratch_;
  const char* text_end_ = nullptr;
  mutable const char* line_feed_ = nullptr;  // the next one: searched for once a line, not once a field
};

}  // namespace anirec
