// Who takes which groups of a batch's tiles. A member begins with groups of its own, so that mostly the same rows
// fall to it from batch to batch; who is done with them takes what others have not begun, from the other end. So a
// slower core, or one that somebody else keeps busy, holds the others up no longer than a group takes. What is
// computed does not depend on who takes what.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "cpu/batch.h"

namespace anirec {

class GroupQueue {
 public:
  explicit GroupQueue(int members) : left_(static_cast<std::size_t>(members)) {}

  // A member's own groups of a batch, before it takes any: everybody has waited since the last batch's.
  void put(int member, GroupRange own) {
    left_[static_cast<std::size_t>(member)].groups.store(packed(own), std::memory_order_relaxed);
  }

  // The next groups for a member, an empty range where none are left.
  GroupRange take(int member, int members) {
    for (int k = 0; k < members; ++k) {
      std::atomic<std::uint64_t>& left = left_[static_cast<std::size_t>((member + k) % members)].groups;
      std::uint64_t now = left.load(std::memory_order_relaxed);
      for (;;) {
        const GroupRange there = {static_cast<std::uint32_t>(now >> 32), static_cast<std::uint32_t>(now)};
        const std::uint32_t count = there.last - there.first;
        if (count == 0) break;
        // Of its own half of what is left, so that others find something; alone everything.
        const std::uint32_t taken = members == 1 ? count : k == 0 ? (count + 1) / 2 : 1;
        const std::uint32_t cut = k == 0 ? there.first + taken : there.last - taken;
        const GroupRange front = {there.first, cut}, back = {cut, there.last};
        if (left.compare_exchange_weak(now, packed(k == 0 ? back : front), std::memory_order_relaxed))
          return k == 0 ? front : back;
      }
    }
    return {0, 0};
  }

 private:
  struct alignas(64) Left {
    std::atomic<std::uint64_t> groups{0};  // first and last as packed() has them
  };
  static std::uint64_t packed(GroupRange range) { return std::uint64_t{range.first} << 32 | range.last; }

  std::vector<Left> left_;  // [members] A line each
};

}  // namespace anirec
