// Text and numbers as HTML.
#pragma once

#include <string>
#include <string_view>

namespace anirec {

// Any bytes as text between tags or in a quoted attribute: markup is escaped, control characters and what is no
// UTF-8 are shown as printable() shows them.
std::string html_text(std::string_view text, std::size_t limit = 200);

// <tag class="…">content</tag>; the content is HTML already.
std::string element(std::string_view tag, std::string_view content, std::string_view class_name = "");

}  // namespace anirec
