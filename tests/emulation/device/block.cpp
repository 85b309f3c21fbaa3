#include "device/block.h"

#include <cstring>
#include <deque>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "device/fiber.h"
#include "device/guarded.h"
#include "device/symbols.h"
#include "device/watch.h"

anirec::emulation::Index threadIdx, blockIdx, blockDim, gridDim;

namespace anirec::emulation {
namespace {

enum class Progress { unstarted, running, ready, at_barrier, meeting, returned };

struct Thread {
  Progress progress = Progress::unstarted;
  Fiber* fiber = nullptr;
  Site site;  // of what it waits for
  WarpCall call = WarpCall::sync;
  unsigned mask = 0, from = 0;
  std::uint64_t value = 0, result = 0;
};

// One block at a time; stacks are kept from block to block. A thread begins as a plain call on whatever fiber is
// free: only threads that wait for others at the same time need a fiber each.
class Block {
 public:
  void run(const Launch& launch, std::uint32_t poison, Random& random);
  void barrier(Site site);
  std::uint64_t meet(WarpCall call, unsigned mask, std::uint64_t value, unsigned from, Site site);
  void* shared();
  std::uint64_t switches = 0;

 private:
  static void fiber_main(void* block) { static_cast<Block*>(block)->serve(*running_fiber); }
  void serve(Fiber& self);
  void call_thread(Fiber& self, std::uint32_t index);
  void leave_running_thread();
  void go_to(Fiber& from, Fiber& to);
  void make_ready(std::uint32_t index);
  void find_work_when_all_wait();
  void become(std::uint32_t index);
  void meet_complete(unsigned first, unsigned mask, WarpCall call);
  bool all_came(unsigned first, const Thread& caller) const;
  std::string who(std::uint32_t index) const;
  [[noreturn]] void fault(const std::string& what) const;
  [[noreturn]] void stuck() const;

