// The emulated device and its memory: every allocation exactly sized, and out of reach for AddressSanitizer while
// nothing runs.
#include <cstring>
#include <map>
#include <stdexcept>

#include "device/block.h"
#include "device/emulation.h"
#include "device/failure.h"
#include "device/guarded.h"
#include "device/streams.h"
#include "device/symbols.h"
#include "error.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, bytes) (static_cast<void>(memory), static_cast<void>(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) (static_cast<void>(memory), static_cast<void>(bytes))
#endif

namespace anirec::emulation {
namespace {

constexpr std::uint64_t usual_memory = std::uint64_t{1} << 30;

struct Memory {
  std::uint64_t total = usual_memory, used = 0;
  std::map<void*, std::size_t> allocations;
  std::string hidden;  // why there is no device
};

Memory& memory() {
  static Memory the_memory;
  return the_memory;
}

}  // namespace

void reset_streams();

void reset() {
  drain();
  if (memory().used > 0) fail("reset() while Buffers live");
  memory() = Memory();
  reset_streams();
}

void set_memory(std::uint64_t bytes) { memory().total = bytes; }
void hide_device(const std::string& reason) { memory().hidden = reason; }

MemoryOpen::MemoryOpen() {
  for (const auto& [at, bytes] : memory().allocations) ASAN_UNPOISON_MEMORY_REGION(at, bytes);
}

MemoryOpen::~MemoryOpen() {
  for (const auto& [at, bytes] : memory().allocations) ASAN_POISON_MEMORY_REGION(at, bytes);
}

void require_guards(const std::function<std::string()>& operation) {
  for (const auto& [at, bytes] : memory().allocations)
    if (!guards_intact(at, bytes))
      fail(operation() + " has written beyond a device buffer of " + std::to_string(bytes) + " bytes");
}

}  // namespace anirec::emulation

namespace anirec::device {

using namespace emulation;

DeviceList list_devices(int only) {
  DeviceList list;
  const Memory& of = memory();
  if (of.hidden.empty() && only > 0)
    list.reason = "there is no such GPU, the last is cuda:0";
  else if (of.hidden.empty())
    list.devices.push_back({0, device_name(), 9, 0, 132, of.total, of.total - of.used});
  else
    list.reason = of.hidden;
  return list;
}

void select(int index, std::source_location where) {
  if (!memory().hidden.empty())
    throw DeviceError("no usable GPU: " + memory().hidden + "; use --device cpu", where);
  if (index != 0)
    throw DeviceError(
        "there is no device " + std::to_string(index) + ": 1 is present, counted from 0; `anirec info` lists them",
        where);
}

DeviceInfo selected() { return list_devices().devices.at(0); }

std::uint64_t allocated_bytes() { return memory().used; }

void* allocate(std::size_t bytes, std::source_location where) {
  require_device("cudaMalloc", where);
  forbid_in_capture("cudaMalloc");
  Memory& of = memory();
  const bool injected = takes_failure(failures().allocation);
  if (injected || bytes > of.total - of.used)
    throw_out_of_memory(0, device_name(), bytes, injected ? 0 : of.total - of.used, of.total, where);
  void* const at = guarded_allocate(bytes);
  fill(at, bytes, poison());
  of.used += bytes;
  of.allocations[at] = bytes;
  watch::allocated(at, bytes, "a device buffer");
  ASAN_POISON_MEMORY_REGION(at, bytes);
  return at;
}

void FreeMemory::operator()(void* at) const noexcept {
  drain();  // as cudaFree waits
  ASAN_UNPOISON_MEMORY_REGION(at, bytes);
  watch::freed(at);
  memory().used -= bytes;
  memory().allocations.erase(at);
  guarded_free(at);
}

void* allocate_pinned(std::size_t bytes, std::source_location where) {
  require_device("cudaMallocHost", where);
  forbid_in_capture("cudaMallocHost");
  if (takes_failure(failures().allocation)) throw_out_of_pinned(bytes, where);
  void* const at = guarded_allocate(bytes);
  fill(at, bytes, poison());
  return at;
}

void FreePinned::operator()(void* at) const noexcept {
  drain();
  guarded_free(at);
}

void upload(void* to, const void* from, std::size_t bytes, const Stream& stream, std::source_location where) {
  require_device("copy to the device", where);
  queue(stream, "a copy to the device at " + text(where), [=] {
    watch::whole_write(to, bytes);
    std::memcpy(to, from, bytes);
  });
}

void download(void* to, const void* from, std::size_t bytes, const Stream& stream, std::source_location where) {
  require_device("copy from the device", where);
  queue(stream, "a copy from the device at " + text(where), [=] {
    watch::whole_read(from, bytes);
    std::memcpy(to, from, bytes);
  });
}

void clear(void* at, std::size_t bytes, const Stream& stream, std::source_location where) {
  require_device("cudaMemsetAsync", where);
  queue(stream, "a clearing of memory at " + text(where), [=] {
    watch::whole_write(at, bytes);
    std::memset(at, 0, bytes);
  });
}

}  // namespace anirec::device
