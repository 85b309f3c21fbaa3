// The seam between the program and what computes: domain operations, not tensor operations, so that each engine
// fuses as it likes. Every call finishes before it returns.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataset/seen_items.h"
#include "dataset/split.h"
#include "engine/train_settings.h"
#include "model/model_config.h"
#include "model/parameters.h"

namespace anirec {

// Positions of the order of all passes: pass k covers [k·n, (k+1)·n), n the number of train samples.
struct PositionRange {
  std::uint64_t begin = 0, end = 0;
};

// Where a step begins. Steps count from 1; a pass of n samples has ⌈n/B⌉ steps, the last one short.
inline std::uint64_t step_begin(std::uint64_t step, std::uint64_t samples, std::uint32_t batch_size) {
  const std::uint64_t steps_a_pass = (samples + batch_size - 1) / batch_size;
  return (step - 1) / steps_a_pass * samples + (step - 1) % steps_a_pass * batch_size;
}

// Running sums over the samples trained on, added batch by batch so that it does not matter how a run is cut
// into calls. Predictions are those of the training pass (dropout on). What a model does not have stays 0.
struct TrainSums {
  double samples = 0;
  double loss = 0;  // Σ over batches of batch size · training loss (weighted, with l2)
  double squared_error = 0, absolute_error = 0;
  double cross_entropy = 0;  // unweighted
  double true_positive = 0, false_positive = 0, true_negative = 0, false_negative = 0;
  std::uint64_t first_bad_step = 0;  // the first step whose loss was not finite; 0: none
};

inline void add_sums(TrainSums& to, const TrainSums& from) {
  to.samples += from.samples;
  to.loss += from.loss;
  to.squared_error += from.squared_error;
  to.absolute_error += from.absolute_error;
  to.cross_entropy += from.cross_entropy;
  to.true_positive += from.true_positive;
  to.false_positive += from.false_positive;
  to.true_negative += from.true_negative;
  to.false_negative += from.false_negative;
}

// An index that stands for a user or item the model does not know: its embedding and bias count as zero.
constexpr std::uint32_t unknown_index = 0xFFFFFFFFu;

// Scores before the activation, one vector a head.
struct Scores {
  std::vector<std::vector<float>> by_head;  // [heads][n]
};

// The best items of each asked user, best first; ties go to the lower index.
struct Ranked {
  int k = 0;
  std::vector<std::uint32_t> item;                 // [users · k]; unknown_index where there are no more
  std::vector<float> score;                        // [users · k], the ranking head's score before the activation
  std::vector<std::uint32_t> first_relevant_rank;  // [users], from 1; 0: none. Empty where not asked for
};

// What one phase of a step took; `name` is a literal.
struct PhaseTime {
  const char* name;
  double seconds;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string describe() const = 0;  // "cpu, 2 threads"
  // Bytes read and written a second when copying the memory it computes in, measured now; 0: not known.
  virtual double copy_rate() const { return 0; }

  // Starts from these parameters; with a state they are raw (as read_state gave them).
  virtual void load(const Parameters& parameters, const OptimizerState* state) = 0;
  // The samples to train on; the caller keeps them alive.
  virtual void attach(const Samples& samples) = 0;
  // Trains on whole batches: both ends of the range are where a step begins (or the end of a pass). Stops some
  // batches after the one that made sums.first_bad_step: the parameters are worthless then, and so are later sums.
  virtual void train(PositionRange positions, TrainSums& sums) = 0;
  // Trains like train() and says what each phase took, over all steps of the range: what a profiler would see, so
  // steps are launched one by one. Empty, and nothing is trained: the engine has no phases that follow one
  // another.
  virtual std::vector<PhaseTime> time_phases(PositionRange, TrainSums&) { return {}; }

  // Looking never writes: rows are brought forward in passing, never in place.
  virtual void predict(std::span<const std::uint32_t> users, std::span<const std::uint32_t> items,
                       Scores& scores) const = 0;
  // Full catalogue. Items in seen->of(user) are left out; with `relevant`, also the uncut rank of the best of
  // relevant->of(user) among the rest. Users may be unknown_index (no lists then).
  virtual void rank(std::span<const std::uint32_t> users, int k, const ItemLists* seen, const ItemLists* relevant,
                    Ranked& ranked) const = 0;
  virtual void read(Parameters& parameters) const = 0;                               // brought forward
  virtual void read_state(Parameters& parameters, OptimizerState& state) const = 0;  // raw
};

}  // namespace anirec
