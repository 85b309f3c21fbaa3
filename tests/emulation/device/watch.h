// Who touched which byte when. In a build whose kernels are compiled with -fsanitize=thread, every load and store
// of a kernel calls into watch.cpp (which stands in for the sanitizer's own library) and is judged by the GPU's
// rules: two threads are ordered by a barrier of their block, lanes also by __syncwarp, blocks of a launch by
// nothing, launches and copies by their stream, by events, and by the host's waiting. Two accesses that nothing
// orders, one of them a write, end the process with a message; so does a read of a byte that nobody wrote.
// Elsewhere all of this does nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anirec::emulation {
struct Launch;
}

namespace anirec::emulation::watch {

// Per stream, how many of its operations are certain to have run.
using Clock = std::vector<std::uint32_t>;
void join(Clock& clock, const Clock& other);

void allocated(void* memory, std::size_t bytes, const char* what);
void freed(void* memory);

// From here on, until the next, accesses are those of operation `number` of `stream`, which knows of `clock`.
void operation_begins(std::uint32_t stream, std::uint32_t number, const Clock& clock, const char* name);
void operation_ends();
bool watching_accesses();  // the kernels are instrumented
// Everything that ran so far comes before everything that will.
void all_synchronized();

void launch_begins(const Launch& launch);
void block_begins(std::uint32_t block);
void thread_starts(std::uint32_t thread);
void thread_goes_on(std::uint32_t thread);
void block_synchronized();
void warp_synchronized(std::uint32_t first_thread, std::uint32_t mask);

void atomic_access(void* memory, std::size_t bytes, const void* code);
// Of an operation that is no kernel: a copy, a sort, a product.
void whole_read(const void* memory, std::size_t bytes);
void whole_write(void* memory, std::size_t bytes);

}  // namespace anirec::emulation::watch
