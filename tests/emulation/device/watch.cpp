#include "device/watch.h"

#include <algorithm>
#include <map>
#include <optional>

#include "device/block.h"
#include "device/guarded.h"
#include "device/symbols.h"

namespace anirec::emulation::watch {
namespace {

// A thread's stretch between two synchronisations: what the bytes it touches remember.
struct Stretch {
  std::uint32_t operation, block, thread;
  std::uint32_t barriers;   // of the block, passed before
  std::uint32_t warp_time;  // the lane's own clock
};

constexpr std::uint32_t atomic_flag = 0x80000000u;

// Of one byte: the stretches of its last write and of two readers since; 0: none.
struct Trace {
  std::uint32_t writer = 0, reader = 0, other_reader = 0;
};

struct Region {
  const char* what;
  std::vector<Trace> bytes;
};

struct Operation {
  std::uint32_t stream, number;
  std::string name;
  std::optional<Launch> launch;  // names itself, but slowly
};

struct Access {
  std::uintptr_t at;
  std::size_t bytes;
  bool write, atomic;
  const void* code;  // null: a whole operation's
};

constexpr std::uint32_t no_thread = 0xFFFFFFFFu;

bool watching = false;                     // the kernels of this program are instrumented
bool running = false;                      // an operation of the device
std::map<std::uintptr_t, Region> regions;  // by their first byte
std::uint64_t regions_changed = 1;
std::uint32_t era = 1;           // stretches below are over, for everybody
std::vector<Stretch> stretches;  // stretch era + i
std::vector<Operation> operations;
Clock now;
std::uint32_t block_now = no_thread, thread_now = no_thread, barriers = 0, whole_stretch = 0;
std::vector<std::uint32_t> stretch_of_thread;
std::vector<std::uint32_t> lane_clocks;  // [threads][32]: what a lane knows of its warp's lanes

const Stretch& stretch(std::uint32_t id) { return stretches[(id & ~atomic_flag) - era]; }

std::uint32_t new_stretch(std::uint32_t thread) {
  const std::uint32_t time = thread == no_thread ? 0 : lane_clocks[thread * 32 + thread % 32];
  stretches.push_back({static_cast<std::uint32_t>(operations.size() - 1), block_now, thread, barriers, time});
  const std::size_t id = era + stretches.size() - 1;
  if (id >= atomic_flag) fail("the race detector ran out of numbers: test fewer steps");
  return static_cast<std::uint32_t>(id);
}

bool ordered(std::uint32_t earlier_id, std::uint32_t now_id) {
  if ((earlier_id & ~atomic_flag) < era || earlier_id == now_id) return true;
  const Stretch &earlier = stretch(earlier_id), &later = stretch(now_id);
  if (earlier.operation != later.operation) {
    const Operation& operation = operations[earlier.operation];
    return operation.stream < now.size() && now[operation.stream] >= operation.number;
  }
  if (earlier.block != later.block) return false;
  if (earlier.thread == later.thread || earlier.barriers < later.barriers) return true;
  if (earlier.thread / 32 != later.thread / 32) return false;
  return lane_clocks[later.thread * 32 + earlier.thread % 32] >= earlier.warp_time;
}

std::string who(std::uint32_t id) {
  const Stretch& of = stretch(id);
  const Operation& operation = operations[of.operation];
  const std::string name = operation.launch ? text(*operation.launch) : operation.name;
  if (of.thread == no_thread) return name;
  return name + ", block " + std::to_string(of.block) + ", thread " + std::to_string(of.thread);
}

[[noreturn]] void report(const Region& region, std::uintptr_t begin, const Access& access, std::uint32_t self,
                         const std::string& trouble) {
  fail(who(self) + (access.code == nullptr ? "" : ", at " + line_at(static_cast<const char*>(access.code) - 1)) +
       ": " + (access.write ? "writes " : "reads ") + std::to_string(access.bytes) + " bytes at byte " +
       std::to_string(static_cast<std::ptrdiff_t>(access.at - begin)) + " of " + region.what + " of " +
       std::to_string(region.bytes.size()) + " bytes " + trouble);
}

void touch(Region& region, std::uintptr_t begin, const Access& access, std::uint32_t self) {
  if (access.at < begin || access.at + access.bytes > begin + region.bytes.size())
    report(region, begin, access, self, "and so beyond its end");
  const std::uint32_t mark = self | (access.atomic ? atomic_flag : 0);
  std::uint32_t judged = 0;  // the last stretch found to come before: neighbouring bytes mostly have the same
  const auto require = [&](std::uint32_t earlier, const char* did) {
    if (earlier == judged) return;
    const bool both_atomic = access.atomic && (earlier & atomic_flag) != 0;
    if (!both_atomic && !ordered(earlier, self))
      report(region, begin, access, self,
             std::string("that ") + who(earlier) + " " + did + ", and nothing orders the two");
    judged = earlier;
  };
  const std::size_t first = access.at - begin;
  for (std::size_t i = first; i < first + access.bytes; ++i) {
    Trace& trace = region.bytes[i];
    if ((!access.write || access.atomic) && trace.writer == 0)
      report(region, begin, access, self, "of which byte " + std::to_string(i) + " nobody has written");
    require(trace.writer, "wrote");
    if (access.write) {
      require(trace.reader, "read");
      require(trace.other_reader, "read");
      trace = {mark, 0, 0};
    } else if (trace.reader == 0 || trace.reader == self || ordered(trace.reader, self)) {
      trace.reader = self;
    } else {
      trace.other_reader = self;
    }
  }
}

void access(const Access& what) {
  static auto last = regions.end();
  static std::uint64_t last_of = 0;  // it may have been freed since
  const auto holds = [&](auto region) {
    return what.at + guard_bytes >= region->first &&
           what.at + what.bytes <= region->first + region->second.bytes.size() + guard_bytes;
  };
  if (last_of != regions_changed || !holds(last)) {
    last = regions.upper_bound(what.at + guard_bytes);
    if (last == regions.begin()) return void(last_of = 0);
    last_of = regions_changed;
    if (!holds(--last)) return;  // not the device's memory
  }
  const std::uintptr_t begin = last->first;
  Region& region = last->second;
  if (!running)
    fail("the host, at " + line_at(static_cast<const char*>(what.code) - 1) + ", touches " + region.what);
  touch(region, begin, what, what.code == nullptr ? whole_stretch : stretch_of_thread[thread_now]);
}

void kernel_access(void* at, std::size_t bytes, bool write, const void* code) {
  if (!regions.empty()) access({reinterpret_cast<std::uintptr_t>(at), bytes, write, false, code});
}

}  // namespace

void join(Clock& clock, const Clock& other) {
  if (clock.size() < other.size()) clock.resize(other.size());
  for (std::size_t i = 0; i < other.size(); ++i) clock[i] = std::max(clock[i], other[i]);
}

bool watching_accesses() { return watching; }

void allocated(void* memory, std::size_t bytes, const char* what) {
  if (!watching) return;
  regions[reinterpret_cast<std::uintptr_t>(memory)] = {what, std::vector<Trace>(bytes)};
  ++regions_changed;
}

void freed(void* memory) {
  regions.erase(reinterpret_cast<std::uintptr_t>(memory));
  ++regions_changed;
}

void operation_begins(std::uint32_t stream, std::uint32_t number, const Clock& clock, const char* name) {
  if (!watching) return;
  running = true;
  now = clock;
  operations.push_back({stream, number, name, {}});
  block_now = no_thread;
  barriers = 0;
  whole_stretch = new_stretch(no_thread);
}

void operation_ends() { running = false; }

void all_synchronized() {
  if (!watching) return;
  era += static_cast<std::uint32_t>(stretches.size());
  stretches.clear();
  operations.clear();
}

void launch_begins(const Launch& launch) {
  if (!watching) return;
  operations.back().launch = {launch.kernel, {}, launch.grid, launch.threads, launch.shared_bytes};
  stretch_of_thread.assign(launch.threads, 0);
}

void block_begins(std::uint32_t block) {
  if (!watching) return;
  block_now = block;
  barriers = 0;
  lane_clocks.assign(stretch_of_thread.size() * 32, 0);
}

void thread_starts(std::uint32_t thread) {
  if (!watching) return;
  lane_clocks[thread * 32 + thread % 32] = 1;
  stretch_of_thread[thread] = new_stretch(thread);
}

void thread_goes_on(std::uint32_t thread) { thread_now = thread; }

void block_synchronized() {
  if (!watching) return;
  ++barriers;
  for (std::uint32_t thread = 0; thread < stretch_of_thread.size(); ++thread)
    stretch_of_thread[thread] = new_stretch(thread);
}

void warp_synchronized(std::uint32_t first_thread, std::uint32_t mask) {
  if (!watching) return;
  std::uint32_t known[32] = {};
  for (std::uint32_t lane = 0; lane < 32; ++lane)
    if ((mask >> lane & 1) != 0)
      for (std::uint32_t other = 0; other < 32; ++other)
        known[other] = std::max(known[other], lane_clocks[(first_thread + lane) * 32 + other]);
  for (std::uint32_t lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    const std::uint32_t thread = first_thread + lane;
    std::copy_n(known, 32, lane_clocks.begin() + thread * 32);
    ++lane_clocks[thread * 32 + lane];
    stretch_of_thread[thread] = new_stretch(thread);
  }
}

void atomic_access(void* memory, std::size_t bytes, const void* code) {
  if (!regions.empty()) access({reinterpret_cast<std::uintptr_t>(memory), bytes, true, true, code});
}

void whole_read(const void* memory, std::size_t bytes) {
  if (watching) access({reinterpret_cast<std::uintptr_t>(memory), bytes, false, false, nullptr});
}

void whole_write(void* memory, std::size_t bytes) {
  if (watching) access({reinterpret_cast<std::uintptr_t>(memory), bytes, true, false, nullptr});
}

}  // namespace anirec::emulation::watch

