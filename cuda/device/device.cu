#include "device/device.h"

#include <nvtx3/nvToolsExt.h>

#include <algorithm>
#include <atomic>

#include "device/failure.h"
#include "device/kernel.h"
#include "device/runtime.h"
#include "error.h"

namespace anirec::device {
namespace {

std::atomic<std::uint64_t> allocated{0};

// Above this a kernel must ask for its shared memory.
constexpr std::size_t shared_bytes_without_asking = 48 * 1024;

// Whether a device has code in this build is asked of this kernel.
__global__ void probe_kernel() {}

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string capability_text(const cudaDeviceProp& properties) {
  return std::to_string(properties.major) + "." + std::to_string(properties.minor);
}

// Why there is no device at all.
std::string no_device_text(cudaError_t status) {
  int driver = 0;
  cudaDriverGetVersion(&driver);
  if (status == cudaErrorInsufficientDriver && driver == 0) return "no NVIDIA driver was found";
  if (status == cudaErrorInsufficientDriver)
    return "the NVIDIA driver is too old: it serves CUDA " + version_text(driver) + ", this build needs CUDA " +
           version_text(CUDART_VERSION);
  if (status == cudaErrorNoDevice || status == cudaSuccess)
    return "the NVIDIA driver shows no GPU (CUDA_VISIBLE_DEVICES may hide it)";
  return std::string("the CUDA runtime does not start: ") + cudaGetErrorString(status);
}

// Empty where device `index` is usable, which `info` then describes.
std::string examine(int index, DeviceInfo& info) {
  const std::string who = "device " + std::to_string(index);
  cudaDeviceProp properties{};
  cudaError_t status = cudaGetDeviceProperties(&properties, index);
  if (status != cudaSuccess) return who + ": " + cudaGetErrorString(status);
  std::size_t free = 0, total = 0;
  status = cudaSetDevice(index);
  if (status == cudaSuccess) status = cudaMemGetInfo(&free, &total);
  cudaFuncAttributes attributes{};
  if (status == cudaSuccess) status = cudaFuncGetAttributes(&attributes, probe_kernel);
  if (status == cudaErrorNoKernelImageForDevice || status == cudaErrorInvalidDeviceFunction)
    return who + " (" + properties.name + ", compute capability " + capability_text(properties) +
           ") has no code in this build";
  if (status != cudaSuccess) return who + " (" + properties.name + "): " + cudaGetErrorString(status);
  info = {index, properties.name, properties.major, properties.minor, properties.multiProcessorCount, total, free};
  return "";
}

std::string name_of(int device) {
  cudaDeviceProp properties{};
  return cudaGetDeviceProperties(&properties, device) == cudaSuccess ? properties.name : "";
}

Failure kind_of(cudaError_t status) {
  switch (status) {
    case cudaErrorDevicesUnavailable:
    case cudaErrorECCUncorrectable:
    case cudaErrorHardwareStackError:
    case cudaErrorLaunchTimeout:
    case cudaErrorUnknown:
      return Failure::lost;
    case cudaErrorIllegalAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorLaunchFailure:
    case cudaErrorMisalignedAddress:
      return Failure::our_fault;
    case cudaErrorInvalidDeviceFunction:
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
      return Failure::too_old;
    default:
      return Failure::other;
  }
}

std::string kernel_name(const void* kernel) {
  const char* name = nullptr;
  return cudaFuncGetName(&name, kernel) == cudaSuccess && name != nullptr ? readable_name(name) : "a kernel";
}

cudaEvent_t raw_event(void* handle) { return static_cast<cudaEvent_t>(handle); }

}  // namespace

void check(cudaError_t status, const std::string& call, std::source_location where) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // what can be forgotten is: the next call's failure will be its own
  fail(kind_of(status), call, cudaGetErrorString(status), where);
}

void fail(Failure failure, const std::string& call, const std::string& problem, std::source_location where) {
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess) device = 0;
  throw_failure(failure, device, name_of(device), call, problem, where);
}

DeviceList list_devices(int only) {
  DeviceList list;
  int count = 0, current = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0) {
    list.reason = no_device_text(status);
    return list;
  }
  if (only >= count) {
    list.reason = "there is no such GPU, the last is cuda:" + std::to_string(count - 1);
    return list;
  }
  const bool have_current = cudaGetDevice(&current) == cudaSuccess;
  for (int index = std::max(only, 0); index < (only < 0 ? count : only + 1); ++index) {
    DeviceInfo info;
    const std::string problem = examine(index, info);
    if (problem.empty())
      list.devices.push_back(info);
    else
      list.reason += (list.reason.empty() ? "" : "; ") + problem;
  }
  if (only < 0 && have_current) cudaSetDevice(current);  // which puts a context there
  cudaGetLastError();
  return list;
}

void select(int index, std::source_location where) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0)
    throw DeviceError("no usable GPU: " + no_device_text(status) + "; use --device cpu", where);
  if (index < 0 || index >= count)
    throw DeviceError("there is no device " + std::to_string(index) + ": " + std::to_string(count) +
                          (count == 1 ? " is" : " are") + " present, counted from 0; `anirec info` lists them",
                      where);
  DeviceInfo info;
  const std::string problem = examine(index, info);
  if (!problem.empty()) throw DeviceError("no usable GPU: " + problem + "; use --device cpu", where);
}

DeviceInfo selected() {
  int device = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  DeviceInfo info;
  const std::string problem = examine(device, info);
  if (!problem.empty()) throw DeviceError("no usable GPU: " + problem + "; use --device cpu");
  return info;
}

std::uint64_t allocated_bytes() { return allocated; }

void synchronize(std::source_location where) { check(cudaDeviceSynchronize(), "cudaDeviceSynchronize", where); }

