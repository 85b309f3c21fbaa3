// How much memory this process may still take, and the refusal of work that cannot fit.
#pragma once

#include <cstdint>
#include <string>

namespace anirec {

struct MemoryRoom {
  std::uint64_t bytes;
  std::string limit;  // what sets it, "free memory of this machine" say
};

// The least of what the machine has free, its control groups (cgroups v1 and v2) leave and ulimit -v leaves.
// `root` is put before /proc and /sys, for tests.
MemoryRoom memory_room(const std::string& root = "");

std::string memory_text(std::uint64_t bytes);  // "1.5 GB"

// Throws Error where `bytes` more cannot be had: "`what` needs 3.1 GB of memory, …; `advice`".
void require_memory(std::uint64_t bytes, const std::string& what, const std::string& advice);

// The same for address space, which ulimit -v alone limits and of which libraries take more than they use.
void require_address_space(std::uint64_t bytes, const std::string& what, const std::string& advice);

}  // namespace anirec
