// What is shown to a person: how many columns a text takes, and how many there are.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace anirec {

// Columns of UTF-8 on a terminal: two for wide characters (Chinese, Japanese, Korean, emoji), none for those that
// combine with the one before, one for the others.
std::size_t display_width(std::string_view text);

// `text`, or as much of it as fits `columns` with an ellipsis behind it.
std::string shortened(std::string_view text, std::size_t columns);

// Columns of the terminal behind `out`, asked anew each time, for windows change; `otherwise` where it is none.
std::size_t terminal_columns(std::FILE* out, std::size_t otherwise);

}  // namespace anirec
