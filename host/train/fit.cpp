#include "train/fit.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "error.h"
#include "interrupt.h"

namespace anirec {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

nlohmann::ordered_json metrics_line(std::uint64_t epoch, std::uint64_t step, const char* split,
                                    const Metrics& metrics, double seconds) {
  nlohmann::ordered_json line = {{"epoch", epoch}, {"step", step}, {"split", split}};
  add_metrics(line, metrics, false);
  line["seconds"] = seconds;
  line["samples_per_second"] = seconds > 0 ? static_cast<double>(metrics.rows) / seconds : 0.0;
  return line;
}

class Fit {
 public:
  Fit(const FitInputs& in, Engine& engine, Progress& progress, TrainingWatcher& watcher)
      : in_(in),
        engine_(engine),
        progress_(progress),
        watcher_(watcher),
        steps_per_epoch_(config_steps_per_epoch(in.config, in.samples.train.size())),
        validation_(std::span(in.samples.rows).subspan(in.samples.validation.begin, validation_rows())),
        stopping_(in.config.monitor, in.config.patience, !validation_.empty()),
        keep_best_(in.config.keep == "best" && in.samples.validation.size() > 0) {}

  FitEnd run() {
    while (!is_over()) {
      if (const auto end = train_epoch()) {
        checkpoint();
        return *end;
      }
      finish_epoch();
      if (is_over() || checkpoint_is_due()) checkpoint();
    }
    return progress_.epoch >= in_.config.epochs ? FitEnd::all_epochs : FitEnd::stopped_early;
  }

 private:
  // A resumed run may have been over, and may have been given more epochs since.
  bool is_over() const { return progress_.epoch >= in_.config.epochs || stopping_.is_over(progress_.best); }

  std::uint64_t validation_rows() const {
    const std::uint64_t rows = in_.samples.validation.size(), most = in_.config.validation_rows;
    return most > 0 ? std::min(rows, most) : rows;
  }

  std::uint64_t position_of(std::uint64_t step) const {
    return step_begin(step, in_.samples.train.size(), in_.settings.batch_size);
  }

  // To the end of the epoch that is under way, in pieces of about a tenth of a second; a reason where it stops
  // before.
  std::optional<FitEnd> train_epoch() {
    const std::uint64_t end = (progress_.epoch + 1) * steps_per_epoch_;
    while (progress_.step < end) {
      if (interrupt_requested()) return FitEnd::interrupted;
      if (in_.config.max_seconds > 0 && seconds_since(start_) >= in_.config.max_seconds)
        return FitEnd::out_of_time;
      const std::uint64_t piece = std::min(end - progress_.step, piece_steps_);
      const Clock::time_point before = Clock::now();
      engine_.train({position_of(progress_.step + 1), position_of(progress_.step + piece + 1)}, progress_.sums);
      const double seconds = seconds_since(before);
      refuse_bad_loss();
      progress_.step += piece;
      progress_.seconds += seconds;
      const double speed = static_cast<double>(piece) / std::max(seconds, 1e-9);
      piece_steps_ =
          static_cast<std::uint64_t>(std::clamp(speed * 0.1, 1.0, 2.0 * static_cast<double>(piece_steps_)));
      watcher_.on_progress(progress_.epoch + 1,
                           1 - static_cast<double>(end - progress_.step) / static_cast<double>(steps_per_epoch_),
                           progress_.sums.loss / progress_.sums.samples, speed * in_.settings.batch_size);
      // An epoch may take hours: a machine that fails in it costs a minute.
      if (in_.config.checkpoint_every == 0 && seconds_since(last_checkpoint_) >= 60) checkpoint();
    }
    return std::nullopt;
  }

  [[noreturn]] void refuse(const std::string& what, std::uint64_t epoch) const {
    const std::string kept = std::filesystem::exists(in_.run.file("optimizer.safetensors"))
                                 ? "; the last checkpoint in " + printable(in_.run.path()) + " is kept"
                                 : "";
    throw Error(ExitCode::other, what + " (epoch " + std::to_string(epoch) + "); train with a smaller --lr" + kept,
                std::source_location::current());
  }

