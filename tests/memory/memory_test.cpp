#include "memory.h"

#include <doctest/doctest.h>
#include <filesystem>

#include "error.h"
#include "fixtures/temporary_folder.h"

using namespace anirec;

namespace {

constexpr std::uint64_t gigabyte = 1'000'000'000;

// A machine made of files.
class Machine {
 public:
  Machine() {
    write("/proc/meminfo",
          "MemTotal:  9000000 kB\nMemFree: 1 kB\nMemAvailable:    4000000 kB\nSwapFree:  1000000 kB\n");
  }
  void write(const std::string& path, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.path(path.substr(1))).parent_path());
    folder_.file(path.substr(1), content);
  }
  MemoryRoom room() const { return memory_room(folder_.path("")); }

 private:
  TemporaryFolder folder_;
};

bool speaks_of(const MemoryRoom& room, const std::string& part) {
  return room.limit.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("without groups the machine's free memory and swap count") {
  const Machine machine;
  CHECK(machine.room().bytes == 5'000'000ull * 1024);
  CHECK(speaks_of(machine.room(), "this machine"));
}

TEST_CASE("the least of a group and the groups above it counts; cached files give way") {
  const Machine machine;
  machine.write("/proc/self/cgroup", "0::/outer/inner\n");
  machine.write("/sys/fs/cgroup/outer/inner/memory.max", "max\n");
  machine.write("/sys/fs/cgroup/outer/inner/memory.current", "5\n");
  CHECK(speaks_of(machine.room(), "this machine"));
  machine.write("/sys/fs/cgroup/outer/memory.max", "2000000000\n");
  machine.write("/sys/fs/cgroup/outer/memory.current", "1800000000\n");
  machine.write("/sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 300000000\nactive_file 500000000\n");
  CHECK(machine.room().bytes == gigabyte);
  CHECK(speaks_of(machine.room(), "memory.max"));
  machine.write("/sys/fs/cgroup/memory.max", "1000\n");  // what a container sees of its own group
  machine.write("/sys/fs/cgroup/memory.current", "2000\n");
  CHECK(machine.room().bytes == 0);
}

TEST_CASE("control groups of version 1, also where a container sees another path than the mounted one") {
  const Machine machine;
  machine.write("/proc/self/cgroup", "12:cpu,cpuacct:/x\n5:memory:/docker/1234\n0::/x\n");
  machine.write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "3000000000\n");
  machine.write("/sys/fs/cgroup/memory/memory.usage_in_bytes", "2500000000\n");
  machine.write("/sys/fs/cgroup/memory/memory.stat", "total_inactive_file 500000000\ntotal_active_file 0\n");
  CHECK(machine.room().bytes == gigabyte);
  CHECK(speaks_of(machine.room(), "memory.limit_in_bytes"));
}

TEST_CASE("what tells nothing limits nothing") {
  const Machine machine;
  machine.write("/proc/self/cgroup", "\n0:\n::\n0::\n0::x\n");
  CHECK(speaks_of(machine.room(), "this machine"));
  CHECK_NOTHROW(require_memory(0, "this", "that"));
  CHECK(memory_room("/nothing/there").bytes > gigabyte * gigabyte);
}

TEST_CASE("a refusal says how much, of what, and what to do") {
  std::string message;
  try {
    require_memory(std::uint64_t{1} << 60, "training", "train less");
  } catch (const Error& error) {
    message = error.what();
    CHECK(error.code() == ExitCode::other);
  }
  CHECK(message.find("training needs 1152921504.6 GB of memory, there are ") == 0);
  CHECK(message.find("; train less") != std::string::npos);
  CHECK(memory_text(1'234'000'000) == "1.2 GB");
  CHECK(memory_text(999'000'000) == "999 MB");
}
