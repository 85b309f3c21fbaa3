#include "cuda_engine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "chunk_store.h"
#include "copy_rate.h"
#include "device/device.h"
#include "device_model.h"
#include "error.h"
#include "row_access.cuh"
#include "scoring.h"
#include "train_step.h"
#include "window.h"

namespace anirec {
namespace {

using namespace cuda;

std::string gigabytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f GB", static_cast<double>(bytes) / 1e9);
  return text;
}

device::GemmMath gemm_math(Math math, int major) {
  switch (math) {
    case Math::fp32: return device::GemmMath::fp32;
    case Math::tf32: return device::GemmMath::tf32;
    case Math::bf16: return device::GemmMath::bf16;
    case Math::automatic: break;
  }
  return major >= 8 ? device::GemmMath::tf32 : device::GemmMath::fp32;
}

std::size_t dense_size(const ModelConfig& model) {
  const std::vector<DenseTensor> tensors = dense_tensors(model);
  return tensors.back().offset + tensors.back().size();
}

// The tables, the dense parameters, and room to look at them.
std::uint64_t model_bytes(const ModelConfig& model, Optimizer optimizer) {
  return DeviceTable::bytes_needed(model.users, model.dim, model.has_row_bias(), optimizer) +
         DeviceTable::bytes_needed(model.items, model.dim, model.has_row_bias(), optimizer) + dense_size(model) * 16 +
         bytes_needed_to_look(model);
}

// What the plan cannot know: cuBLASLt's workspaces and code, lists of items, and the rounding up of allocations.
std::uint64_t reserve_of(const device::DeviceInfo& device) {
  return std::min<std::uint64_t>(device.free_bytes / 20, std::uint64_t{2} << 30);
}

class CudaEngine final : public Engine {
 public:
  CudaEngine(const ModelConfig& model, const TrainSettings& settings, int index, std::uint64_t memory_limit)
      : model_(model),
        settings_(settings),
        device_(selected_device(model, index)),
        memory_limit_(std::min(memory_limit == 0 ? device_.free_bytes : memory_limit, device_.free_bytes - reserve_of(device_))),
        math_(gemm_math(settings.math, device_.major)),
        rates_(settings.rate),
        users_(model.users, model.dim, model.has_row_bias(), checked(settings.optimizer)),
        items_(model.items, model.dim, model.has_row_bias(), settings.optimizer),
        dense_(dense_size(model)),
        catch_up_(compute_) {}

  std::string describe() const override {
    std::string text = "cuda:" + std::to_string(device_.index) + " " + device_.name + ", " +
                       gigabytes(device::allocated_bytes()) + " of " + gigabytes(memory_limit_) + " used";
    if (store_ != nullptr) text += store_->resident() ? ", all samples resident" : ", samples streamed";
    return text;
  }

  double copy_rate() const override { return measured_copy_rate(compute_); }

  void load(const Parameters& parameters, const OptimizerState* state) override {
    upload(0, parameters);
    dense_.first.clear(compute_);
    dense_.second.clear(compute_);
    upload_dense(dense_.values, parameters.dense);
    step_ = state == nullptr ? 0 : state->step;
    if (state == nullptr) return compute_.synchronize();
    upload(1, state->first);
    upload(2, state->second);
    upload_dense(dense_.first, state->first.dense);
    upload_dense(dense_.second, state->second.dense);
    if (users_.keeps_last_step()) {
      users_.upload_last_steps(state->user_last_step, compute_);
      items_.upload_last_steps(state->item_last_step, compute_);
    }
    follow_rates(step_);
    compute_.synchronize();
  }

