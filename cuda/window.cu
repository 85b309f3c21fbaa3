#include "window.h"

#include <algorithm>
#include <bit>

#include "device/scan.h"
#include "device/sort.h"

namespace anirec::cuda {
namespace {

constexpr std::uint32_t window_samples = 1u << 20;

std::uint32_t mask_words(const TrainSettings& settings, const ModelConfig& model) {
  return settings.dropout.threshold == 0 ? 0 : static_cast<std::uint32_t>((2 * model.dim + 127) / 128 * 4);
}

// Chunks of the pass that positions [first, first + size) lie in, in the order they are visited.
std::vector<ChunkOrder> chunks_of(const TrainSettings& settings, const WindowRange& range, std::uint64_t samples) {
  const PassOrder order = pass_order(settings.seed, range.pass, samples, settings.shuffle);
  std::vector<ChunkOrder> chunks;
  const std::uint32_t last = chunk_place(order, range.in_pass + range.size - 1);
  for (std::uint32_t place = chunk_place(order, range.in_pass); place <= last; ++place)
    chunks.push_back(chunk_order(order, place));
  return chunks;
}

}  // namespace

PlanScratch::PlanScratch(std::uint32_t samples)
    : key_(samples),
      sorted_key_(samples),
      place_(samples),
      head_(samples + 1),
      number_(samples + 1),
      tile_number_(samples + 1),
      scratch_(std::max(device::sort_scratch_bytes(samples), device::scan_scratch_bytes(samples + 1))) {}

std::uint64_t PlanScratch::bytes_needed(std::uint32_t samples) {
  return std::uint64_t{samples} * 32 + std::max(device::sort_scratch_bytes(samples), device::scan_scratch_bytes(samples + 1));
}

Window::TablePlan::TablePlan(std::uint32_t samples)
    : place(samples), run_row(samples), run_begin(samples + 1), run_tile(samples + 1), tile_run(samples), tile_begin(samples + 1),
      long_run(first_long_run(samples)), long_tile(first_long_tile(samples)) {
  view = {place.data(), run_row.data(), run_begin.data(), run_tile.data(), tile_run.data(), tile_begin.data(),
          long_run.data(), long_tile.data()};
}

std::uint32_t Window::batches_for(std::uint32_t batch_size) {
  constexpr std::uint32_t most = 65535;  // a grid's y: launch_figures has a row of blocks a batch
  return std::clamp(window_samples / batch_size, 1u, most);
}

Window::Window(const TrainSettings& settings, const ModelConfig& model, std::uint32_t batches)
    : settings_(settings),
      batches_(batches),
      row_bits_{std::max(1, static_cast<int>(std::bit_width(model.users - 1))), std::max(1, static_cast<int>(std::bit_width(model.items - 1)))},
      sample_(std::size_t{batches} * settings.batch_size),
      index_(sample_.size()),
      kept_(sample_.size() * mask_words(settings, model)),
      users_(static_cast<std::uint32_t>(sample_.size())),
      items_(static_cast<std::uint32_t>(sample_.size())),
      steps_(batches),
      host_steps_(batches),
      cursor_(1),
      chunks_(ChunkStore::slots_needed(sample_.size())),
      host_chunks_(chunks_.size()) {
  fed_ = {sample_.data(), index_.data(), kept_.size() == 0 ? nullptr : kept_.data(), static_cast<std::int32_t>(mask_words(settings, model))};
}

std::uint64_t Window::bytes_needed(const TrainSettings& settings, const ModelConfig& model, std::uint32_t batches) {
  const std::uint64_t samples = std::uint64_t{batches} * settings.batch_size;
  return samples * (sizeof(Sample) + 4 + 4 * mask_words(settings, model) + 2 * 25) + batches * sizeof(StepScalars);
}

void Window::plan(const WindowRange& range, std::uint64_t train_samples, std::uint32_t train_begin,
                  const CatchUpTable& rates, ChunkStore& store, PlanScratch& scratch, const device::Stream& stream) {
  range_ = range;
  const std::uint32_t batch = settings_.batch_size, batches = range.batches(batch);
  const std::vector<WindowChunk> chunks = store.bring(chunks_of(settings_, range, train_samples), stream);
  uploaded_.synchronize();
  std::copy(chunks.begin(), chunks.end(), host_chunks_.data());
  for (std::uint32_t b = 0; b < batches; ++b) {
    StepScalars& step = host_steps_[b];
    step = {};
    const std::uint64_t number = range.first_step + b;
    step.first = b * batch;
    step.size = std::min(batch, range.size - step.first);
    step.step = static_cast<std::uint32_t>(number);
    step.inverse_size = 1.0f / static_cast<float>(step.size);
    step.rate = static_cast<float>(learning_rate_at(settings_.rate, number));
    step.adam_rate = rates.rate(number);
    step.l2 = 2 * settings_.l2 / static_cast<float>(step.size);
  }
  chunks_.upload(std::as_const(host_chunks_).span().first(chunks.size()), stream);
  steps_.upload(std::as_const(host_steps_).span().first(batches), stream);
  uploaded_.record(stream);
  cursor_.clear(stream);

  FeedWindow feed;
  feed.chunks = chunks_.data();
  feed.chunk_count = static_cast<std::uint32_t>(chunks.size());
  feed.first_position = range.in_pass;
  feed.size = range.size;
  feed.batch = batch;
  feed.first_step = static_cast<std::uint32_t>(range.first_step);
  feed.first_index = train_begin;
  feed.seed = settings_.seed;
  feed.dropout = settings_.dropout;
  feed.fed = fed_;
  launch_feed(feed, stream);
  plan_table(users_, 0, scratch, stream);
  plan_table(items_, 1, scratch, stream);
}

void Window::plan_table(TablePlan& table, int side, PlanScratch& scratch, const device::Stream& stream) {
  const std::uint32_t size = range_.size, batches = range_.batches(settings_.batch_size);
  const int row_bits = row_bits_[side], bits = row_bits + static_cast<int>(std::bit_width(batches - 1));
  launch_plan_keys(fed_, size, settings_.batch_size, row_bits, side == 0, scratch.key_.data(), scratch.place_.data(), stream);
  device::sort_pairs(scratch.key_.data(), scratch.sorted_key_.data(), scratch.place_.data(), table.place.data(), size,
                     bits, scratch.scratch_, stream);
  launch_run_heads(scratch.sorted_key_.data(), size, scratch.head_.data(), stream);
  device::exclusive_sum(scratch.head_.data(), scratch.number_.data(), size + 1, scratch.scratch_, stream);
  launch_runs(scratch.sorted_key_.data(), size, row_bits, scratch.number_.data(), table.view, scratch.head_.data(), stream);
  device::exclusive_sum(scratch.head_.data(), scratch.tile_number_.data(), size + 1, scratch.scratch_, stream);
  launch_tiles(steps_.data(), size, settings_.batch_size, side, scratch.number_.data(), scratch.tile_number_.data(),
               table.view, stream);
  launch_step_ranges(steps_.data(), batches, scratch.number_.data(), scratch.tile_number_.data(), side, stream);
}

}  // namespace anirec::cuda
