#include "dataset/seen_items.h"

#include <algorithm>

#include "dataset/group_by_user.h"

namespace anirec {
namespace {

ItemLists distinct_items(const Samples& samples, SampleRange range, bool only_positive) {
  ItemLists lists = group_by_user(samples.users, [&](const auto& visit) {
    for (std::uint64_t i = range.begin; i < range.end; ++i) {
      const Sample& row = samples.rows[i];
      if (!only_positive || row.label == 1) visit(row.user, row.item);
    }
  });
  const auto begin = lists.items.begin();
  std::uint64_t kept = 0, list_begin = 0;
  for (std::size_t u = 0; u + 1 < lists.offsets.size(); ++u) {
    const auto first = begin + static_cast<std::ptrdiff_t>(list_begin);
    const auto last = begin + static_cast<std::ptrdiff_t>(lists.offsets[u + 1]);
    list_begin = lists.offsets[u + 1];
    std::sort(first, last);
    const auto target = begin + static_cast<std::ptrdiff_t>(kept);
    kept = static_cast<std::uint64_t>(std::unique_copy(first, last, target) - begin);
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
