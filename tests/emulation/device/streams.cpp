#include "device/streams.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "device/block.h"
#include "device/emulation.h"
#include "device/failure.h"
#include "device/symbols.h"
#include "parallel/flush_denormals.h"

namespace anirec::emulation {
namespace {

constexpr std::uint32_t poisons[] = {0xFFFFFFFFu, 0x7F7F7F7Fu, 0xFE7F7F7Fu, 0xA5A5A5A5u};

struct State {
  std::vector<Queue*> queues;
  std::uint32_t streams_made = 0;
  watch::Clock host;  // what the host has waited for
  RecordedGraph* capturing = nullptr;
  const void* captured_stream = nullptr;
  Random random{0};
  std::uint32_t poison = poisons[0];
  Failures failures;
  std::uint64_t launches = 0;
};

State& state() {
  static State the_state;
  return the_state;
}

Queue& queue_of(const device::Stream& stream) { return *static_cast<Queue*>(stream.handle()); }

void issue(Queue& queue, Operation operation) {
  watch::join(queue.clock, state().host);
  if (queue.clock.size() <= queue.index) queue.clock.resize(queue.index + 1);
  operation.number = queue.clock[queue.index] = ++queue.issued;
  operation.clock = queue.clock;
  queue.waiting.push_back(std::move(operation));
}

bool can_run(const Queue& queue) {
  if (queue.waiting.empty()) return false;
  const Operation& next = queue.waiting.front();
  return !next.waits || next.event->reached >= next.ticket;
}

void run_next(Queue& queue) {
  const Operation operation = std::move(queue.waiting.front());
  queue.waiting.pop_front();
  if (operation.event != nullptr) {
    if (!operation.waits) {
      operation.event->reached = std::max(operation.event->reached, operation.ticket);
      operation.event->at = std::chrono::steady_clock::now();
    }
    return;
  }
  State& s = state();
  if (takes_failure(s.failures.loss)) {
    s.failures.lost = true;
    return;
  }
  watch::operation_begins(queue.index, operation.number, operation.clock, operation.name.c_str());
  const FlushDenormals as_on_the_device;
  operation.run();
  watch::operation_ends();
}

// Runs queued work until `done`. Which stream goes first is drawn each time: a stream that is always ahead of, or
// always behind the others shows a missing event where an even mix would not.
template <class Done>
void run_until(const Done& done) {
  State& s = state();
  const MemoryOpen open;
  std::vector<Queue*> order = s.queues;
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[s.random.below(static_cast<std::uint32_t>(left))]);
  const bool even_mix = s.random.below(3) == 0;
  while (!done() && !s.failures.lost) {
    std::vector<Queue*> ready;
    for (Queue* queue : order)
      if (can_run(*queue)) ready.push_back(queue);
    if (ready.empty()) fail("streams wait for each other for ever");
    run_next(*ready[even_mix ? s.random.below(static_cast<std::uint32_t>(ready.size())) : 0]);
  }
}

void run_all() {
  run_until([] {
    return std::all_of(state().queues.begin(), state().queues.end(), [](Queue* q) { return q->waiting.empty(); });
  });
}

// The host has waited for what `clock` knows.
void host_waited(const watch::Clock& clock) {
  State& s = state();
  watch::join(s.host, clock);
  for (const Queue* queue : s.queues)
    if (queue->issued > 0 && (s.host.size() <= queue->index || s.host[queue->index] < queue->issued)) return;
  watch::all_synchronized();
}

void host_waited_for_all() {
  for (const Queue* queue : state().queues) watch::join(state().host, queue->clock);
  watch::all_synchronized();
}

std::shared_ptr<EventState>& event_of(void* handle) { return *static_cast<std::shared_ptr<EventState>*>(handle); }

void record_event(void* handle, const device::Stream& stream, std::source_location where) {
  require_device("cudaEventRecord", where);
  forbid_in_capture("cudaEventRecord");
  Operation operation;
  operation.event = event_of(handle);
  operation.ticket = ++operation.event->recorded;
  const std::shared_ptr<EventState> event = operation.event;
  issue(queue_of(stream), std::move(operation));
  event->clock = queue_of(stream).clock;
}

}  // namespace

const std::string& device_name() {
  static const std::string name = "emulated GPU";
  return name;
}
std::uint32_t poison() { return state().poison; }
Failures& failures() { return state().failures; }

bool takes_failure(std::uint64_t& countdown) { return countdown > 0 && --countdown == 0; }

void require_device(const char* call, std::source_location where) {
  if (failures().lost)
    device::throw_failure(device::Failure::lost, 0, device_name(), call, "the device is lost", where);
}

void forbid_in_capture(const char* call) {
  if (state().capturing != nullptr) fail(std::string(call) + " while a graph is being captured");
}

void queue(const device::Stream& stream, std::string name, std::function<void()> run) {
  State& s = state();
  Operation operation;
  operation.name = std::move(name);
  operation.run = std::move(run);
  if (s.capturing == nullptr) {
    issue(queue_of(stream), std::move(operation));
    return;
  }
  if (stream.handle() != s.captured_stream) forbid_in_capture("work on another stream");
  s.capturing->operations.push_back(std::move(operation));
}

void queue_launch(const void* kernel, const std::function<void()>& thread, device::Grid grid,
                  std::uint32_t threads, std::size_t shared_bytes, const device::Stream& stream) {
  State& s = state();
  if (grid.x == 0 || grid.y == 0) return;
  const Launch launch = {kernel, thread, grid, threads, shared_bytes};
  require_device("cudaLaunchKernel", grid.where);
  const bool injected = takes_failure(s.failures.launch);
  if (injected || threads == 0 || threads > 1024 || shared_bytes > 227 * 1024 || grid.y > 65535)
    device::throw_failure(device::Failure::other, 0, device_name(), "launch of " + function_at(kernel),
                          injected ? "a failure that a test asked for" : "invalid configuration argument",
                          grid.where);
  queue(stream, "a kernel", [launch] {
    ++state().launches;
    run_launch(launch, state().poison, state().random);
    require_guards([&] { return text(launch); });
  });
}

