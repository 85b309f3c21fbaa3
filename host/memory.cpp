#include "memory.h"

#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

#include "error.h"

namespace anirec {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

// The number behind `name` at the start of a line ("MemAvailable: 123 kB"); 0 where there is none.
std::uint64_t number_behind(const std::string& path, const std::string& name) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string first;
    std::uint64_t number = 0;
    if (words >> first >> number && first == name) return number;
  }
  return 0;
}

// The one number in a file of a control group; "max" and what is not there are no limit.
std::uint64_t number_in(const std::string& path) {
  std::ifstream in(path);
  std::uint64_t number = no_limit;
  return in >> number ? number : no_limit;
}

std::uint64_t left_of(std::uint64_t limit, std::uint64_t used) { return limit > used ? limit - used : 0; }

void take_least(MemoryRoom& room, std::uint64_t bytes, const std::string& limit) {
  if (bytes < room.bytes) room = {bytes, limit};
}

struct GroupFiles {
  const char *folder, *limit, *usage, *inactive_cache, *active_cache;
};
constexpr GroupFiles version_1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                                  "total_inactive_file", "total_active_file"};
constexpr GroupFiles version_2 = {"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file",
                                  "active_file"};

// A group and all above it. Cached files count as used, but give way.
void look_at_groups(MemoryRoom& room, const std::string& root, const GroupFiles& files, std::string group) {
  for (;; group.resize(group.rfind('/'))) {
    if (group == "/") group.clear();
    const std::string folder = root + files.folder + group + "/";
    const std::uint64_t limit = number_in(folder + files.limit), used = number_in(folder + files.usage);
    const std::string statistics = folder + "memory.stat";
    const std::uint64_t cached =
        number_behind(statistics, files.inactive_cache) + number_behind(statistics, files.active_cache);
    if (limit != no_limit && used != no_limit)
      take_least(room, left_of(limit, left_of(used, cached)),
                 "memory limit of the control group (" + std::string(files.limit) + ")");
    if (group.empty()) return;
  }
}

void look_at_groups(MemoryRoom& room, const std::string& root) {
  std::ifstream in(root + "/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {  // 0::/group, or 5:cpu,memory:/group
    const std::size_t controllers = line.find(':') + 1, group = line.find(':', controllers) + 1;
    if (controllers == 0 || group == 0 || group >= line.size() || line[group] != '/') continue;
    const std::string names = "," + line.substr(controllers, group - 1 - controllers) + ",";
    if (names == ",,") look_at_groups(room, root, version_2, line.substr(group));
    if (names.find(",memory,") != names.npos) look_at_groups(room, root, version_1, line.substr(group));
  }
}

void look_at_address_space(MemoryRoom& room, const std::string& root) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  std::uint64_t pages = 0;
  std::ifstream(root + "/proc/self/statm") >> pages;
  take_least(room, left_of(limit.rlim_cur, pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))),
             "ulimit -v");
}

}  // namespace

MemoryRoom memory_room(const std::string& root) {
  MemoryRoom room = {no_limit, ""};
  const std::string machine = root + "/proc/meminfo";
  if (const std::uint64_t free = number_behind(machine, "MemAvailable:"))
    take_least(room, (free + number_behind(machine, "SwapFree:")) * 1024, "free memory of this machine");
  look_at_groups(room, root);
  look_at_address_space(room, root);
  return room;
}

std::string memory_text(std::uint64_t bytes) {
  char text[32];
  const double number = static_cast<double>(bytes);
  if (number < 999.5e6)
    std::snprintf(text, sizeof text, "%.0f MB", number / 1e6);
  else
    std::snprintf(text, sizeof text, "%.1f GB", number / 1e9);
  return text;
}

namespace {

void require(const MemoryRoom& room, std::uint64_t bytes, const std::string& what, const std::string& advice) {
  if (bytes <= room.bytes) return;
  throw Error(ExitCode::other,
              what + " needs " + memory_text(bytes) + " of memory, there are " + memory_text(room.bytes) + " (" +
                  room.limit + "); " + advice,
              std::source_location::current());
}

}  // namespace

void require_memory(std::uint64_t bytes, const std::string& what, const std::string& advice) {
  require(memory_room(), bytes, what, advice);
}

void require_address_space(std::uint64_t bytes, const std::string& what, const std::string& advice) {
  MemoryRoom room = {no_limit, ""};
  look_at_address_space(room, "");
  require(room, bytes, what, advice);
}

}  // namespace anirec
