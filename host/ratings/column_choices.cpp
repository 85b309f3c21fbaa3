#include "ratings/column_choices.h"

#include <algorithm>
#include <vector>

#include "error.h"
#include "ratings/fields.h"

namespace anirec {
namespace {

[[noreturn]] void refuse_columns(const std::string& why) {
  throw UsageError("--columns: " + why +
                   "; write it as user=...,item=...,rating=...[,status=...][,time=...] with header " +
                   "names or positions from 1");
}

ColumnChoice column_choice(const std::string& text, const std::string& entry) {
  ColumnChoice choice;
  if (text.find_first_not_of("0123456789") != text.npos) {
    choice.name = text;
    return choice;
  }
  const auto position = to_integer<int>(text);
  if (!position || *position > most_columns) refuse_columns("position " + quoted(text) + " is too large");
  if (*position == 0) refuse_columns(quoted(entry) + ": positions count from 1");
  choice.position = *position - 1;
  return choice;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string all(1, '\'');
  all += printable(text);
  all += '\'';
  return all;
}

[[noreturn]] void refuse_same(std::size_t first, std::size_t second) {
  refuse_columns(quoted(key_names[first]) + " and " + quoted(key_names[second]) + " name the same column");
}

ColumnChoices column_choices(const std::string& option, Wanted wanted) {
  ColumnChoices choices;
  std::vector<std::string> entries;
  try {
    entries = split_fields(option, ",");
  } catch (const FieldFault& fault) {
    refuse_columns(fault.message);
  }
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == entry.npos || equals + 1 == entry.size()) refuse_columns(quoted(entry) + " is no key=column");
    const std::string key = entry.substr(0, equals);
    const auto found = std::find(key_names.begin(), key_names.end(), key);
    if (found == key_names.end()) refuse_columns("unknown key " + quoted(key));
    ColumnChoice& choice = choices[static_cast<std::size_t>(found - key_names.begin())];
    if (choice.given()) refuse_columns(quoted(key) + " is given twice");
    choice = column_choice(entry.substr(equals + 1), entry);
  }
  const Keys keys = keys_of(wanted);
  for (std::size_t key = keys.first; key < keys.last; ++key)
    if (!choices[key].given()) refuse_columns(quoted(key_names[key]) + " is missing");
  for (std::size_t a = 0; a < key_count; ++a)
    for (std::size_t b = 0; b < a; ++b)
      if (choices[a].given() && choices[a].position == choices[b].position &&
          plain_name(choices[a].name) == plain_name(choices[b].name))
        refuse_same(b, a);
  if (!keys.more) choices[rating] = choices[status] = choices[time_key] = {};
  return choices;
}

}  // namespace anirec
