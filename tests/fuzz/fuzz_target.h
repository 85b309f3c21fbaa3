// What the fuzz targets share. A target reads one hostile file: it may refuse it with an Error, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "error.h"
#include "fixtures/temporary_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace anirec {

// Whether the last input was read to its end: replay_main.cpp holds seeds to what their names say.
inline bool input_was_accepted = false;

// Ends the process as a finding where something does not hold; also without assertions.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Runs one reading. Every Error is a refusal; it must be one printable line that says something.
template <class Read>
bool accepts(const Read& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    const std::string_view message = error.what();
    require(message.size() > 10 && message.size() < 2000, "a message has a reasonable length");
    require(printable(message, message.size()) == message, "a message is one printable line");
    require(error.code() == ExitCode::data || error.code() == ExitCode::usage, "a bad file is exit code 2 or 3");
    return false;
  }
}

// The rest of `text` behind its first line, and that line.
inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

}  // namespace anirec
