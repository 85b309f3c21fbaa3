#include "parallel/team.h"

#include <doctest/doctest.h>
#include <time.h>
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

TEST_CASE("what members work is counted, and not what they wait at barriers") {
  Team team(2);
  const auto spend = [](double seconds) {  // of this thread's CPU time
    timespec begin{}, now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while (static_cast<double>(now.tv_sec - begin.tv_sec) +
               1e-9 * static_cast<double>(now.tv_nsec - begin.tv_nsec) <
           seconds);
  };
  team.run([&](int member) {
    if (member == 1) spend(0.05);
    team.barrier();
  });
  CHECK(team.worked_seconds() >= 0.05);
  CHECK(team.worked_seconds() < 0.08);
  const double before = team.worked_seconds();
  team.run([&](int) {
    for (int phase = 0; phase < 100; ++phase) {
      spend(0.0005);
      team.barrier();
    }
  });
  CHECK(team.worked_seconds() - before >= 0.08);
  CHECK(team.worked_seconds() - before < 0.15);
}
