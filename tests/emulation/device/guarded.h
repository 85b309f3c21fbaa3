// Exactly sized memory whose neighbourhood is watched: by AddressSanitizer where it is built in, else by a zone on
// both sides that must stay as it was.
#pragma once

#include <cstddef>

namespace anirec::emulation {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t guard_bytes = 0;
#else
constexpr std::size_t guard_bytes = 256;
#endif

void* guarded_allocate(std::size_t bytes);  // aligned to 256
void guarded_free(void* memory);
bool guards_intact(const void* memory, std::size_t bytes);

}  // namespace anirec::emulation
