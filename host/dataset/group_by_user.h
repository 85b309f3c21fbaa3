// The counting sort of (user, item) pairs by user that keeps their order.
#pragma once

#include <cstdint>
#include <utility>

#include "dataset/seen_items.h"

namespace anirec {

// `for_each_pair(visit)` calls visit(user, item) for every pair; it is run twice and must give the same pairs.
// Within a user the items keep their order and may repeat.
template <class ForEachPair>
ItemLists group_by_user(std::uint32_t users, const ForEachPair& for_each_pair) {
  ItemLists lists;
  // Counted two places up and filled one place up, the ends end as the begins of the next.
  std::vector<std::uint64_t>& offsets = lists.offsets;
  offsets.assign(std::size_t{users} + 2, 0);
  for_each_pair([&](std::uint32_t user, std::uint32_t) { ++offsets[std::size_t{user} + 2]; });
  for (std::size_t u = 2; u < offsets.size(); ++u) offsets[u] += offsets[u - 1];
  lists.items.resize(offsets.back());
  for_each_pair(
      [&](std::uint32_t user, std::uint32_t item) { lists.items[offsets[std::size_t{user} + 1]++] = item; });
  offsets.pop_back();
  return lists;
}

}  // namespace anirec
