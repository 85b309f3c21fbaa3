// Files that people give by mistake: named, with the way out.
#pragma once

#include <string>
#include <string_view>

namespace anirec {

// `head` is the (decompressed) start of a file. Throws DataError where it is a format we know and cannot read,
// UTF-16, or plainly binary. A stray NUL byte is left to the readers, who know its line and column.
void refuse_what_is_not_text(std::string_view head, const std::string& name);

}  // namespace anirec
