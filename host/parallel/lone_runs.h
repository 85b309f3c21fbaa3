// When a team that waits for each other at every step does better as one: a foreign process that keeps a core busy
// takes a member's turn for milliseconds, where a step takes microseconds.
#pragma once

#include <algorithm>

namespace anirec {

// Counts runs of about a tenth of a second. Results must not depend on the number of members.
class LoneRuns {
 public:
  // Whether the next run is one member's.
  bool next_is_alone() {
    if (left_ == 0) return false;
    --left_;
    return true;
  }

  // After a run of all members: how many of them were at work at a time, on average. The rest waited, or had no
  // core.
  void ran_together(double members_at_work) {
    if (members_at_work > stalled) {
      stalled_runs_ = 0;
      length_ = shortest;
      return;
    }
    if (++stalled_runs_ < convincing) return;
    left_ = length_;
    length_ = std::min(2 * length_, longest);
  }

 private:
  // One alone is one at work, and does it faster: it waits for nobody, and what it needs lies in its own caches.
  static constexpr double stalled = 1.15;
  static constexpr int shortest = 8, longest = 64;  // runs before all are tried again
  static constexpr int convincing = 2;  // in a row: one may be an accident, on machines shared with others
  int stalled_runs_ = 0, left_ = 0, length_ = shortest;
};

}  // namespace anirec
