#include "cpu/group_queue.h"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

#include "parallel/team.h"

using namespace anirec;

namespace {

bool empty(GroupRange range) { return range.first == range.last; }

}  // namespace

TEST_CASE("a member takes halves of its own groups from the front, then one at a time of others' from the back") {
  GroupQueue queue(2);
  queue.put(0, {0, 5});
  queue.put(1, {5, 9});
  const auto takes = [&](int member, std::uint32_t first, std::uint32_t last) {
    const GroupRange taken = queue.take(member, 2);
    CHECK(taken.first == first);
    CHECK(taken.last == last);
  };
  takes(0, 0, 3);
  takes(0, 3, 4);
  takes(0, 4, 5);
  takes(0, 8, 9);
  takes(1, 5, 7);
  takes(0, 7, 8);
  CHECK(empty(queue.take(0, 2)));
  CHECK(empty(queue.take(1, 2)));
}

TEST_CASE("a member alone takes all of its groups at once") {
  GroupQueue queue(3);
  queue.put(0, {0, 64});
  const GroupRange all = queue.take(0, 1);
  CHECK(all.first == 0);
  CHECK(all.last == 64);
  CHECK(empty(queue.take(0, 1)));
}

TEST_CASE("of members that take at the same time every group falls to one") {
  constexpr std::uint32_t groups = 61;
  constexpr int members = 3, batches = 400;
  Team team(members);
  GroupQueue queue(members);
  std::vector<std::atomic<int>> taken(groups);
  team.run([&](int member) {
    for (int batch = 0; batch < batches; ++batch) {
      queue.put(member, {share_begin(groups, member, members), share_begin(groups, member + 1, members)});
      for (GroupRange range = queue.take(member, members); !empty(range); range = queue.take(member, members))
        for (std::uint32_t group = range.first; group < range.last; ++group) ++taken[group];
      team.barrier();
    }
  });
  for (const std::atomic<int>& times : taken) CHECK(times == batches);
}
