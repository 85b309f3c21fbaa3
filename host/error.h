// Errors a person can act on. Libraries throw; only main.cpp catches, prints one line and exits.
#pragma once

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace anirec {

// The exit codes of the contract.
enum class ExitCode : int { ok = 0, other = 1, usage = 2, data = 3, device = 4, interrupted = 130 };

// Base of everything anirec throws. `message` says what is wrong, where, and what to do, in one line.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message, std::source_location where)
      : std::runtime_error(message), code_(code), where_(where) {}
  ExitCode code() const { return code_; }
  const std::source_location& where() const { return where_; }  // printed only under ANIREC_DEBUG=1

 private:
  ExitCode code_;
  std::source_location where_;
};

// Wrong flags, or flags that do not go together.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message, std::source_location where = std::source_location::current())
      : Error(ExitCode::usage, message, where) {}
};

// Bad input data or files, unknown ids, outputs that cannot be written.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message, std::source_location where = std::source_location::current())
      : Error(ExitCode::data, message, where) {}
  // A fault at one place of a text file; `line` and `column` count from 1, `column` counts bytes.
  static DataError at(const std::string& file, std::uint64_t line, std::uint64_t column,
                      const std::string& message, std::source_location where = std::source_location::current());
};

class DeviceError : public Error {
 public:
  explicit DeviceError(const std::string& message, std::source_location where = std::source_location::current())
      : Error(ExitCode::device, message, where) {}
};

// Ctrl-C or SIGTERM seen while there was nothing to save.
class Interrupted : public Error {
 public:
  explicit Interrupted(std::source_location where = std::source_location::current())
      : Error(ExitCode::interrupted, "interrupted; nothing was written", where) {}
};

// `text` made safe to show on a terminal and in one line: control characters and invalid UTF-8 become \xNN,
// and what is longer than `limit` bytes ends in "...". Everything read from a file goes through here before
// it is printed.
std::string printable(std::string_view text, std::size_t limit = 200);

// The last system error of a call on `path` as "path: No such file or directory".
std::string system_error_text(const std::string& path, int error_number);

}  // namespace anirec
