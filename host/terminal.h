// What is shown to a person: how many columns a text takes and how many there are, and what is set off in colour.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace anirec {

constexpr std::size_t any_columns = 1000000;  // nothing has to fit

// Columns of UTF-8 on a terminal: two for wide characters (Chinese, Japanese, Korean, emoji), none for those that
// combine with the one before and for colours, one for the others.
std::size_t display_width(std::string_view text);

// `text`, or as much of it as fits `columns` with an ellipsis behind it.
std::string shortened(std::string_view text, std::size_t columns);

// Breaks `text` at blanks so that no line takes more than `columns`, where words allow it; further lines are
// indented. `start`: columns that the first line has already taken.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent, std::size_t start = 0);

// Columns of the terminal behind `out`, asked anew each time, for windows change; `otherwise` where it is none.
std::size_t terminal_columns(std::FILE* out, std::size_t otherwise = any_columns);

// Whether lines on `out` can be drawn anew: a terminal, and no dumb one.
bool is_live(std::FILE* out);

// The one place that decides on colour. Without --color it is for live terminals, unless NO_COLOR says no.
void choose_color(const std::string& when);  // auto, always or never; throws UsageError
bool has_color(std::FILE* out);

// Headings, the best of several figures, errors, and the part that is done.
enum class Ink { heading, best, error, done };
// `text`, in colour where that is wanted.
std::string inked(const std::string& text, Ink ink, bool color = has_color(stdout));

// Prints lines, wrapped where standard output is a terminal; whole elsewhere, where programs read them.
void print_wrapped(std::string_view lines);

}  // namespace anirec
