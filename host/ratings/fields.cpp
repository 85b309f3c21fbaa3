#include "ratings/fields.h"

#include <cctype>

namespace anirec {

FieldCutter::FieldCutter(std::string_view separator, Quotes quotes)
    : separator_(separator),
      blanks_(separator == " "),
      tab_(separator == "\t"),
      quotes_(quotes),
      strict_(!blanks_ && !tab_ && separator != "::") {}

const char* FieldCutter::skip_blanks(const char* at, const char* end) const {
  while (at != end && is_blank(*at)) ++at;
  return at;
}

bool FieldCutter::separates(const char* at, const char* end) const {
  if (at == end) return false;
  if (blanks_) return is_blank(*at);
  if (*at != separator_.front()) return false;  // by far the most frequent answer
  return std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(separator_);
}

const char* FieldCutter::following(const char* at, const char* end) const {
  if (!separates(at, end)) return nullptr;
  if (!blanks_) return at + separator_.size();
  at = skip_blanks(at, end);
  return at == end || *at == '\n' || (*at == '\r' && at + 1 == end) ? nullptr : at;
}

FieldCutter::Field FieldCutter::take(const char* at, const char* end, std::string& scratch) const {
  const char* begin = skip_blanks(at, end);
  // Blanks that separate (";" or " " given as characters) are not blanks around a field.
  if (separates(begin, end)) return {{}, begin, begin};
  if (quotes_ == Quotes::honoured && begin != end && *begin == '"')
    if (const auto quoted = take_quoted(begin, end, scratch)) return *quoted;
  const char* stop = begin;
  while (stop != end && *stop != '\n' && !separates(stop, end)) ++stop;
  const char* last = stop;
  if (last != begin && last[-1] == '\r' && (stop == end || *stop == '\n')) --last;
  while (last != begin && is_blank(last[-1])) --last;
  return {{begin, static_cast<std::size_t>(last - begin)}, begin, stop};
}

std::optional<FieldCutter::Field> FieldCutter::take_quoted(const char* at, const char* end,
                                                           std::string& scratch) const {
  bool doubled = false;
  const char* stop = at + 1;
  for (;;) {
    while (stop != end && *stop != '"') ++stop;
    if (stop == end) {
      if (!strict_) return std::nullopt;
      throw FieldFault{at, "a quoted field starts here and is never closed; add the closing quote"};
    }
    if (stop + 1 == end || stop[1] != '"') break;
    doubled = true;
    stop += 2;
  }
  std::string_view text(at + 1, static_cast<std::size_t>(stop - at - 1));
  const char* next = skip_blanks(stop + 1, end);
  if (blanks_) next = stop + 1;
  if (next != end && *next == '\r' && (next + 1 == end || next[1] == '\n')) ++next;
  if (next != end && *next != '\n' && !separates(next, end)) {
    if (!strict_) return std::nullopt;
    throw FieldFault{next, "text follows a closing quote; a quote inside a quoted field is written twice"};
  }
  if (doubled) {
    scratch.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
      scratch += text[i];
      if (text[i] == '"') ++i;
    }
    text = scratch;
  }
  return Field{text, at, next};
}

std::vector<std::string> split_fields(std::string_view line, std::string_view separator) {
  const FieldCutter cutter(separator);
  const char* end = line.data() + line.size();
  std::vector<std::string> fields;
  std::string scratch;
  for (const char* at = cutter.first(line.data(), end); at != nullptr;) {
    if (fields.size() == most_columns)
      throw FieldFault{at, "more than " + std::to_string(most_columns) +
                               " columns; keep those that are needed (cut -d), or name another --separator"};
    const FieldCutter::Field field = cutter.take(at, end, scratch);
    fields.emplace_back(field.text);
    at = cutter.following(field.next, end);
  }
  return fields;
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (c != ' ' && c != '_' && c != '-' && c != '"' && c != '\'' && c != '\t' && c != '`')
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return plain;
}

}  // namespace anirec