void drain() noexcept {
  forbid_in_capture("freeing memory");
  if (!failures().lost) run_all();
  if (failures().lost)
    for (Queue* queue : state().queues) queue->waiting.clear();
  else
    host_waited_for_all();
}

void set_schedule(std::uint64_t seed) {
  state().random = Random(seed);
  state().poison = poisons[seed % std::size(poisons)];
}

void fail_launch(std::uint64_t nth) { failures().launch = nth; }
void lose_device(std::uint64_t nth) { failures().loss = nth; }
void fail_allocation(std::uint64_t nth) { failures().allocation = nth; }
Counts counts() { return {state().launches, switches_so_far()}; }

void reset_streams() {
  state().failures = {};
  set_schedule(0);
}

}  // namespace anirec::emulation

namespace anirec::device {

using namespace emulation;

void synchronize(std::source_location where) {
  forbid_in_capture("cudaDeviceSynchronize");
  if (!failures().lost) run_all();
  require_device("cudaDeviceSynchronize", where);
  host_waited_for_all();
}

Stream::Stream(std::source_location where) {
  require_device("cudaStreamCreate", where);
  State& s = state();
  auto* const queue = new Queue{s.streams_made++, 0, {}, {}};
  s.queues.push_back(queue);
  handle_.reset(queue);
}

void Stream::synchronize(std::source_location where) const {
  forbid_in_capture("cudaStreamSynchronize");
  const Queue& queue = queue_of(*this);
  if (!failures().lost) run_until([&] { return queue.waiting.empty(); });
  require_device("cudaStreamSynchronize", where);
  host_waited(queue.clock);
}

void DestroyStream::operator()(void* handle) const noexcept {
  auto* const queue = static_cast<Queue*>(handle);
  if (!failures().lost) run_until([&] { return queue->waiting.empty(); });
  host_waited(queue->clock);
  std::erase(state().queues, queue);
  delete queue;
}

Event::Event(std::source_location where) {
  require_device("cudaEventCreate", where);
  handle_.reset(new std::shared_ptr<EventState>(std::make_shared<EventState>()));
}

void Event::record(const Stream& stream, std::source_location where) {
  record_event(handle_.get(), stream, where);
}

void Event::wait_on(const Stream& stream, std::source_location where) const {
  require_device("cudaStreamWaitEvent", where);
  forbid_in_capture("cudaStreamWaitEvent");
  Operation operation;
  operation.event = event_of(handle_.get());
  operation.ticket = operation.event->recorded;
  operation.waits = true;
  watch::join(queue_of(stream).clock, operation.event->clock);
  issue(queue_of(stream), std::move(operation));
}

void Event::synchronize(std::source_location where) const {
  forbid_in_capture("cudaEventSynchronize");
  const EventState& event = *event_of(handle_.get());
  if (!failures().lost) run_until([&] { return event.reached >= event.recorded; });
  require_device("cudaEventSynchronize", where);
  host_waited(event.clock);
}

Stopwatch::Stopwatch(std::source_location where) {
  require_device("cudaEventCreate", where);
  for (auto* handle : {&start_, &stop_})
    handle->reset(new std::shared_ptr<EventState>(std::make_shared<EventState>()));
}

void Stopwatch::start(const Stream& stream, std::source_location where) {
  record_event(start_.get(), stream, where);
}
void Stopwatch::stop(const Stream& stream, std::source_location where) {
  record_event(stop_.get(), stream, where);
}

double Stopwatch::seconds(std::source_location where) const {
  forbid_in_capture("cudaEventSynchronize");
  const EventState &start = *event_of(start_.get()), &stop = *event_of(stop_.get());
  if (!failures().lost) run_until([&] { return stop.reached >= stop.recorded; });
  require_device("cudaEventSynchronize", where);
  host_waited(stop.clock);
  return std::chrono::duration<double>(stop.at - start.at).count();
}

void DestroyEvent::operator()(void* handle) const noexcept {
  delete static_cast<std::shared_ptr<EventState>*>(handle);
}

Graph Graph::capture(const Stream& stream, const std::function<void()>& body, std::source_location where) {
  require_device("cudaStreamBeginCapture", where);
  forbid_in_capture("a second capture");
  Graph graph;
  auto* const recorded = new RecordedGraph;
  graph.handle_.reset(recorded);
  struct Capture {
    Capture(RecordedGraph* into, const Stream& of) {
      state().capturing = into;
      state().captured_stream = of.handle();
    }
    ~Capture() { state().capturing = nullptr; }
  } const capture(recorded, stream);
  body();
  return graph;
}

void Graph::replay(const Stream& stream, std::source_location where) const {
  require_device("cudaGraphLaunch", where);
  if (handle_ == nullptr)
    throw_failure(Failure::other, 0, device_name(), "cudaGraphLaunch", "nothing was captured", where);
  forbid_in_capture("a replay");
  for (const Operation& operation : static_cast<const RecordedGraph*>(handle_.get())->operations)
    issue(queue_of(stream), operation);
}

void DestroyGraph::operator()(void* handle) const noexcept { delete static_cast<RecordedGraph*>(handle); }

Range::Range(const char*) {}
Range::~Range() {}

}  // namespace anirec::device
