#include "error.h"

#include <cstdio>
#include <system_error>

namespace anirec {
namespace {

// Length of the valid UTF-8 sequence at the start of `text` whose code point may be shown, or 0.
std::size_t shown_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if (lead == 0xc2 && byte(1) < 0xa0) return 0;                                      // C1 control characters
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;                                      // overlong
  if (lead == 0xed && byte(1) >= 0xa0) return 0;                                     // surrogates
  if (lead == 0xf0 && byte(1) < 0x90) return 0;                                      // overlong
  if (lead == 0xf4 && byte(1) >= 0x90) return 0;                                     // beyond U+10FFFF
  if (lead == 0xe2 && byte(1) == 0x80 &&                                             // line separators and
      (byte(2) == 0xa8 || byte(2) == 0xa9 || (byte(2) >= 0xaa && byte(2) <= 0xae)))  // direction overrides
    return 0;
  if (lead == 0xe2 && byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) return 0;  // direction isolates
  return length;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = shown_sequence(text);
    std::string piece(text.substr(0, length));
    if (length == 0) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(text[0]));
      piece = escaped;
    }
    if (out.size() + piece.size() > limit) return out + "...";
    out += piece;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string system_error_text(const std::string& path, int error_number) {
  return printable(path) + ": " + std::generic_category().message(error_number);
}

DataError DataError::at(const std::string& file, std::uint64_t line, std::uint64_t column,
                        const std::string& message, std::source_location where) {
  return DataError(printable(file) + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message,
                   where);
}

}  // namespace anirec
