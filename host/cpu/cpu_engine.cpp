#include "cpu/cpu_engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "cpu/batch.h"
#include "cpu/blas.h"
#include "cpu/cpu_state.h"
#include "cpu/dot_step.h"
#include "cpu/mlp_step.h"
#include "cpu/predict.h"
#include "cpu/rank.h"
#include "cpu/window.h"
#include "memory.h"
#include "parallel/lone_runs.h"
#include "parallel/team.h"

namespace anirec {
namespace {

// Of shorter runs, in seconds, starting the threads is too large a part to tell what waiting costs.
constexpr double least_judged = 0.01;

// The next batch's rows are fetched while this one's are updated, where they take so few bytes of each member's
// caches that they are still there when their turn comes.
constexpr std::size_t most_fetched_ahead = std::size_t{1} << 19;

// A thread's address space, of which little is ever touched: OpenBLAS's buffer, and glibc's for its allocations.
constexpr std::uint64_t thread_address_space = (130 + 64) << 20;

class CpuEngine final : public Engine {
 public:
  CpuEngine(const ModelConfig& model, const TrainSettings& settings, int threads)
      : settings_(settings), team_(threads), state_(model, settings) {
    // OpenBLAS asks for a buffer a thread at its first call, and asks for ever where it gets none: what the engine
    // and the copies of its tables take until then must leave room for it.
    require_address_space(thread_address_space * static_cast<std::uint64_t>(threads) +
                              2 * cpu_engine_memory(model, settings, threads),
                          "the engine for CPUs", "raise ulimit -v, or give a smaller --threads");
    prepare_blas();
  }

  std::string describe() const override {
    return "cpu, " + std::to_string(team_.size()) + (team_.size() == 1 ? " thread" : " threads");
  }

  double copy_rate() const override {
    using Clock = std::chrono::steady_clock;
    constexpr std::size_t size = std::size_t{1} << 28, piece = std::size_t{1} << 20;  // more than caches hold
    std::vector<char> from(size, 1), to(size, 2);
    double best = 0;
    for (int round = 0; round < 5; ++round) {
      const Clock::time_point start = Clock::now();
      team_.for_ranges(size, piece, [&](std::size_t begin, std::size_t end, int) {
        std::memcpy(to.data() + begin, from.data() + begin, end - begin);
      });
      best = std::max(
          best, 2.0 * static_cast<double>(size) / std::chrono::duration<double>(Clock::now() - start).count());
    }
    return best;
  }

  void load(const Parameters& parameters, const OptimizerState* state) override {
    state_.users.set(0, parameters.user_embedding, parameters.user_bias);
    state_.items.set(0, parameters.item_embedding, parameters.item_bias);
    const auto line_vector = [](const std::vector<float>& from) { return LineVector(from.begin(), from.end()); };
    const std::size_t size = parameters.dense.size();
    state_.dense = {line_vector(parameters.dense), LineVector(size), LineVector(size)};
    state_.step = state == nullptr ? 0 : state->step;
    if (state != nullptr) {
      set_moments(1, state->first);
      set_moments(2, state->second);
      if (!state->first.dense.empty()) state_.dense.first = line_vector(state->first.dense);
      if (!state->second.dense.empty()) state_.dense.second = line_vector(state->second.dense);
      if (state_.users.puts_updates_off()) {
        state_.users.set_last_steps(state->user_last_step, state->step);
        state_.items.set_last_steps(state->item_last_step, state->step);
      }
      state_.catch_up.extend(state_.step);
    }
  }

  void attach(const Samples& samples) override {
    samples_ = &samples;
    window_ = std::make_unique<Window>(samples, settings_.batch_size, team_.size());
    if (state_.model.trunk() == Trunk::dot)
      model_step_ = std::make_unique<DotStep>(state_.model, settings_, state_.users, state_.items, state_.dense,
                                              team_.size());
    else
      model_step_ = std::make_unique<MlpStep>(state_.model, settings_, state_.users, state_.items, state_.dense,
                                              team_.size());
  }

