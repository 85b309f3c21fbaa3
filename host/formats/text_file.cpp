#include "formats/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "error.h"
#include "formats/system_call.h"

namespace anirec {

std::string read_text_file(const std::string& path, const std::string& advice) {
  const Descriptor file(retrying([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (file.number < 0) throw DataError(system_error_text(path, errno) + "; " + advice);
  std::string text;
  char piece[65536];
  for (;;) {
    const ssize_t got = retrying([&] { return read(file.number, piece, sizeof piece); });
    if (got < 0)
      throw DataError("cannot read " + system_error_text(path, errno) + "; try again, or look at the disk");
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
  }
}

}  // namespace anirec