  void attach(const Samples& samples) override {
    samples_ = &samples;
    const std::uint32_t batch = settings_.batch_size;
    const std::uint64_t train = samples.train.size();
    const std::uint64_t batches_a_pass = (train + batch - 1) / batch;
    const std::uint32_t batches = static_cast<std::uint32_t>(std::min<std::uint64_t>(Window::batches_for(batch), batches_a_pass));
    const std::uint32_t window = batches * batch;
    const std::uint32_t slots = slots_that_fit(samples, batches);
    graphs_ = {};
    for (int w = 0; w < 2; ++w) windows_[w] = std::make_unique<Window>(settings_, model_, batches);
    scratch_ = std::make_unique<PlanScratch>(window);
    store_ = std::make_unique<ChunkStore>(samples, slots, plan_);
    step_launches_ = std::make_unique<TrainStep>(model_, settings_, users_, items_, dense_, window,
                                                 static_cast<std::uint32_t>(train % batch), math_, compute_);
    const std::size_t parts = std::size_t{batches} * ((batch + figure_part_samples - 1) / figure_part_samples);
    for (int w = 0; w < 2; ++w) {
      figures_[w] = device::Buffer<FigureSums>(parts);
      host_figures_[w] = device::Pinned<FigureSums>(parts);
    }
  }

  void train(PositionRange positions, TrainSums& sums) override { train_timed(positions, sums, nullptr); }
  std::vector<PhaseTime> time_phases(PositionRange positions, TrainSums& sums) override {
    PhaseTimes times;
    train_timed(positions, sums, &times);
    return times.total();
  }

  void predict(std::span<const std::uint32_t> users, std::span<const std::uint32_t> items, Scores& scores) const override {
    predict_pairs(looked_at(), users, items, scores, compute_);
  }
  void rank(std::span<const std::uint32_t> users, int k, const ItemLists* seen, const ItemLists* relevant,
            Ranked& ranked) const override {
    rank_items(looked_at(), users, k, seen, relevant, ranked, compute_);
  }
  void read(Parameters& parameters) const override { read_parameters(looked_at(), parameters, compute_); }

  void read_state(Parameters& parameters, OptimizerState& state) const override {
    download(0, parameters);
    download(1, state.first);
    download(2, state.second);
    const Optimizer kind = settings_.optimizer;
    const bool adams = kind == Optimizer::adam || kind == Optimizer::lazy_adam;
    parameters.dense = download_dense(dense_.values, true);
    state.first.dense = download_dense(dense_.first, adams);
    state.second.dense = download_dense(dense_.second, kind != Optimizer::sgd);
    state.user_last_step = users_.download_last_steps(compute_);
    state.item_last_step = items_.download_last_steps(compute_);
    state.step = step_;
  }

 private:
  static device::DeviceInfo selected_device(const ModelConfig& model, int index) {
    if (model.dim > widest_row)
      throw UsageError("--dim " + std::to_string(model.dim) + ": the CUDA engine takes up to " + std::to_string(widest_row) +
                       "; choose a smaller one, or --device cpu");
    device::select(index);
    return device::selected();
  }

  [[noreturn]] void refuse(std::uint64_t needed, const char* what) const {
    throw DeviceError("cuda:" + std::to_string(device_.index) + ": " + what + " takes " + gigabytes(needed) + ", and " +
                      gigabytes(memory_limit_) + " may be used; choose a smaller --dim or --batch-size, a larger " +
                      "--device-memory-limit, or --device cpu");
  }

  // Before the first table is allocated: what cannot fit is refused with a plan, not by a failing call.
  Optimizer checked(Optimizer optimizer) const {
    const std::uint64_t needed = model_bytes(model_, optimizer);
    if (needed > memory_limit_) refuse(needed, "the model with its optimizer and its scores");
    return optimizer;
  }

  // Chunks to keep on the device; 0: all samples fit.
  std::uint32_t slots_that_fit(const Samples& samples, std::uint32_t batches) const {
    const std::uint32_t window = batches * settings_.batch_size;
    const std::uint64_t fixed = model_bytes(model_, settings_.optimizer) + 2 * Window::bytes_needed(settings_, model_, batches) +
                                PlanScratch::bytes_needed(window) + TrainStep::bytes_needed(model_, settings_, window);
    const std::uint64_t resident = ChunkStore::bytes_resident(samples);
    if (fixed + resident <= memory_limit_) return 0;
    const std::uint64_t chunk = order_chunk_size * sizeof(Sample), least = ChunkStore::slots_needed(window);
    if (fixed + least * chunk > memory_limit_) refuse(fixed + least * chunk, "training");
    return static_cast<std::uint32_t>((memory_limit_ - fixed) / chunk);
  }

