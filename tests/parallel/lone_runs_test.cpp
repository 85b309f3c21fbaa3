#include "parallel/lone_runs.h"

#include <doctest/doctest.h>

using namespace anirec;

namespace {

// How many runs are one member's until all are tried again.
int alone_from_now(LoneRuns& runs) {
  int count = 0;
  while (runs.next_is_alone()) ++count;
  return count;
}

}  // namespace

TEST_CASE("a team of which more than one is at work stays together") {
  LoneRuns runs;
  for (int run = 0; run < 100; ++run) {
    CHECK_FALSE(runs.next_is_alone());
    runs.ran_together(run % 2 == 0 ? 1.8 : 1.3);
  }
}

TEST_CASE("a stalled team is one for a while, the longer the oftener it stalls, and all are tried again") {
  LoneRuns runs;
  int before = 0;
  runs.ran_together(0.6);
  CHECK(alone_from_now(runs) == 0);  // one may be an accident
  for (int stall = 0; stall < 10; ++stall) {
    runs.ran_together(0.6);
    const int alone = alone_from_now(runs);
    CHECK(alone >= before);
    CHECK(alone >= 8);
    CHECK(alone <= 64);
    before = alone;
  }
  CHECK(before == 64);
  runs.ran_together(1.9);
  CHECK(alone_from_now(runs) == 0);
  runs.ran_together(1.1);
  CHECK(alone_from_now(runs) == 0);
  runs.ran_together(1.1);
  CHECK(alone_from_now(runs) == 8);
}