  static Fiber* running_fiber;
  const Launch* launch_ = nullptr;
  Random* random_ = nullptr;
  void* shared_ = nullptr;
  std::vector<Thread> threads_;
  std::vector<std::uint32_t> unstarted_, ready_;  // no order: taken at random
  std::vector<std::uint32_t> meeting_;            // the lanes of each warp that wait for others
  Site barrier_site_;                             // of the first thread that came
  std::uint32_t current_ = 0, at_barrier_ = 0, returned_ = 0;
  Fiber main_;
  std::deque<Fiber> fibers_;
  std::vector<Fiber*> idle_;
};

Fiber* Block::running_fiber = nullptr;

Block& the_block() {
  static Block block;
  return block;
}

void Block::run(const Launch& launch, std::uint32_t poison, Random& random) {
  launch_ = &launch;
  random_ = &random;
  threads_.assign(launch.threads, Thread{});
  unstarted_.resize(launch.threads);
  std::iota(unstarted_.begin(), unstarted_.end(), 0u);
  meeting_.assign((launch.threads + 31) / 32, 0);
  at_barrier_ = returned_ = 0;
  shared_ = launch.shared_bytes == 0 ? nullptr : guarded_allocate(launch.shared_bytes);
  if (shared_ != nullptr) {
    fill(shared_, launch.shared_bytes, poison);
    watch::allocated(shared_, launch.shared_bytes, "shared memory");
  }
  if (idle_.empty()) idle_.push_back(&fibers_.emplace_back(&Block::fiber_main, this));
  Fiber* const first = idle_.back();
  idle_.pop_back();
  go_to(main_, *first);
  if (shared_ == nullptr) return;
  if (!guards_intact(shared_, launch.shared_bytes)) fault("has written beyond its block's shared memory");
  watch::freed(shared_);
  guarded_free(shared_);
  shared_ = nullptr;
}

void Block::go_to(Fiber& from, Fiber& to) {
  ++switches;
  running_fiber = &to;
  from.switch_to(to);
}

// The life of a fiber that is not in the middle of a thread: starts threads, or hands over to one that can go on.
void Block::serve(Fiber& self) {
  for (;;) {
    const auto unstarted = static_cast<std::uint32_t>(unstarted_.size());
    const auto choices = unstarted + static_cast<std::uint32_t>(ready_.size());
    if (choices == 0) {
      if (returned_ < launch_->threads) stuck();
      idle_.push_back(&self);
      go_to(self, main_);
      continue;
    }
    const std::uint32_t choice = random_->below(choices);
    if (choice < unstarted) {
      const std::uint32_t index = std::exchange(unstarted_[choice], unstarted_.back());
      unstarted_.pop_back();
      call_thread(self, index);
    } else {
      const std::uint32_t index = std::exchange(ready_[choice - unstarted], ready_.back());
      ready_.pop_back();
      idle_.push_back(&self);
      become(index);
      go_to(self, *threads_[index].fiber);
    }
  }
}

void Block::become(std::uint32_t index) {
  current_ = index;
  threads_[index].progress = Progress::running;
  threadIdx.x = index;
  watch::thread_goes_on(index);
}

void Block::call_thread(Fiber& self, std::uint32_t index) {
  threads_[index].fiber = &self;
  watch::thread_starts(index);
  become(index);
  launch_->thread();
  threads_[index].progress = Progress::returned;
  ++returned_;
}

// The running thread waits; comes back when it goes on.
void Block::leave_running_thread() {
  const std::uint32_t index = current_;
  Fiber& self = *threads_[index].fiber;
  if (!unstarted_.empty()) {
    // A fiber without a thread chooses what happens next.
    if (idle_.empty()) idle_.push_back(&fibers_.emplace_back(&Block::fiber_main, this));
    Fiber* const next = idle_.back();
    idle_.pop_back();
    go_to(self, *next);
    return;
  }
  if (ready_.empty()) find_work_when_all_wait();
  const std::uint32_t choice = random_->below(static_cast<std::uint32_t>(ready_.size()));
  const std::uint32_t next = std::exchange(ready_[choice], ready_.back());
  ready_.pop_back();
  become(next);
  if (next != index) go_to(self, *threads_[next].fiber);
}

void Block::make_ready(std::uint32_t index) {
  threads_[index].progress = Progress::ready;
  ready_.push_back(index);
}

// Opens the barrier, if that is what all wait for.
void Block::find_work_when_all_wait() {
  if (at_barrier_ < launch_->threads) stuck();
  at_barrier_ = 0;
  watch::block_synchronized();
  for (std::uint32_t i = 0; i < launch_->threads; ++i) make_ready(i);
}

void Block::barrier(Site site) {
  Thread& thread = threads_[current_];
  thread.progress = Progress::at_barrier;
  thread.site = site;
  if (at_barrier_++ == 0) barrier_site_ = site;
  if (barrier_site_.line() != site.line())
    fault("divergent barrier: threads wait at " + text(barrier_site_) + " and at " + text(site));
  leave_running_thread();
}

bool Block::all_came(unsigned first, const Thread& caller) const {
  if ((meeting_[first / 32] & caller.mask) != caller.mask) return false;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((caller.mask >> lane & 1) == 0) continue;
    const Thread& other = threads_[first + lane];
    if (other.call != caller.call || other.mask != caller.mask || other.site.line() != caller.site.line())
      return false;
  }
  return true;
}

std::uint64_t Block::meet(WarpCall call, unsigned mask, std::uint64_t value, unsigned from, Site site) {
  const unsigned lane = current_ % 32, first = current_ - lane;
  const std::uint32_t lanes = std::min(32u, launch_->threads - first);
  Thread& thread = threads_[current_];
  thread.call = call;
  thread.mask = mask;
  thread.value = value;
  thread.from = from;
  thread.site = site;
  if ((mask >> lane & 1) == 0) fault("the mask at " + text(site) + " leaves out the lane that uses it");
  if (lanes < 32 && (mask >> lanes) != 0)
    fault("the mask at " + text(site) + " names lanes that the block of " + std::to_string(launch_->threads) +
          " threads does not have");
  if ((mask >> from & 1) == 0 && call == WarpCall::shuffle)
    fault("the shuffle at " + text(site) + " reads lane " + std::to_string(from) + ", which its mask leaves out");
  thread.progress = Progress::meeting;
  meeting_[first / 32] |= 1u << lane;
  if (all_came(first, thread)) meet_complete(first, mask, call);
  leave_running_thread();
  return thread.result;
}

void Block::meet_complete(unsigned first, unsigned mask, WarpCall call) {
  std::uint64_t ballot = 0;
  if (call == WarpCall::sync) watch::warp_synchronized(first, mask);
  meeting_[first / 32] &= ~mask;
  for (unsigned lane = 0; lane < 32; ++lane)
    if ((mask >> lane & 1) != 0 && threads_[first + lane].value != 0) ballot |= std::uint64_t{1} << lane;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    Thread& thread = threads_[first + lane];
    thread.result = call == WarpCall::shuffle ? threads_[first + thread.from].value : ballot;
    make_ready(first + lane);
  }
}

