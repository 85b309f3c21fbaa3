// What --columns says, before any file is looked at: which column is what, by name or by position.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "ratings/format.h"

namespace anirec {

enum Key : std::size_t { user, item, rating, status, time_key, key_count };
inline constexpr std::array<std::string_view, key_count> key_names = {"user", "item", "rating", "status", "time"};

// What a file must have, and may have.
struct Keys {
  std::size_t first, last;  // needed: those between
  bool more;                // status and time are looked for
};
constexpr Keys keys_of(Wanted wanted) {
  if (wanted == Wanted::pairs) return {user, rating, false};
  return {wanted == Wanted::own_ratings ? item : user, status, true};
}

// One entry of --columns: a position from 0, or a header name.
struct ColumnChoice {
  std::string name;
  int position = -1;
  bool given() const { return position >= 0 || !name.empty(); }
};
using ColumnChoices = std::array<ColumnChoice, key_count>;

// Throws UsageError where the option is malformed, or lacks a column that is wanted.
ColumnChoices column_choices(const std::string& option, Wanted wanted);
// Two keys for one column: UsageError.
[[noreturn]] void refuse_same(std::size_t first, std::size_t second);

// A text within a message: printable, between quotes.
std::string quoted(std::string_view text);

}  // namespace anirec