  void train(PositionRange positions, TrainSums& sums) override {
    if (positions.begin >= positions.end || sums.first_bad_step != 0) return;
    const std::uint64_t samples = samples_->train.size();
    const std::uint64_t steps_a_pass = (samples + settings_.batch_size - 1) / settings_.batch_size;
    const auto step_of = [&](std::uint64_t position) {
      return position / samples * steps_a_pass + position % samples / settings_.batch_size + 1;
    };
    const auto work = [&](int member) {
      for (std::uint64_t at = positions.begin; at < positions.end;) {
        // A window ends with its pass.
        const std::uint64_t pass = at / samples, in_pass = at % samples;
        const std::uint64_t window_end =
            std::min({positions.end, (pass + 1) * samples, at + window_->size(team_.size())});
        const std::uint32_t size = static_cast<std::uint32_t>(window_end - at);
        const std::uint64_t first_step = step_of(at);
        window_->plan(pass_order(settings_.seed, static_cast<std::uint32_t>(pass), samples, settings_.shuffle),
                      in_pass, size, member);
        team_.barrier();
        for (std::uint32_t first = 0, b = 0; first < size; first += settings_.batch_size, ++b)
          if (!make_step(b, std::min(settings_.batch_size, size - first), size - first > settings_.batch_size,
                         first_step + b, member, sums))
            return;
        at = window_end;
      }
    };
    // One member's work, which the others would sleep through.
    state_.catch_up.extend(step_of(positions.end - 1) + 1);
    if (lone_runs_.next_is_alone()) return team_.run_alone(work);
    const double worked = team_.worked_seconds();
    const auto start = std::chrono::steady_clock::now();
    team_.run(work);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (taken.count() > least_judged && team_.size() > 1)
      lone_runs_.ran_together((team_.worked_seconds() - worked) / taken.count());
  }

  void predict(std::span<const std::uint32_t> users, std::span<const std::uint32_t> items,
               Scores& scores) const override {
    predict_pairs(state_, team_, users, items, scores);
  }

  void rank(std::span<const std::uint32_t> users, int k, const ItemLists* seen, const ItemLists* relevant,
            Ranked& ranked) const override {
    rank_items(state_, team_, users, k, seen, relevant, ranked);
  }

  void read(Parameters& parameters) const override {
    parameters.dense.assign(state_.dense.values.begin(), state_.dense.values.end());
    read_tables(parameters, false);
  }

  void read_state(Parameters& parameters, OptimizerState& state) const override {
    read_tables(parameters, true);
    parameters.dense.assign(state_.dense.values.begin(), state_.dense.values.end());
    get_moments(1, state.first);
    get_moments(2, state.second);
    const Optimizer kind = settings_.optimizer;
    const bool adams = kind == Optimizer::adam || kind == Optimizer::lazy_adam;
    const auto kept = [](const LineVector& from, bool wanted) {
      return wanted ? std::vector<float>(from.begin(), from.end()) : std::vector<float>();
    };
    state.first.dense = kept(state_.dense.first, adams);
    state.second.dense = kept(state_.dense.second, kind != Optimizer::sgd);
    state.user_last_step = state_.users.last_step;
    state.item_last_step = state_.items.last_step;
    state.step = state_.step;
  }

 private:
  // One step: see docs/design.md. False once a loss is not finite.
  bool make_step(std::uint32_t b, std::uint32_t size, bool more, std::uint64_t step, int member, TrainSums& sums) {
    const int members = team_.size();
    const std::size_t first = std::size_t{b} * settings_.batch_size;
    const FedSamples& fed = window_->fed();
    const double rate = learning_rate_at(settings_.rate, step);
    const auto row_bytes = [&](std::uint32_t of) {
      const std::size_t items = state_.items.puts_updates_off() ? window_->item_runs(of).count : 0;
      return (window_->user_runs(of).count * state_.users.stride() + items * state_.items.stride()) *
             sizeof(float);
    };
    const bool fetch_ahead = more && row_bytes(b + 1) / static_cast<std::size_t>(members) <= most_fetched_ahead;
    const Batch batch = {
        size,
        fed.user.data() + first,
        fed.item.data() + first,
        fed.sample.data() + first,
        fed.rating.data() + first,
        fed.label.data() + first,
        window_->user_runs(b),
        window_->item_runs(b),
        fetch_ahead ? window_->user_runs(b + 1) : RowRuns{},
        fetch_ahead ? window_->item_runs(b + 1) : RowRuns{},
        {&state_.catch_up, step, static_cast<float>(rate), 2 * settings_.l2 / static_cast<float>(size)}};
    if (state_.items.puts_updates_off()) {
      const RunShare share = even_share(batch.item_runs, member, members);
      bring_rows_forward(state_.items, batch.item_runs, share, share.last, batch.row_step);
      team_.barrier();
    }
    model_step_->train_users(batch, member, members);
    team_.barrier();
    model_step_->update_items(batch, member, members);
    finish_dense(batch, member, sums);
    team_.barrier();
    return sums.first_bad_step == 0;
  }