  void refuse_bad_loss() const {
    if (progress_.sums.first_bad_step == 0) return;
    refuse("the training loss is not finite at step " + std::to_string(progress_.sums.first_bad_step),
           progress_.epoch + 1);
  }

  // A step can leave what no later loss has seen yet: it must not replace a checkpoint that is good.
  void refuse_bad_parameters(const Parameters& p) const {
    for (const auto* values : {&p.user_embedding, &p.item_embedding, &p.user_bias, &p.item_bias, &p.dense})
      if (!std::all_of(values->begin(), values->end(), [](float value) { return std::isfinite(value); }))
        refuse("the parameters are not finite after step " + std::to_string(progress_.step), progress_.epoch);
  }

  void finish_epoch() {
    EpochReport report;
    report.epoch = ++progress_.epoch;
    report.step = progress_.step;
    report.train = training_metrics(in_.model, progress_.sums);
    report.seconds = progress_.seconds;
    report.samples_per_second = progress_.sums.samples / std::max(progress_.seconds, 1e-9);
    in_.run.metrics().append(metrics_line(report.epoch, report.step, "train", report.train, report.seconds));
    if (!validation_.empty()) {
      const Clock::time_point before = Clock::now();
      report.validation = evaluate_rows(engine_, in_.model, validation_);
      if (!std::isfinite(report.validation->loss))
        refuse("the validation loss is not finite after step " + std::to_string(report.step), report.epoch);
      in_.run.metrics().append(
          metrics_line(report.epoch, report.step, "validation", *report.validation, seconds_since(before)));
    }
    report.best = stopping_.is_best(progress_.best, report.epoch, report.train,
                                    report.validation ? &*report.validation : nullptr);
    if (report.best && keep_best_) {
      engine_.read(best_);
      best_is_new_ = true;
    }
    progress_.sums = TrainSums{};
    progress_.seconds = 0;
    watcher_.on_epoch(report);
  }

  bool checkpoint_is_due() {
    const double every = in_.config.checkpoint_every;
    if (every > 0) return progress_.epoch % static_cast<std::uint64_t>(std::max(1.0, every)) == 0;
    return !checkpointed_ || seconds_since(last_checkpoint_) >= 1;
  }

  // The model, then (already there) metrics, then the optimizer file, which commits.
  void checkpoint() {
    Parameters parameters;
    const bool has_best = progress_.best.epoch > 0;
    if (!keep_best_ || !has_best) {
      engine_.read(parameters);
      refuse_bad_parameters(parameters);
      write_model(in_.run.model_file(), in_.model, parameters, in_.users, in_.items);
    } else if (best_is_new_) {
      refuse_bad_parameters(best_);
      write_model(in_.run.model_file(), in_.model, best_, in_.users, in_.items);
      best_is_new_ = false;
    }
    OptimizerState state;
    engine_.read_state(parameters, state);
    refuse_bad_parameters(parameters);
    in_.run.write_checkpoint(in_.model, parameters, state, progress_);
    checkpointed_ = true;
    last_checkpoint_ = Clock::now();
  }

  const FitInputs& in_;
  Engine& engine_;
  Progress& progress_;
  TrainingWatcher& watcher_;
  const std::uint64_t steps_per_epoch_;
  const std::span<const Sample> validation_;
  const EarlyStopping stopping_;
  const bool keep_best_;  // model.safetensors holds the best epoch's weights, else the last
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_checkpoint_ = start_;
  bool checkpointed_ = false;
  std::uint64_t piece_steps_ = 16;
  Parameters best_;
  bool best_is_new_ = false;  // best_ is not yet on disk
};

}  // namespace

FitEnd fit(const FitInputs& in, Engine& engine, Progress& progress, TrainingWatcher& watcher) {
  return Fit(in, engine, progress, watcher).run();
}

}  // namespace anirec
