// Samples in the order of a pass, planned for a number of batches at once, so that the team waits for planning
// once a window, not once a batch.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/batch_plan.h"
#include "cpu/sample_feed.h"
#include "dataset/split.h"
#include "formulas/epoch_order.h"

namespace anirec {

class Window {
 public:
  // For a team of `members`. A batch is never larger than a pass.
  Window(const Samples& samples, std::uint32_t batch_size, int members);
  static std::uint64_t memory(std::uint32_t batch_size, int members);

  // The most samples of a window that `members` plan.
  std::uint64_t size(int members) const;
  // A member's part of the batches of `samples` samples from a position of a pass on: reads them in its order and
  // puts each batch user by user, with its runs of both tables. The users ascend, as items always do. But where
  // there are so many that hardly one comes back while its row is in a cache, they come in the order of their
  // first items: a member's samples then have most of the items that it brings forward and updates.
  void plan(const PassOrder& order, std::uint64_t first_position_in_pass, std::uint32_t samples, int member);

  const FedSamples& fed() const { return fed_; }  // batch after batch
  const RowRuns& user_runs(std::uint32_t batch) const { return users_.runs[batch]; }
  const RowRuns& item_runs(std::uint32_t batch) const { return items_.runs[batch]; }

 private:
  struct Table {
    Table(std::size_t samples, std::size_t batches)
        : row(samples), begin(samples + batches), sample(samples), runs(batches) {}
    // Runs of `count` samples of batches from place `at` on, by the row of each.
    void find(RunFinder& finder, const std::uint32_t* index, std::uint32_t count, std::uint32_t batch_size,
              std::size_t at);

    std::vector<std::uint32_t> row, begin, sample;  // batch after batch; `begin` has one more each
    std::vector<RowRuns> runs;                      // [batches]
  };
  // One member's memory for planning some batches at a time, few enough for the nearest caches where they are
  // small.
  struct Planner {
    FedSamples drawn;  // in the order of the pass
    RunFinder users, items;
    Table by_user;                                // of samples in the order of their items
    std::vector<std::uint32_t> index, first_run;  // [a batch or more]
  };
  void order_by_users(Planner& planner, std::size_t at, std::uint32_t count);
  void order_by_items(Planner& planner, std::size_t at, std::uint32_t count);

  const Samples& samples_;
  std::uint32_t batch_size_, batches_at_a_time_;
  bool by_items_;
  FedSamples fed_;
  Table users_, items_;
  std::vector<Planner> planners_;  // of each member that plans
};

}  // namespace anirec
