// Memory for floats that vectors are loaded from.
#pragma once

#include <cstddef>
#include <vector>

namespace anirec {

// Memory that begins with a cache line: sixteen floats from elsewhere are two. Large memory lies in huge pages
// where the system has them: random rows in it take a TLB entry each otherwise.
void* allocate_lines(std::size_t bytes);
void free_lines(void* memory);
// Bytes that allocate_lines() takes.
std::size_t bytes_of_lines(std::size_t bytes);

template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class Other>
  LineAllocator(const LineAllocator<Other>&) {}
  T* allocate(std::size_t count) { return static_cast<T*>(allocate_lines(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) { free_lines(memory); }
  bool operator==(const LineAllocator&) const { return true; }
};
using LineVector = std::vector<float, LineAllocator<float>>;

}  // namespace anirec