Stream::Stream(std::source_location where) {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate", where);
  handle_.reset(stream);
}

void Stream::synchronize(std::source_location where) const {
  check(cudaStreamSynchronize(raw(*this)), "cudaStreamSynchronize", where);
}

void DestroyStream::operator()(void* handle) const noexcept {
  cudaStreamSynchronize(static_cast<cudaStream_t>(handle));
  cudaStreamDestroy(static_cast<cudaStream_t>(handle));
}

Event::Event(std::source_location where) {
  cudaEvent_t event = nullptr;
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreate", where);
  handle_.reset(event);
}

void Event::record(const Stream& stream, std::source_location where) {
  check(cudaEventRecord(raw_event(handle_.get()), raw(stream)), "cudaEventRecord", where);
}

void Event::wait_on(const Stream& stream, std::source_location where) const {
  check(cudaStreamWaitEvent(raw(stream), raw_event(handle_.get()), 0), "cudaStreamWaitEvent", where);
}

void Event::synchronize(std::source_location where) const {
  check(cudaEventSynchronize(raw_event(handle_.get())), "cudaEventSynchronize", where);
}

Stopwatch::Stopwatch(std::source_location where) {
  for (auto* handle : {&start_, &stop_}) {
    cudaEvent_t event = nullptr;
    check(cudaEventCreate(&event), "cudaEventCreate", where);
    handle->reset(event);
  }
}

void Stopwatch::start(const Stream& stream, std::source_location where) {
  check(cudaEventRecord(raw_event(start_.get()), raw(stream)), "cudaEventRecord", where);
}

void Stopwatch::stop(const Stream& stream, std::source_location where) {
  check(cudaEventRecord(raw_event(stop_.get()), raw(stream)), "cudaEventRecord", where);
}

double Stopwatch::seconds(std::source_location where) const {
  check(cudaEventSynchronize(raw_event(stop_.get())), "cudaEventSynchronize", where);
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, raw_event(start_.get()), raw_event(stop_.get())), "cudaEventElapsedTime", where);
  return static_cast<double>(milliseconds) * 1e-3;
}

void DestroyEvent::operator()(void* handle) const noexcept { cudaEventDestroy(raw_event(handle)); }

Graph Graph::capture(const Stream& stream, const std::function<void()>& body, std::source_location where) {
  // Relaxed: a kernel's first launch may load its code, which the stricter modes forbid under older drivers.
  check(cudaStreamBeginCapture(raw(stream), cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture", where);
  cudaGraph_t recorded = nullptr;
  try {
    body();
  } catch (...) {
    cudaStreamEndCapture(raw(stream), &recorded);
    if (recorded != nullptr) cudaGraphDestroy(recorded);
    cudaGetLastError();
    throw;
  }
  check(cudaStreamEndCapture(raw(stream), &recorded), "cudaStreamEndCapture", where);
  cudaGraphExec_t executable = nullptr;
  const cudaError_t status = cudaGraphInstantiate(&executable, recorded, 0);
  cudaGraphDestroy(recorded);
  check(status, "cudaGraphInstantiate", where);
  Graph graph;
  graph.handle_.reset(executable);
  return graph;
}

void Graph::replay(const Stream& stream, std::source_location where) const {
  check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(handle_.get()), raw(stream)), "cudaGraphLaunch", where);
}

void DestroyGraph::operator()(void* handle) const noexcept {
  cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(handle));
}

Range::Range(const char* name) { nvtxRangePushA(name); }
Range::~Range() { nvtxRangePop(); }

void* allocate(std::size_t bytes, std::source_location where) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    int device = 0;
    std::size_t free = 0, total = 0;
    check(cudaGetDevice(&device), "cudaGetDevice", where);
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo", where);
    throw_out_of_memory(device, name_of(device), bytes, free, total, where);
  }
  check(status, "cudaMalloc of " + bytes_text(bytes), where);
  allocated += bytes;
  return memory;
}

void FreeMemory::operator()(void* memory) const noexcept {
  cudaFree(memory);
  allocated -= bytes;
}

void* allocate_pinned(std::size_t bytes, std::source_location where) {
  void* memory = nullptr;
  const cudaError_t status = cudaMallocHost(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw_out_of_pinned(bytes, where);
  }
  check(status, "cudaMallocHost of " + bytes_text(bytes), where);
  return memory;
}

void FreePinned::operator()(void* memory) const noexcept { cudaFreeHost(memory); }

void upload(void* to, const void* from, std::size_t bytes, const Stream& stream, std::source_location where) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, raw(stream)), "copy to the device", where);
}

void download(void* to, const void* from, std::size_t bytes, const Stream& stream, std::source_location where) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, raw(stream)), "copy from the device", where);
}

void clear(void* memory, std::size_t bytes, const Stream& stream, std::source_location where) {
  check(cudaMemsetAsync(memory, 0, bytes, raw(stream)), "cudaMemsetAsync", where);
}

void launch_with(const void* kernel, Grid grid, std::uint32_t threads, std::size_t shared_bytes,
                 const Stream& stream, void** arguments) {
  if (grid.x == 0 || grid.y == 0) return;
  if (shared_bytes > shared_bytes_without_asking) {
    const cudaError_t status =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes));
    if (status != cudaSuccess)
      check(status, bytes_text(shared_bytes) + " of shared memory for " + kernel_name(kernel), grid.where);
  }
  const cudaError_t status =
      cudaLaunchKernel(kernel, dim3(grid.x, grid.y), dim3(threads), arguments, shared_bytes, raw(stream));
  if (status != cudaSuccess) check(status, "launch of " + kernel_name(kernel), grid.where);
}

}  // namespace anirec::device
