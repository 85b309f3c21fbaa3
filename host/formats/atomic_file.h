// Files that appear whole or not at all: a temporary name beside the target, flushed to the disk, renamed. What a
// killed process left of one is removed by the next that writes in the folder.
#pragma once

#include <string>
#include <string_view>

namespace anirec {

class AtomicFile {
 public:
  // Throws DataError where the folder is missing or not writable. Standard output, a pipe or a device is written
  // to directly; a symbolic link is followed.
  explicit AtomicFile(std::string path);
  ~AtomicFile();  // removes the temporary file where commit() was not reached
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t size);  // throws DataError: disk full, say
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();  // flush, fsync, rename over the target, fsync the folder

 private:
  void flush();
  void write_through(const char* data, std::size_t size);
  [[noreturn]] void fail(const char* what);
  std::string path_, temporary_;  // no temporary name: written directly
  int descriptor_ = -1;
  std::string buffer_;
};

// Removes what killed processes left: temporary files in `folder` that nobody holds. Faults are let pass.
void remove_left_over_files(const std::string& folder);

void write_file_atomically(const std::string& path, std::string_view content);

}  // namespace anirec
