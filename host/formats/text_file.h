// Texts that anirec wrote, read whole.
#pragma once

#include <string>

namespace anirec {

// Throws DataError where it is missing ("…; `advice`") or a read fails: half a file must not pass for a whole one.
std::string read_text_file(const std::string& path, const std::string& advice);

}  // namespace anirec
