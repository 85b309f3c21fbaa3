#include "device/guarded.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace anirec::emulation {
namespace {

constexpr int guard_value = 0xC3;

}  // namespace

void* guarded_allocate(std::size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 256, bytes + 2 * guard_bytes) != 0) throw std::bad_alloc();
  char* const at = static_cast<char*>(memory) + guard_bytes;
  std::memset(at - guard_bytes, guard_value, guard_bytes);
  std::memset(at + bytes, guard_value, guard_bytes);
  return at;
}

void guarded_free(void* memory) {
  if (memory != nullptr) std::free(static_cast<char*>(memory) - guard_bytes);
}

bool guards_intact(const void* memory, std::size_t bytes) {
  const auto* const at = static_cast<const unsigned char*>(memory);
  const auto intact = [](const unsigned char* guard) {
    return std::all_of(guard, guard + guard_bytes, [](unsigned char byte) { return byte == guard_value; });
  };
  return intact(at - guard_bytes) && intact(at + bytes);
}

}  // namespace anirec::emulation
