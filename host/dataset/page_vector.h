// Vectors for what there is of every row. Their memory goes back to the system the moment they are emptied: glibc
// keeps freed pieces of up to 32 MB, and the blocks of a large file are all smaller than that. Elements that a
// vector is made of or grows by have no value yet: whoever writes first to large memory takes it, so that several
// threads share that.
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include <sys/mman.h>

namespace anirec {

template <class T>
struct PageAllocator {
  using value_type = T;
  PageAllocator() = default;
  template <class Other>
  PageAllocator(const PageAllocator<Other>&) {}

  T* allocate(std::size_t count) {
    if (!by_pages(count)) return static_cast<T*>(::operator new(count * sizeof(T)));
    void* const memory =
        mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (by_pages(count))
      munmap(memory, count * sizeof(T));
    else
      ::operator delete(memory);
  }
  template <class Element>
  void construct(Element* place) {
    ::new (static_cast<void*>(place)) Element;
  }
  template <class Element, class... Arguments>
  void construct(Element* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) Element(std::forward<Arguments>(arguments)...);
  }
  bool operator==(const PageAllocator&) const { return true; }

 private:
  static bool by_pages(std::size_t count) { return count * sizeof(T) >= 64 * 1024; }
};

template <class T>
using PageVector = std::vector<T, PageAllocator<T>>;

// Gives the memory back as well, which clear() does not.
template <class Vector>
void release(Vector& vector) {
  Vector().swap(vector);
}

}  // namespace anirec