void* Block::shared() {
  if (shared_ == nullptr) fault("asks for shared memory, but its launch gave it none");
  return shared_;
}

std::string Block::who(std::uint32_t index) const {
  const Thread& thread = threads_[index];
  std::string name = "thread " + std::to_string(index);
  switch (thread.progress) {
    case Progress::returned: return name + " has returned";
    case Progress::at_barrier: return name + " waits at the barrier at " + text(thread.site);
    case Progress::meeting: {
      char mask[16];
      std::snprintf(mask, sizeof mask, "0x%08x", thread.mask);
      return name + " waits for the lanes " + mask + " at " + text(thread.site);
    }
    default: return name + " has not begun";
  }
}

void Block::fault(const std::string& what) const {
  fail("kernel " + text(*launch_) + ", block (" + std::to_string(blockIdx.x) + ", " + std::to_string(blockIdx.y) +
       "), thread " + std::to_string(current_) + ": " + what);
}

// Nobody can go on: one waiting thread, and one that does something else, tell why.
void Block::stuck() const {
  std::uint32_t waiting = 0;
  while (threads_[waiting].progress != Progress::meeting && waiting + 1 < launch_->threads) ++waiting;
  if (threads_[waiting].progress != Progress::meeting)
    for (waiting = 0; threads_[waiting].progress == Progress::returned;) ++waiting;
  const Thread& thread = threads_[waiting];
  const bool lanes = thread.progress == Progress::meeting;
  const std::uint32_t first = lanes ? waiting - waiting % 32 : 0;
  std::uint32_t missing = first;
  for (; missing + 1 < launch_->threads; ++missing) {
    const Thread& other = threads_[missing];
    if (lanes ? (thread.mask >> (missing - first) & 1) != 0 &&
                    (other.progress != Progress::meeting || other.mask != thread.mask ||
                     other.call != thread.call || other.site.line() != thread.site.line())
              : other.progress != Progress::at_barrier)
      break;
  }
  fault(std::string(lanes ? "a named lane does not come" : "divergent barrier") + ": " + who(waiting) + ", " +
        who(missing));
}

}  // namespace

void barrier(Site site) { the_block().barrier(site); }
std::uint64_t meet(WarpCall call, unsigned mask, std::uint64_t value, unsigned from, Site site) {
  return the_block().meet(call, mask, value, from, site);
}
void* shared_memory_of_block() { return the_block().shared(); }
unsigned lane() { return threadIdx.x % 32; }
std::uint64_t switches_so_far() { return the_block().switches; }

std::string text(const Launch& launch) {
  return function_at(launch.kernel) + " (launched at " + text(launch.grid.where) + ")";
}

void fill(void* memory, std::size_t bytes, std::uint32_t poison) {
  auto* const to = static_cast<unsigned char*>(memory);
  for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<unsigned char>(poison >> (8 * (i % 4)));
}

std::uint64_t atomic_add(void* at, std::uint64_t value, std::size_t bytes) {
  watch::atomic_access(at, bytes, __builtin_return_address(0));
  std::uint64_t before = 0;
  std::memcpy(&before, at, bytes);  // little-endian: the low bytes
  value += before;
  std::memcpy(at, &value, bytes);
  return before;
}

void run_launch(const Launch& launch, std::uint32_t poison, Random& random) {
  const std::uint64_t blocks = std::uint64_t{launch.grid.x} * launch.grid.y;
  std::vector<std::uint32_t> order(blocks);
  std::iota(order.begin(), order.end(), 0u);
  blockDim = {launch.threads, 1, 1};
  gridDim = {launch.grid.x, launch.grid.y, 1};
  watch::launch_begins(launch);
  for (std::uint64_t left = blocks; left > 0; --left) {
    const std::uint32_t choice = random.below(static_cast<std::uint32_t>(left));
    const std::uint32_t block = std::exchange(order[choice], order[left - 1]);
    blockIdx = {block % launch.grid.x, block / launch.grid.x, 0};
    watch::block_begins(block);
    the_block().run(launch, poison, random);
  }
}

}  // namespace anirec::emulation