  // Windows end with their pass.
  std::vector<WindowRange> cut(PositionRange positions) const {
    const std::uint64_t samples = samples_->train.size(), batch = settings_.batch_size;
    const std::uint64_t steps_a_pass = (samples + batch - 1) / batch;
    const std::uint64_t most = std::min<std::uint64_t>(Window::batches_for(settings_.batch_size), steps_a_pass) * batch;
    std::vector<WindowRange> ranges;
    for (std::uint64_t at = positions.begin; at < positions.end;) {
      const std::uint64_t pass = at / samples, end = std::min({positions.end, (pass + 1) * samples, at + most});
      ranges.push_back({static_cast<std::uint32_t>(pass), at % samples, static_cast<std::uint32_t>(end - at),
                        pass * steps_a_pass + at % samples / batch + 1});
      at = end;
    }
    return ranges;
  }

  // `times` null: steps are replayed as graphs.
  void train_timed(PositionRange positions, TrainSums& sums, PhaseTimes* times) {
    if (positions.begin >= positions.end || sums.first_bad_step != 0) return;
    const std::vector<WindowRange> ranges = cut(positions);
    const std::uint64_t last_step = ranges.back().first_step + ranges.back().batches(settings_.batch_size) - 1;
    follow_rates(last_step);
    plan(ranges, 0, times);
    for (std::size_t i = 0; i < ranges.size() && sums.first_bad_step == 0; ++i) {
      if (i + 1 < ranges.size()) plan(ranges, i + 1, times);
      compute(i, times);
      step_ = ranges[i].first_step + ranges[i].batches(settings_.batch_size) - 1;
      if (i > 0) collect(i - 1, sums);
      if (i + 1 == ranges.size() && sums.first_bad_step == 0) collect(i, sums);
    }
    device::synchronize();
  }

  void plan(const std::vector<WindowRange>& ranges, std::size_t i, PhaseTimes* times) {
    const std::size_t w = i % 2;
    computed_[w].wait_on(plan_);  // the window before in this memory has been used up
    const Phase phase("plan", plan_, times);
    windows_[w]->plan(ranges[i], samples_->train.size(), static_cast<std::uint32_t>(samples_->train.begin), rates_,
                      *store_, *scratch_, plan_);
    planned_[w].record(plan_);
  }

  void compute(std::size_t i, PhaseTimes* times) {
    const device::Range range("window");
    const std::size_t w = i % 2;
    Window& window = *windows_[w];
    const std::uint32_t batch = settings_.batch_size, size = window.range().size, batches = window.range().batches(batch);
    // Captured before anything of this window is queued.
    for (std::uint32_t first = 0; times == nullptr && first < size; first += batch) graph(w, std::min(batch, size - first));
    planned_[w].wait_on(compute_);
    for (std::uint32_t first = 0; first < size; first += batch) {
      const std::uint32_t samples = std::min(batch, size - first);
      if (times == nullptr)
        graph(w, samples).replay(compute_);
      else
        step_launches_->queue(window, samples, catch_up_.view(), compute_, times);
    }
    launch_figures(window.steps(), batches, batch, window.fed(), step_launches_->heads(), step_launches_->signal(),
                   settings_.l2, figures_[w].data(), compute_);
    const std::size_t parts = std::size_t{batches} * ((batch + figure_part_samples - 1) / figure_part_samples);
    figures_[w].download(host_figures_[w].span().first(parts), compute_);
    computed_[w].record(compute_);
    sizes_[w] = size;
    first_steps_[w] = window.range().first_step;
  }

  device::Graph& graph(std::size_t w, std::uint32_t size) {
    device::Graph& wanted = size == settings_.batch_size ? graphs_[w].full : graphs_[w].short_one;
    if (!wanted)
      wanted = device::Graph::capture(compute_, [&] { step_launches_->queue(*windows_[w], size, catch_up_.view(), compute_); });
    return wanted;
  }