  // The dense parameters' update, in shares; member 0 also adds up the batch's figures, tile by tile.
  void finish_dense(const Batch& batch, int member, TrainSums& sums) {
    const Tiling tiling(batch.size);
    const std::uint64_t step = batch.row_step.step;
    const AdamStep adam = state_.catch_up.step(step);
    const std::uint32_t count = static_cast<std::uint32_t>(state_.dense.values.size());
    update_dense(state_.dense, settings_.optimizer, adam, batch.row_step.rate, model_step_->dense_gradients(),
                 model_step_->dense_stride(), tiling.groups, share_begin(count, member, team_.size()),
                 share_begin(count, member + 1, team_.size()));
    if (member != 0) return;
    state_.step = step;
    TrainSums of_batch;
    for (std::uint32_t tile = 0; tile < tiling.tiles; ++tile) add_sums(of_batch, model_step_->tile_sums()[tile]);
    if (!std::isfinite(of_batch.loss)) sums.first_bad_step = step;
    add_sums(sums, of_batch);
  }

  void set_moments(int column, const Parameters& moments) {
    state_.users.set(column, moments.user_embedding, moments.user_bias);
    state_.items.set(column, moments.item_embedding, moments.item_bias);
  }

  void get_moments(int column, Parameters& to) const {
    state_.users.get_moments(column, to.user_embedding, to.user_bias);
    state_.items.get_moments(column, to.item_embedding, to.item_bias);
  }

  // Rows after the last step, or each after its own.
  void read_tables(Parameters& to, bool raw) const {
    read_table(state_.users, raw, to.user_embedding, to.user_bias);
    read_table(state_.items, raw, to.item_embedding, to.item_bias);
  }

  void read_table(const RowTable& table, bool raw, std::vector<float>& values, std::vector<float>& biases) const {
    const std::size_t dim = static_cast<std::size_t>(table.dim()),
                      padded = static_cast<std::size_t>(table.padded());
    values.resize(table.rows() * dim);
    biases.resize(table.has_bias() ? table.rows() : 0);
    std::vector<float> rows(padded * static_cast<std::size_t>(team_.size()));
    team_.for_ranges(table.rows(), 1024, [&](std::size_t begin, std::size_t end, int member) {
      float* row = rows.data() + padded * static_cast<std::size_t>(member);
      for (std::size_t r = begin; r < end; ++r) {
        float bias;
        if (raw)
          table.raw_row(static_cast<std::uint32_t>(r), state_.catch_up, row, bias);
        else
          state_.look_at(table, static_cast<std::uint32_t>(r), row, bias);
        std::copy_n(row, dim, values.data() + r * dim);
        if (table.has_bias()) biases[r] = bias;
      }
    });
  }

  TrainSettings settings_;
  mutable Team team_;  // looking uses its threads too
  LoneRuns lone_runs_;
  CpuState state_;
  const Samples* samples_ = nullptr;
  std::unique_ptr<Window> window_;
  std::unique_ptr<ModelStep> model_step_;
};

}  // namespace

std::unique_ptr<Engine> make_cpu_engine(const ModelConfig& model, const TrainSettings& settings, int threads) {
  return std::make_unique<CpuEngine>(model, settings, threads);
}

std::uint64_t cpu_engine_memory(const ModelConfig& model, const TrainSettings& settings, int threads) {
  const std::uint64_t batch = settings.batch_size, padded = static_cast<std::uint64_t>(padded_width(model.dim));
  const std::uint64_t dense = dense_tensors(model).back().offset + dense_tensors(model).back().size();
  const Tiling tiling = Tiling::room_for(settings.batch_size);
  // Floats and 32-bit numbers alike: masks and gradients.
  std::uint64_t numbers = batch * padded / 16 + (tiling.groups + 3) * (dense + lanes);
  if (model.trunk() == Trunk::mlp)
    numbers +=
        batch * padded + MlpStep::scratch_floats(model, settings.batch_size) * static_cast<std::uint64_t>(threads);
  else
    numbers += batch * 2;
  if (model.trunk() == Trunk::dot && settings.optimizer != Optimizer::adam)
    numbers += batch + padded * std::min<std::uint64_t>(batch, model.users);
  const auto table = [&](std::uint32_t count) {
    return RowTable::memory(count, model.dim, model.has_row_bias(), settings.optimizer);
  };
  return table(model.users) + table(model.items) + Window::memory(settings.batch_size, threads) +
         numbers * sizeof(float);
}

}  // namespace anirec
