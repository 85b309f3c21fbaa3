// Items by user, compressed rows: what a user has already seen, or what is relevant to them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataset/split.h"

namespace anirec {

struct ItemLists {
  std::vector<std::uint64_t> offsets;  // [U+1]
  std::vector<std::uint32_t> items;    // ascending and distinct within a user
  std::span<const std::uint32_t> of(std::uint32_t user) const {
    return {items.data() + offsets[user], items.data() + offsets[user + 1]};
  }
};

// All items of each user in a range of samples.
ItemLists items_by_user(const Samples& samples, SampleRange range);
// The same, only rows labelled 1 where the task has labels.
ItemLists relevant_items_by_user(const Samples& samples, SampleRange range);

}  // namespace anirec
