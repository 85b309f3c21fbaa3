#include "device/symbols.h"

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "device/failure.h"

namespace anirec::emulation {
namespace {

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Function (the linker's name) and line.
std::pair<std::string, std::string> look_up(const void* code) {
  Dl_info object{};
  if (dladdr(code, &object) == 0) return {"?", "?"};
  char command[4200];
  std::snprintf(command, sizeof command, "addr2line -f -e '%s' 0x%zx 2>/dev/null", object.dli_fname,
                reinterpret_cast<std::size_t>(code) - reinterpret_cast<std::size_t>(object.dli_fbase));
  std::array<std::string, 2> line = {"?", "?"};
  if (FILE* const answer = popen(command, "r")) {
    char text[4096];
    for (std::string& to : line)
      if (std::fgets(text, sizeof text, answer) != nullptr)
        to = std::string(text).substr(0, std::string(text).find('\n'));
    pclose(answer);
  }
  return {line[0], line[1]};
}

}  // namespace

std::string function_at(const void* code) { return device::readable_name(look_up(code).first.c_str()); }

std::string line_at(const void* code) {
  const std::string line = file_name(look_up(code).second);
  return line.substr(0, line.find(' '));  // without "(discriminator 2)"
}

std::string text(const std::source_location& place) {
  return file_name(place.file_name()) + ":" + std::to_string(place.line());
}

void fail(const std::string& message) {
  std::fflush(stdout);
  std::fprintf(stderr, "emulation: %s\n", message.c_str());
  std::abort();
}

}  // namespace anirec::emulation
