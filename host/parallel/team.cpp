#include "parallel/team.h"

#include <sched.h>
#include <time.h>
#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "error.h"
#include "parallel/flush_denormals.h"

namespace anirec {
namespace {

using Clock = std::chrono::steady_clock;

// About 20 microseconds of looking before sleeping: longer than a phase of a small batch, short enough that a
// member whose neighbour lost its core gives its own away. The first looks are not worth timing.
constexpr int first_looks = 64, more_looks = 2000;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// Takes a member out of its body at a barrier that not everybody will reach.
struct AnotherMemberFailed {};

// Looks so many times whether `value` is no longer `old`.
bool changes_within(int looks, const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int look = 0; look < looks; ++look) {
    if (value.load(std::memory_order_acquire) != old) return true;
    relax();
  }
  return false;
}

// Waits until `value` is no longer `old`.
void wait_while_equal(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  if (!changes_within(more_looks, value, old)) value.wait(old, std::memory_order_acquire);
}

// CPU time of the calling thread.
std::int64_t thread_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Team::Team(int threads) : members_(std::max(1, threads)) {
  const int size = members_;
  try {
    for (int member = 1; member < size; ++member) threads_.emplace_back([this, member] { member_loop(member); });
  } catch (const std::system_error& fault) {
    leave();
    throw Error(ExitCode::other,
                "cannot start " + std::to_string(size) + " threads (" + fault.code().message() +
                    "); give a smaller --threads",
                std::source_location::current());
  }
}

Team::~Team() { leave(); }

void Team::leave() {
  leaving_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::work_as(int member) {
  const FlushDenormals flush;
  const std::int64_t start = thread_nanoseconds();
  try {
    (*work_)(member);
  } catch (const AnotherMemberFailed&) {  // NOLINT(bugprone-empty-catch): who failed first has kept why
  } catch (...) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = std::current_exception();
    failed_.store(true, std::memory_order_release);
    phase_.fetch_add(1, std::memory_order_release);
    phase_.notify_all();
  }
  worked_nanoseconds_.fetch_add(thread_nanoseconds() - start, std::memory_order_relaxed);
}

void Team::member_loop(int member) {
  std::uint32_t seen = 0;
  for (;;) {
    wait_while_equal(round_, seen);
    ++seen;
    if (leaving_) return;
    work_as(member);
    if (working_.fetch_sub(1, std::memory_order_acq_rel) == 1) working_.notify_one();
  }
}

void Team::prepare(const std::function<void(int)>& work) {
  work_ = &work;
  failure_ = nullptr;
  failed_.store(false, std::memory_order_relaxed);
  arrived_.store(0, std::memory_order_relaxed);
}

void Team::run(const std::function<void(int)>& work) {
  prepare(work);
  working_.store(static_cast<std::uint32_t>(members_ - 1), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  work_as(0);
  for (std::uint32_t left = working_.load(std::memory_order_acquire); left != 0;
       left = working_.load(std::memory_order_acquire))
    wait_while_equal(working_, left);
  if (failure_) std::rethrow_exception(failure_);
}

void Team::run_alone(const std::function<void(int)>& work) {
  const int members = std::exchange(members_, 1);
  prepare(work);
  work_as(0);
  members_ = members;
  if (failure_) std::rethrow_exception(failure_);
}

void Team::barrier() {
  const std::uint32_t phase = phase_.load(std::memory_order_acquire);
  if (failed_.load(std::memory_order_acquire)) throw AnotherMemberFailed();
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(members_)) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.fetch_add(1, std::memory_order_release);
    phase_.notify_all();
  } else if (!changes_within(first_looks, phase_, phase)) {
    const Clock::time_point start = Clock::now();
    const bool changed = changes_within(more_looks, phase_, phase);
    const std::int64_t looked_on = (Clock::now() - start) / std::chrono::nanoseconds(1);
    worked_nanoseconds_.fetch_sub(looked_on, std::memory_order_relaxed);
    if (!changed) phase_.wait(phase, std::memory_order_acquire);
  }
  if (failed_.load(std::memory_order_acquire)) throw AnotherMemberFailed();
}

void Team::for_ranges(std::size_t count, std::size_t grain,
                      const std::function<void(std::size_t, std::size_t, int)>& body) {
  std::atomic<std::size_t> next{0};
  run([&](int member) {
    for (;;) {
      const std::size_t begin = next.fetch_add(grain, std::memory_order_relaxed);
      if (begin >= count) return;
      body(begin, std::min(count, begin + grain), member);
    }
  });
}

int default_threads() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace anirec