// What -fsanitize=thread makes a kernel call. Its own library is not linked.
extern "C" {
void __tsan_init() { anirec::emulation::watch::watching = true; }
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
#define ANIREC_ACCESS(bytes)                                                                \
  void __tsan_read##bytes(void* at) {                                                       \
    anirec::emulation::watch::kernel_access(at, bytes, false, __builtin_return_address(0)); \
  }                                                                                         \
  void __tsan_write##bytes(void* at) {                                                      \
    anirec::emulation::watch::kernel_access(at, bytes, true, __builtin_return_address(0));  \
  }                                                                                         \
  void __tsan_unaligned_read##bytes(void* at) {                                             \
    anirec::emulation::watch::kernel_access(at, bytes, false, __builtin_return_address(0)); \
  }                                                                                         \
  void __tsan_unaligned_write##bytes(void* at) {                                            \
    anirec::emulation::watch::kernel_access(at, bytes, true, __builtin_return_address(0));  \
  }
ANIREC_ACCESS(1)
ANIREC_ACCESS(2)
ANIREC_ACCESS(4)
ANIREC_ACCESS(8)
ANIREC_ACCESS(16)
#undef ANIREC_ACCESS
void __tsan_read_range(void* at, std::size_t bytes) {
  anirec::emulation::watch::kernel_access(at, bytes, false, __builtin_return_address(0));
}
void __tsan_write_range(void* at, std::size_t bytes) {
  anirec::emulation::watch::kernel_access(at, bytes, true, __builtin_return_address(0));
}
void __tsan_vptr_read(void*) {}
void __tsan_vptr_update(void*, void*) {}
}
