#include "dataset/seen_items.h"

#include <algorithm>
#include <bit>

#include "dataset/group_by_user.h"

namespace anirec {
namespace {

// The distinct items of one list, ascending; `from` and `to` may overlap where `to` does not lie behind. Of a list
// that is long for the catalogue a set of bits puts them in order, which takes a tenth of sorting.
class DistinctItems {
 public:
  explicit DistinctItems(std::uint32_t items) : present_((std::size_t{items} + 63) / 64) {}
  // How many they are.
  std::size_t put(std::span<std::uint32_t> from, std::uint32_t* to) {
    if (from.size() * 8 < present_.size()) {
      std::sort(from.begin(), from.end());
      return static_cast<std::size_t>(std::unique_copy(from.begin(), from.end(), to) - to);
    }
    for (const std::uint32_t item : from) present_[item / 64] |= std::uint64_t{1} << item % 64;
    std::size_t count = 0;
    for (std::size_t word = 0; word < present_.size(); ++word)
      for (std::uint64_t& bits = present_[word]; bits != 0; bits &= bits - 1)
        to[count++] = static_cast<std::uint32_t>(word * 64) + static_cast<std::uint32_t>(std::countr_zero(bits));
    return count;
  }

 private:
  std::vector<std::uint64_t> present_;  // bits, all 0 between two lists
};

ItemLists distinct_items(const Samples& samples, SampleRange range, bool only_positive) {
  ItemLists lists = group_by_user(samples.users, [&](const auto& visit) {
    for (std::uint64_t i = range.begin; i < range.end; ++i) {
      const Sample& row = samples.rows[i];
      if (!only_positive || row.label == 1) visit(row.user, row.item);
    }
  });
  DistinctItems distinct(samples.items);
  std::uint32_t* const items = lists.items.data();
  std::uint64_t kept = 0, list_begin = 0;
  for (std::size_t u = 0; u + 1 < lists.offsets.size(); ++u) {
    const std::uint64_t list_end = lists.offsets[u + 1];
    kept += distinct.put({items + list_begin, items + list_end}, items + kept);
    list_begin = list_end;
    lists.offsets[u + 1] = kept;
  }
  lists.items.resize(kept);
  return lists;
}

}  // namespace

ItemLists items_by_user(const Samples& samples, SampleRange range) {
  return distinct_items(samples, range, false);
}

ItemLists relevant_items_by_user(const Samples& samples, SampleRange range) {
  return distinct_items(samples, range, task_has_label(samples.task));
}

}  // namespace anirec
