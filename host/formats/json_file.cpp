#include "formats/json_file.h"

#include <sys/stat.h>

namespace anirec {
namespace {

constexpr int largest_megabytes = 16;  // parsed, it takes some thirty times as much

off_t size_of_file(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return 0;
  if (!S_ISREG(status.st_mode))
    throw DataError(printable(path) + ": is no file; remove it, or put the right one there");
  return status.st_size;
}

}  // namespace

void require_file(const std::string& path) { size_of_file(path); }

void require_small_file(const std::string& path) {
  if (size_of_file(path) > largest_megabytes * (1 << 20))
    throw DataError(printable(path) + ": is larger than " + std::to_string(largest_megabytes) +
                    " MB, which none that anirec writes is; put the right one there");
}

}  // namespace anirec
