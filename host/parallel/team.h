// A team of threads that work on one thing together: what the parser, the metrics and the CPU engine share.
// Own threads rather than OpenMP: waiting is bounded spinning and then sleep, so that a busy neighbour on a
// core does not stall the team, and thread sanitizers understand it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace anirec {

class Team {
 public:
  // threads >= 1; the calling thread is member 0. Throws Error where the system starts no more threads.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return members_; }  // within run_alone() 1

  // Calls work(member) once for each member 0 .. size-1, at the same time, and returns when all are done. The
  // first exception is rethrown; members that wait at a barrier for the one that threw leave the body there. Not
  // re-entrant. One member costs a function call and two looks at its CPU time.
  void run(const std::function<void(int member)>& work);

  // Calls work(0) on this thread, with the team's size 1 and its barriers open.
  void run_alone(const std::function<void(int member)>& work);

  // CPU time that all runs so far have taken, of all members together, but for what they spent looking on at
  // barriers.
  double worked_seconds() const {
    return static_cast<double>(worked_nanoseconds_.load(std::memory_order_relaxed)) * 1e-9;
  }

  // Inside run(), called by every member the same number of times: nobody passes before all have come.
  void barrier();

  // Calls body(begin, end, member) over pieces of [0, count) of at most `grain`, handed out in order to whoever
  // is free. The caller's result must not depend on who gets what.
  void for_ranges(std::size_t count, std::size_t grain,
                  const std::function<void(std::size_t begin, std::size_t end, int member)>& body);

 private:
  void leave();
  void member_loop(int member);
  void prepare(const std::function<void(int)>& work);
  void work_as(int member);

  int members_;  // of the current run; changes only between two
  std::vector<std::thread> threads_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<std::uint32_t> round_{0};    // bumped to start a run; the members wait for it
  std::atomic<std::uint32_t> working_{0};  // members other than 0 still in the run
  std::atomic<std::uint32_t> arrived_{0};  // at the barrier
  std::atomic<std::uint32_t> phase_{0};    // bumped when a barrier opens
  std::atomic<std::int64_t> worked_nanoseconds_{0};
  std::atomic<bool> leaving_{false};
  std::atomic<bool> failed_{false};  // a member threw in this run
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

// Threads to use when none are asked for: the processors this process may run on.
int default_threads();

}  // namespace anirec
