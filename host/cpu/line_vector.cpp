#include "cpu/line_vector.h"

#include <cstdlib>
#include <new>

#include <sys/mman.h>

namespace anirec {
namespace {

constexpr std::size_t line = 64, huge_page = std::size_t{1} << 21;

std::size_t alignment_of(std::size_t bytes) { return bytes < huge_page ? line : huge_page; }

}  // namespace

std::size_t bytes_of_lines(std::size_t bytes) {
  const std::size_t alignment = alignment_of(bytes);
  return (bytes + alignment - 1) / alignment * alignment;
}

void* allocate_lines(std::size_t bytes) {
  const std::size_t whole = bytes_of_lines(bytes);
  void* const memory = std::aligned_alloc(alignment_of(bytes), whole);
  if (memory == nullptr) throw std::bad_alloc();
  if (whole >= huge_page) madvise(memory, whole, MADV_HUGEPAGE);
  return memory;
}

void free_lines(void* memory) { std::free(memory); }

}  // namespace anirec
