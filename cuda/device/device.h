// The vendor layer: memory, streams, events and graphs of one GPU, in plain C++. No file outside cuda/device/
// names the CUDA runtime; tests/emulation/device/ implements everything declared here a second time, for a CPU.
//
// Work is queued on streams and runs later: what a queued call reads or writes on the host must stay alive and
// untouched until the stream (or an event recorded after the call) has been waited for. Every failure throws
// DeviceError; destructors never throw. All calls come from one host thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace anirec::device {

struct DeviceInfo {
  int index = 0;
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  std::uint64_t total_bytes = 0, free_bytes = 0;
};

struct DeviceList {
  std::vector<DeviceInfo> devices;  // those this build can run on
  std::string reason;               // why there is none, or why some were left out; empty: nothing to say
};

// Never throws: a machine without a driver is a machine without devices. Looking at a device puts a context on it, which
// takes its memory: who wants one alone names it by `only`.
DeviceList list_devices(int only = -1);

// Everything below happens on this device. To be called before any of it.
void select(int index, std::source_location where = std::source_location::current());
DeviceInfo selected();

// Bytes held by this process' Buffers.
std::uint64_t allocated_bytes();

// Waits for everything queued on every stream.
void synchronize(std::source_location where = std::source_location::current());

struct DestroyStream {
  void operator()(void* handle) const noexcept;
};
struct DestroyEvent {
  void operator()(void* handle) const noexcept;
};
struct DestroyGraph {
  void operator()(void* handle) const noexcept;
};
struct FreeMemory {
  std::size_t bytes = 0;
  void operator()(void* memory) const noexcept;
};
struct FreePinned {
  void operator()(void* memory) const noexcept;
};

// Calls on one stream run in the order they were queued; two streams know nothing of each other but by events.
class Stream {
 public:
  explicit Stream(std::source_location where = std::source_location::current());
  void synchronize(std::source_location where = std::source_location::current()) const;
  void* handle() const { return handle_.get(); }  // for cuda/device/ alone

 private:
  std::unique_ptr<void, DestroyStream> handle_;
};

// A place in a stream's work. Waiting for an event that was never recorded returns at once.
class Event {
 public:
  explicit Event(std::source_location where = std::source_location::current());
  void record(const Stream& stream, std::source_location where = std::source_location::current());
  // What is queued on `stream` from here on runs after what was queued before the last record().
  void wait_on(const Stream& stream, std::source_location where = std::source_location::current()) const;
  void synchronize(std::source_location where = std::source_location::current()) const;  // the host waits

 private:
  std::unique_ptr<void, DestroyEvent> handle_;
};

// The time a stream takes from one place in its work to another.
class Stopwatch {
 public:
  explicit Stopwatch(std::source_location where = std::source_location::current());
  void start(const Stream& stream, std::source_location where = std::source_location::current());
  void stop(const Stream& stream, std::source_location where = std::source_location::current());
  double seconds(std::source_location where = std::source_location::current()) const;  // waits until it has stopped

 private:
  std::unique_ptr<void, DestroyEvent> start_, stop_;
};

// A recorded sequence of calls, launched as one. Arguments, grids and addresses are those of the recording.
class Graph {
 public:
  Graph() = default;  // empty: may only be assigned to
  // Runs `body`, which queues launches, copies, sorts and products on `stream`, and records instead of running
  // them. In `body`: no other stream, no event, no allocation, no waiting.
  static Graph capture(const Stream& stream, const std::function<void()>& body,
                       std::source_location where = std::source_location::current());
  void replay(const Stream& stream, std::source_location where = std::source_location::current()) const;
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  std::unique_ptr<void, DestroyGraph> handle_;
};

// A named stretch of a profiler's timeline (NVTX), until the end of the scope. `name` is a literal.
class Range {
 public:
  explicit Range(const char* name);
  ~Range();
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
};

void* allocate(std::size_t bytes, std::source_location where);         // aligned to 256 bytes; holds anything
void* allocate_pinned(std::size_t bytes, std::source_location where);  // likewise
void upload(void* to, const void* from, std::size_t bytes, const Stream& stream, std::source_location where);
void download(void* to, const void* from, std::size_t bytes, const Stream& stream, std::source_location where);
void clear(void* memory, std::size_t bytes, const Stream& stream, std::source_location where);

// Memory of the device. Its elements may be touched by kernels and the calls below, never by the host. Destroying
// a Buffer waits for the device.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);
  using Here = std::source_location;

 public:
  Buffer() = default;
  explicit Buffer(std::size_t count, Here where = Here::current())
      : memory_(count == 0 ? nullptr : allocate(count * sizeof(T), where), FreeMemory{count * sizeof(T)}),
        count_(count) {}
  Buffer(Buffer&& other) noexcept
      : memory_(std::move(other.memory_)), count_(std::exchange(other.count_, std::size_t{0})) {}
  Buffer& operator=(Buffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    count_ = std::exchange(other.count_, std::size_t{0});
    return *this;
  }

  std::size_t size() const { return count_; }
  std::size_t bytes() const { return count_ * sizeof(T); }
  T* data() { return static_cast<T*>(memory_.get()); }  // addresses for kernels
  const T* data() const { return static_cast<const T*>(memory_.get()); }

  // Elements [at, at + size of the span); std::out_of_range where the buffer is shorter.
  void upload(std::span<const T> from, const Stream& stream, std::size_t at = 0, Here where = Here::current()) {
    require(at, from.size());
    if (!from.empty()) device::upload(data() + at, from.data(), from.size_bytes(), stream, where);
  }
  void download(std::span<T> to, const Stream& stream, std::size_t at = 0, Here where = Here::current()) const {
    require(at, to.size());
    if (!to.empty()) device::download(to.data(), data() + at, to.size_bytes(), stream, where);
  }
  // Every byte becomes 0.
  void clear(const Stream& stream, Here where = Here::current()) {
    if (count_ > 0) device::clear(data(), bytes(), stream, where);
  }

 private:
  void require(std::size_t at, std::size_t count) const {
    if (at > count_ || count > count_ - at) throw std::out_of_range("a copy beyond the end of a device buffer");
  }

  std::unique_ptr<void, FreeMemory> memory_;
  std::size_t count_ = 0;
};

// Host memory that copies at full speed and without waiting.
template <class T>
class Pinned {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Pinned() = default;
  explicit Pinned(std::size_t count, std::source_location where = std::source_location::current())
      : memory_(count == 0 ? nullptr : allocate_pinned(count * sizeof(T), where)), count_(count) {}
  Pinned(Pinned&& other) noexcept
      : memory_(std::move(other.memory_)), count_(std::exchange(other.count_, std::size_t{0})) {}
  Pinned& operator=(Pinned&& other) noexcept {
    memory_ = std::move(other.memory_);
    count_ = std::exchange(other.count_, std::size_t{0});
    return *this;
  }

  std::size_t size() const { return count_; }
  T* data() { return static_cast<T*>(memory_.get()); }
  const T* data() const { return static_cast<const T*>(memory_.get()); }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  std::span<T> span() { return {data(), count_}; }
  std::span<const T> span() const { return {data(), count_}; }

 private:
  std::unique_ptr<void, FreePinned> memory_;
  std::size_t count_ = 0;
};

}  // namespace anirec::device
