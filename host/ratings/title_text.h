// What titles go through before they are shown: character set and HTML entities.
#pragma once

#include <string>
#include <string_view>

namespace anirec {

bool is_utf8(std::string_view text);
std::string latin1_to_utf8(std::string_view text);
// "&amp;", "&#039;", "&#x27;" and the like become the characters they stand for; what is no entity stays.
std::string decode_entities(std::string_view text);

}  // namespace anirec
