#include "parallel/team.h"

#include <doctest/doctest.h>
#include <new>
#include <stdexcept>
#include <vector>

using anirec::Team;

TEST_CASE("nobody passes a barrier before all have come") {
  Team team(4);
  std::vector<int> written(4);
  std::atomic<int> wrong{0};
  for (int round = 1; round <= 200; ++round)
    team.run([&](int member) {
      written[static_cast<std::size_t>(member)] = round;
      team.barrier();
      for (const int value : written) wrong += value != round;
      team.barrier();
    });
  CHECK(wrong == 0);
}

TEST_CASE("one that fails between barriers ends the run for all, and the team works on") {
  for (const int failing : {0, 1, 3})
    for (int phase = 0; phase < 4; ++phase) {
      Team team(4);
      for (int again = 0; again < 50; ++again) {
        CHECK_THROWS_AS(team.run([&](int member) {
          for (int p = 0; p < 4; ++p) {
            if (member == failing && p == phase) throw std::bad_alloc();
            team.barrier();
          }
        }),
                        std::bad_alloc);
        std::atomic<int> arrived{0};
        team.run([&](int) {
          team.barrier();
          ++arrived;
        });
        CHECK(arrived == 4);
      }
    }
}

TEST_CASE("of several that fail one is reported") {
  Team team(3);
  CHECK_THROWS_AS(team.run([&](int) { throw std::runtime_error("x"); }), std::runtime_error);
  team.run([&](int) { team.barrier(); });
}
