#include "ratings/title_text.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace anirec {
namespace {

struct Entity {
  std::string_view name;
  std::uint32_t code;
};

// The five of XML, and what sites put into titles.
constexpr Entity entities[] = {
    {"amp", '&'},      {"quot", '"'},      {"apos", '\''},     {"lt", '<'},       {"gt", '>'},
    {"nbsp", 0xa0},    {"hellip", 0x2026}, {"ndash", 0x2013},  {"mdash", 0x2014}, {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"ldquo", 0x201c},  {"rdquo", 0x201d},  {"times", 0xd7},   {"deg", 0xb0},
    {"frac12", 0xbd},  {"eacute", 0xe9},   {"hearts", 0x2665},
};
constexpr std::size_t longest_entity = 10;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

bool is_character(std::uint32_t code) { return code != 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff); }

// `name` is what stands between & and ;
std::optional<std::uint32_t> entity_code(std::string_view name) {
  if (!name.starts_with('#')) {
    for (const Entity& entity : entities)
      if (entity.name == name) return entity.code;
    return std::nullopt;
  }
  name.remove_prefix(1);
  const bool hex = name.starts_with('x') || name.starts_with('X');
  if (hex) name.remove_prefix(1);
  std::uint32_t code = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  if (error != std::errc() || stop != name.data() + name.size() || !is_character(code)) return std::nullopt;
  return code;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
    const unsigned char lead = byte(0);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(k) & 0xc0) != 0x80) return false;
      code = code << 6 | (byte(k) & 0x3fu);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || (code != 0 && !is_character(code))) return false;
    i += length;
  }
  return true;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (const char c : text) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::string decode_entities(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '&') {
      const std::size_t end = text.substr(i, longest_entity + 2).find(';');
      if (end != text.npos) {
        if (const auto code = entity_code(text.substr(i + 1, end - 1))) {
          append_utf8(out, *code);
          i += end + 1;
          continue;
        }
      }
    }
    out += text[i++];
  }
  return out;
}

}  // namespace anirec
