// Injected device failures: what they say is what a real device's would.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "device/emulation.h"
#include "device/failure.h"
#include "device_arrays.h"
#include "error.h"
#include "sample_kernels.h"

using namespace anirec;
using namespace anirec::samples;

namespace {

struct HealthyAgain {
  ~HealthyAgain() { emulation::reset(); }
};

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "no error";
}

bool has(const std::string& text, const std::string& words) {
  INFO(text);
  CHECK(text.find(words) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("out of memory says what was wanted, what is free, and which flags help") {
  const HealthyAgain after;
  emulation::set_memory(1 << 20);
  const device::Buffer<char> some(1 << 18);
  const std::string error = error_of([] { device::Buffer<float>(1 << 20); });
  CHECK(error ==
        "device 0 (emulated GPU): out of memory: wanted 4.0 MiB, free 768 KiB of 1.0 MiB; --device-memory-limit "
        "streams "
        "the samples, a smaller --batch-size or --dim needs less");
}

TEST_CASE("the nth allocation fails, once") {
  const HealthyAgain after;
  emulation::fail_allocation(2);
  const device::Buffer<float> first(1);
  has(error_of([] { device::Buffer<float>(1); }), "out of memory: wanted 4 bytes");
  const device::Buffer<float> third(1);
  emulation::fail_allocation(1);
  has(error_of([] { device::Pinned<float>(1); }), "cannot lock 4 bytes of host memory");
}

TEST_CASE("a launch that fails names the kernel") {
  const HealthyAgain after;
  const Stream stream;
  const auto value = on_device(quarters(8), stream);
  device::Buffer<float> sum(8);
  emulation::fail_launch(1);
  const auto add = [&] { launch_add(value.data(), value.data(), sum.data(), 8, stream); };
  has(error_of(add), "launch of anirec::samples::add_kernel: ");
  add();
  CHECK(to_host(sum, stream)[4] == 2.0f);
}

TEST_CASE("a lost device fails at the next wait, and from then on") {
  const HealthyAgain after;
  const Stream stream;
  {
    const auto value = on_device(quarters(8), stream);
    device::Buffer<float> sum(8);
    emulation::lose_device(1);
    launch_add(value.data(), value.data(), sum.data(), 8, stream);
    const std::string error = error_of([&] { stream.synchronize(); });
    has(error, "device 0 (emulated GPU): cudaStreamSynchronize: ");
    has(error, "--resume");
    has(error_of([&] { launch_add(value.data(), value.data(), sum.data(), 8, stream); }), "the device is lost");
    has(error_of([&] { device::Buffer<float>(1); }), "the device is lost");
  }
}

TEST_CASE("no device, and no such device") {
  const HealthyAgain after;
  CHECK(device::list_devices().devices.size() == 1);
  CHECK(device::selected().name == "emulated GPU");
  device::select(0);
  has(error_of([] { device::select(1); }), "there is no device 1: 1 is present");
  emulation::hide_device("no NVIDIA driver was found");
  CHECK(device::list_devices().devices.empty());
  CHECK(device::list_devices().reason == "no NVIDIA driver was found");
  has(error_of([] { device::select(0); }), "no usable GPU: no NVIDIA driver was found; use --device cpu");
}

TEST_CASE("every failure says what to do") {
  for (const auto& [failure, part] : {std::pair{device::Failure::lost, "nvidia-smi"},
                                      {device::Failure::our_fault, "please report it"},
                                      {device::Failure::too_old, "CMAKE_CUDA_ARCHITECTURES"},
                                      {device::Failure::no_cublas, "install the cuBLAS"},
                                      {device::Failure::other, "nvidia-smi"}}) {
    const std::string error = error_of([&] {
      device::throw_failure(failure, 3, "some GPU", "a call", "its reason", std::source_location::current());
    });
    has(error, "device 3 (some GPU): a call: its reason; ");
    has(error, part);
    has(error, "--device cpu");
  }
}

TEST_CASE("sizes in words") {
  CHECK(device::bytes_text(7) == "7 bytes");
  CHECK(device::bytes_text(1536) == "1.5 KiB");
  CHECK(device::bytes_text(std::uint64_t{300} << 30) == "300 GiB");
}
