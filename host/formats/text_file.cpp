#include "formats/text_file.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "error.h"

namespace anirec {

std::string read_text_file(const std::string& path, const std::string& advice) {
  int descriptor;
  do descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) throw DataError(system_error_text(path, errno) + "; " + advice);
  std::string text;
  char piece[65536];
  for (;;) {
    const ssize_t got = read(descriptor, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    const int fault = errno;
    if (got <= 0) close(descriptor);
    if (got < 0)
      throw DataError("cannot read " + system_error_text(path, fault) + "; try again, or look at the disk");
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
  }
}

}  // namespace anirec
