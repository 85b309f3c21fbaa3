#include "parallel/team.h"

#include <doctest/doctest.h>
#include <chrono>
#include <new>
#include <stdexcept>
#include <thread>
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

TEST_CASE("one member alone has the team's body to itself, passes its barriers, and may fail") {
  Team team(3);
  for (int again = 0; again < 3; ++again) {
    int calls = 0, size = 0;
    team.run_alone([&](int member) {
      CHECK(member == 0);
      for (int p = 0; p < 5; ++p) team.barrier();
      size = team.size();
      ++calls;
    });
    CHECK(calls == 1);
    CHECK(size == 1);
    CHECK(team.size() == 3);
    CHECK_THROWS_AS(team.run_alone([](int) { throw std::bad_alloc(); }), std::bad_alloc);
    std::atomic<int> all{0};
    team.run([&](int) {
      team.barrier();
      ++all;
    });
    CHECK(all == 3);
  }
}

TEST_CASE("sleeping at a barrier is counted") {
  Team team(2);
  team.run([&](int member) {
    if (member == 1) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    team.barrier();
  });
  CHECK(team.slept_seconds() > 0.02);
  CHECK(team.slept_seconds() < 10);
}
