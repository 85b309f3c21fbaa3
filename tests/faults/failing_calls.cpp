// A library for LD_PRELOAD that makes one system call on files under a folder fail, or a disk full from then on.
//   ANIREC_FAULT_UNDER   the folder
//   ANIREC_FAULT_AT      which of the calls below, counted from 1; 0: none fails, they are only counted
//   ANIREC_FAULT_KIND    ENOSPC, EIO, EDQUOT, EINTR, ENOLCK; full: ENOSPC from there on; short: half a transfer
//   ANIREC_FAULT_REPORT  a file outside of the folder, for the call that failed, or how many there were
//
// Counted are opens to write, reads, writes, fsync, rename, close of what was written, ftruncate, fallocate, mkdir
// and flock.
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

enum class Call { open, read, write, fsync, rename, close, resize, mkdir, flock };
constexpr const char* call_names[] = {"open",  "read",   "write", "fsync", "rename",
                                      "close", "resize", "mkdir", "flock"};

struct Settings {
  std::string under, kind, report;
  long at = 0;
  Settings() {
    const auto text = [](const char* name) {
      return std::string(std::getenv(name) == nullptr ? "" : std::getenv(name));
    };
    under = text("ANIREC_FAULT_UNDER");
    kind = text("ANIREC_FAULT_KIND");
    report = text("ANIREC_FAULT_REPORT");
    at = std::atol(text("ANIREC_FAULT_AT").c_str());
  }
};

const Settings& settings() {
  static const Settings& read = *new Settings;  // it is asked until the process ends
  return read;
}

std::atomic<long> counted{0};

bool lies_under(std::string_view path) { return !settings().under.empty() && path.starts_with(settings().under); }

std::string path_of(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size < 0 ? std::string() : std::string(path, static_cast<std::size_t>(size));
}

std::string absolute(const char* path) {
  if (path[0] == '/') return path;
  char folder[4096];
  return getcwd(folder, sizeof folder) == nullptr ? std::string() : std::string(folder) + "/" + path;
}

void report(const std::string& line) {
  const long file = syscall(SYS_openat, AT_FDCWD, settings().report.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) return;
  syscall(SYS_write, file, line.data(), line.size());
  syscall(SYS_close, file);
}

// Which kinds a call can meet: only transfers are short, a rename is not interrupted, reading takes no space.
bool can_meet(Call call, const std::string& kind) {
  if (kind == "short") return call == Call::write || call == Call::read;
  if (kind == "ENOLCK") return call == Call::flock;
  if (kind == "EINTR") return call != Call::rename && call != Call::mkdir;
  return call != Call::read || kind == "EIO";
}

// Whether this call fails: the errno it fails with, or -1 for a short write, or 0.
int fault_of(Call call, const std::string& path) {
  if (!lies_under(path)) return 0;
  const long number = ++counted;
  const std::string& kind = settings().kind;
  const std::string line = std::string(call_names[static_cast<int>(call)]) + " " + path;
  if (kind == "full") {
    const bool takes_space =
        call == Call::open || call == Call::write || call == Call::resize || call == Call::mkdir;
    if (number < settings().at || !takes_space) return 0;
    report(line);
    return ENOSPC;
  }
  if (number != settings().at || !can_meet(call, kind)) return 0;
  report(line);
  if (kind == "short") return -1;
  return kind == "EIO"      ? EIO
         : kind == "EDQUOT" ? EDQUOT
         : kind == "EINTR"  ? EINTR
         : kind == "ENOLCK" ? ENOLCK
                            : ENOSPC;
}

template <class Function>
Function next(const char* name, Function) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

int failing(int error) {
  errno = error;
  return -1;
}

[[gnu::destructor]] void report_count() {
  if (settings().at == 0) report(std::to_string(counted));
}

bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  if (writes(flags))
    if (const int fault = fault_of(Call::open, absolute(path)); fault > 0) return failing(fault);
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int open64(const char* path, int flags, ...) __attribute__((alias("open")));

ssize_t read(int descriptor, void* data, size_t size) {
  const int fault = fault_of(Call::read, path_of(descriptor));
  if (fault > 0) return failing(fault);
  return next("read", read)(descriptor, data, fault < 0 ? (size + 1) / 2 : size);
}

ssize_t pread(int descriptor, void* data, size_t size, off_t at) {
  const int fault = fault_of(Call::read, path_of(descriptor));
  if (fault > 0) return failing(fault);
  return next("pread", pread)(descriptor, data, fault < 0 ? (size + 1) / 2 : size, at);
}

ssize_t write(int descriptor, const void* data, size_t size) {
  const int fault = fault_of(Call::write, path_of(descriptor));
  if (fault > 0) return failing(fault);
  return next("write", write)(descriptor, data, fault < 0 ? (size + 1) / 2 : size);
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t at) {
  const int fault = fault_of(Call::write, path_of(descriptor));
  if (fault > 0) return failing(fault);
  return next("pwrite", pwrite)(descriptor, data, fault < 0 ? (size + 1) / 2 : size, at);
}

int fsync(int descriptor) {
  if (const int fault = fault_of(Call::fsync, path_of(descriptor)); fault > 0) return failing(fault);
  return next("fsync", fsync)(descriptor);
}

int rename(const char* from, const char* to) {
  if (const int fault = fault_of(Call::rename, absolute(to)); fault > 0) return failing(fault);
  return next("rename", rename)(from, to);
}

int close(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  const int fault = flags >= 0 && writes(flags) ? fault_of(Call::close, path_of(descriptor)) : 0;
  const int result = next("close", close)(descriptor);
  return fault > 0 ? failing(fault) : result;
}

int ftruncate(int descriptor, off_t size) {
  if (const int fault = fault_of(Call::resize, path_of(descriptor)); fault > 0) return failing(fault);
  return next("ftruncate", ftruncate)(descriptor, size);
}

int fallocate(int descriptor, int mode, off_t at, off_t size) {
  if (const int fault = fault_of(Call::resize, path_of(descriptor)); fault > 0) return failing(fault);
  return next("fallocate", fallocate)(descriptor, mode, at, size);
}

int mkdir(const char* path, mode_t mode) {
  if (const int fault = fault_of(Call::mkdir, absolute(path)); fault > 0) return failing(fault);
  return next("mkdir", mkdir)(path, mode);
}

int flock(int descriptor, int operation) {
  if (const int fault = fault_of(Call::flock, path_of(descriptor)); fault > 0) return failing(fault);
  return static_cast<int>(syscall(SYS_flock, descriptor, operation));
}
}
