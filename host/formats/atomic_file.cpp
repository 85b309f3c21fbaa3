#include "formats/atomic_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "formats/system_call.h"

namespace anirec {
namespace {

constexpr std::size_t buffer_size = 1 << 20;
constexpr std::size_t largest_write = 8 << 20;  // at a time: the disk is given the one while the next is copied
constexpr const char *temporary_begin = ".anirec.", *temporary_end = ".tmp";

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

const char* advice(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: return "free some space, or write to another disk";
    case EACCES:
    case EPERM:
    case EROFS: return "choose a folder that you may write to";
    case ENOENT:
    case ENOTDIR: return "make the folder first, or correct the name";
    case EISDIR: return "give the name of a file, not of a folder";
    case EPIPE: return "the program that reads the output has ended";
    default: return "choose another place to write to";
  }
}

// Standard output by any of its names must not be replaced by a new file: the shell holds it open.
int standard_descriptor(const std::string& path) {
  if (path == "/dev/stdout" || path == "/dev/fd/1" || path == "/proc/self/fd/1") return STDOUT_FILENO;
  if (path == "/dev/stderr" || path == "/dev/fd/2" || path == "/proc/self/fd/2") return STDERR_FILENO;
  return -1;
}

int open_retrying(const char* path, int flags, mode_t mode = 0) {
  return retrying([&] { return open(path, flags | O_CLOEXEC, mode); });
}

// Has the disk begin with what was written last, if that is much: less is then left to wait for at the end. Only a
// request: faults are fsync's to tell.
void start_writing_out([[maybe_unused]] int descriptor, [[maybe_unused]] std::size_t size) {
#ifdef SYNC_FILE_RANGE_WRITE
  if (size < largest_write) return;
  const off_t end = lseek(descriptor, 0, SEEK_CUR);  // −1 for a pipe
  if (end >= 0)
    sync_file_range(descriptor, end - static_cast<off_t>(size), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE);
#endif
}

int sync_retrying(int descriptor) {
  return retrying([&] { return fsync(descriptor); });
}

// The lock of a temporary file says that somebody still writes it; it goes with its process, however that ends.
bool lock_without_waiting(int descriptor) {
  return retrying([&] { return flock(descriptor, LOCK_EX | LOCK_NB); }) == 0;
}

// Whether the file still has its name: somebody may have taken it for a left-over before it was locked.
bool has_name(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

// A new file, locked as far as the file system can. No file where -1.
int create_temporary(const std::string& folder, std::string& name) {
  static std::atomic<unsigned> counter{0};
  for (;;) {
    name = folder + "/" + temporary_begin + std::to_string(getpid()) + "." + std::to_string(counter++) +
           temporary_end;
    const int descriptor = open_retrying(name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (descriptor < 0 && errno == EEXIST) continue;  // left over from a killed process of the same number
    if (descriptor < 0) return -1;
    lock_without_waiting(descriptor);
    if (has_name(descriptor)) return descriptor;
    close(descriptor);
  }
}

}  // namespace

void remove_left_over_files(const std::string& folder) {
  std::error_code fault;
  for (std::filesystem::directory_iterator entry(folder, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(temporary_begin) || !name.ends_with(temporary_end)) continue;
    const int descriptor = open_retrying(entry->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) continue;
    if (lock_without_waiting(descriptor)) unlink(entry->path().c_str());
    close(descriptor);
  }
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) throw DataError("the name of the file to write is empty; give one");
  buffer_.reserve(buffer_size);
  if (const int standard = standard_descriptor(path_); standard >= 0) {
    std::fflush(stdout);  // what was printed before comes before
    descriptor_ = fcntl(standard, F_DUPFD_CLOEXEC, 3);
    if (descriptor_ < 0) fail("open");
    return;
  }
  struct stat status;
  if (stat(path_.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) {
      errno = EISDIR;
      fail("write");
    }
    if (!S_ISREG(status.st_mode)) {  // a pipe or a device: nothing there can be renamed over
      descriptor_ = open_retrying(path_.c_str(), O_WRONLY);
      if (descriptor_ < 0) fail("open");
      return;
    }
    // A link stays a link: what it points to is replaced.
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path_.c_str(), nullptr), &std::free);
    if (real) path_ = real.get();
  }
  remove_left_over_files(folder_of(path_));
  descriptor_ = create_temporary(folder_of(path_), temporary_);
  if (descriptor_ < 0) fail("write");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what) {
  const int error = errno;
  if (descriptor_ >= 0) close(descriptor_);
  if (descriptor_ >= 0 && !temporary_.empty()) unlink(temporary_.c_str());
  descriptor_ = -1;
  throw DataError(std::string("cannot ") + what + " " + system_error_text(path_, error) + "; " + advice(error));
}

void AtomicFile::write(const void* data, std::size_t size) {
  if (buffer_.size() + size > buffer_size) flush();
  if (size > buffer_size)
    write_through(static_cast<const char*>(data), size);
  else
    buffer_.append(static_cast<const char*>(data), size);
}

void AtomicFile::flush() {
  write_through(buffer_.data(), buffer_.size());
  buffer_.clear();
}

void AtomicFile::write_through(const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = retrying([&] { return ::write(descriptor_, data, std::min(size, largest_write)); });
    if (written < 0) fail("write");
    start_writing_out(descriptor_, static_cast<std::size_t>(written));
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  flush();
  const bool direct = temporary_.empty();
  if (!direct && sync_retrying(descriptor_) != 0) fail("write");
  const int finished = descriptor_;
  if (!direct && rename(temporary_.c_str(), path_.c_str()) != 0) fail("replace");
  descriptor_ = -1;
  if (close(finished) != 0 && errno != EINTR) fail("write");
  if (direct) return;
  // The name, too, must be on the disk. Some file systems cannot sync a folder (EINVAL): nothing to be done.
  const int folder = open_retrying(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY);
  if (folder < 0) return;
  const int synced = sync_retrying(folder);
  const int error = errno;
  close(folder);
  errno = error;
  if (synced != 0 && error != EINVAL && error != ENOTSUP) fail("write");
}

void write_file_atomically(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

}  // namespace anirec