  // Adds a window's figures, part by part and batch by batch.
  void collect(std::size_t i, TrainSums& sums) {
    const std::size_t w = i % 2;
    computed_[w].synchronize();
    const std::uint32_t batch = settings_.batch_size;
    const std::size_t parts = (batch + figure_part_samples - 1) / figure_part_samples;
    for (std::uint32_t first = 0, b = 0; first < sizes_[w]; first += batch, ++b) {
      TrainSums of_batch;
      of_batch.samples = std::min(batch, sizes_[w] - first);
      for (std::size_t part = 0; part < parts; ++part) {
        const double* of = host_figures_[w][b * parts + part].of;
        of_batch.loss += of[0];
        of_batch.squared_error += of[1];
        of_batch.absolute_error += of[2];
        of_batch.cross_entropy += of[3];
        of_batch.true_positive += of[4];
        of_batch.false_positive += of[5];
        of_batch.true_negative += of[6];
        of_batch.false_negative += of[7];
      }
      if (!std::isfinite(of_batch.loss)) sums.first_bad_step = first_steps_[w] + b;
      add_sums(sums, of_batch);
      if (sums.first_bad_step != 0) return;
    }
  }

  // The tables of rates reach `step`, here and on the device; graphs hold their addresses.
  void follow_rates(std::uint64_t step) {
    rates_.extend(step);
    if (catch_up_.follow(rates_, compute_)) graphs_ = {};
  }

  DeviceModel looked_at() const {
    return {model_, users_, items_, dense_, catch_up_.view(), static_cast<std::uint32_t>(step_)};
  }

  void upload(int column, const Parameters& from) {
    users_.upload(column, from.user_embedding, from.user_bias, compute_);
    items_.upload(column, from.item_embedding, from.item_bias, compute_);
  }
  void download(int column, Parameters& to) const {
    users_.download(column, to.user_embedding, to.user_bias, compute_);
    items_.download(column, to.item_embedding, to.item_bias, compute_);
  }
  void upload_dense(device::Buffer<float>& to, const std::vector<float>& from) {
    to.upload(from, compute_);
    compute_.synchronize();
  }
  std::vector<float> download_dense(const device::Buffer<float>& from, bool wanted) const {
    std::vector<float> values(wanted ? from.size() : 0);
    if (wanted) from.download(values, compute_);
    compute_.synchronize();
    return values;
  }

  struct Graphs {
    device::Graph full, short_one;
  };

  const ModelConfig model_;
  const TrainSettings settings_;
  const device::DeviceInfo device_;
  const std::uint64_t memory_limit_;
  const device::GemmMath math_;
  const device::Stream compute_, plan_;
  CatchUpTable rates_;
  DeviceTable users_, items_;
  DeviceDense dense_;
  DeviceCatchUp catch_up_;
  std::uint64_t step_ = 0;
  // Training: two windows in turn, one planned while the other is computed.
  const Samples* samples_ = nullptr;
  std::unique_ptr<PlanScratch> scratch_;
  std::unique_ptr<ChunkStore> store_;
  std::unique_ptr<Window> windows_[2];
  std::unique_ptr<TrainStep> step_launches_;
  std::array<Graphs, 2> graphs_;
  device::Event planned_[2], computed_[2];
  device::Buffer<FigureSums> figures_[2];
  device::Pinned<FigureSums> host_figures_[2];
  std::uint32_t sizes_[2] = {};
  std::uint64_t first_steps_[2] = {};
};

}  // namespace

CudaDevices list_cuda_devices(int only) {
  const device::DeviceList list = device::list_devices(only);
  CudaDevices found;
  found.reason = list.reason;
  for (const device::DeviceInfo& info : list.devices)
    found.devices.push_back({info.index, info.name, info.major, info.minor, info.total_bytes, info.free_bytes});
  return found;
}

std::unique_ptr<Engine> make_cuda_engine(const ModelConfig& model, const TrainSettings& settings, int index,
                                         std::uint64_t memory_limit) {
  return std::make_unique<CudaEngine>(model, settings, index, memory_limit);
}

}  // namespace anirec
