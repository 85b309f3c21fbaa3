// Planted faults: each must be found, in every build, by whatever that build has. The same kernel without a fault
// goes through.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "device/emulation.h"
#include "device_arrays.h"
#include "findings.h"
#include "sample_kernels.h"

using namespace anirec;
using namespace anirec::samples;

namespace {

constexpr std::uint32_t count = 512;

std::vector<float> reverse(Fault fault) {
  const Stream stream;
  const auto value = on_device(quarters(count), stream);
  device::Buffer<float> reversed(count);
  device::Buffer<std::uint32_t> ticket(1);
  ticket.clear(stream);
  launch_reverse(value.data(), reversed.data(), ticket.data(), count, fault, stream);
  return to_host(reversed, stream);
}

Finding look(Fault fault) {
  return look_for_fault([=] { return reverse(fault); });
}

bool says(const Finding& finding, const std::string& words) {
  INFO(finding.message);
  CHECK(finding.stopped);
  CHECK(finding.message.find(words) != std::string::npos);
  return finding.stopped;
}

}  // namespace

TEST_CASE("no fault, nothing found") {
  const Finding finding = look(Fault::none);
  INFO(finding.message);
  CHECK_FALSE(finding.found());
}

TEST_CASE("a missing barrier") {
  CHECK(look(Fault::missing_barrier).found());
  const Finding finding = look(Fault::missing_barrier_on_reuse);
  CHECK(finding.found());
  if (accesses_watched()) says(finding, "nothing orders the two");
}

TEST_CASE("a write out of bounds names the kernel") {
  says(look(Fault::out_of_bounds), "reverse_kernel");
  says(look(Fault::out_of_bounds_of_shared), "reverse_kernel");
}

TEST_CASE("a read of shared memory that nobody wrote") {
  const Finding finding = look(Fault::unwritten_shared);
  CHECK(finding.found());
  if (accesses_watched()) says(finding, "nobody has written");
}

TEST_CASE("a read of device memory that nobody wrote") {
  const Finding finding = look(Fault::unwritten_buffer);
  CHECK(finding.found());
  if (accesses_watched()) says(finding, "nobody has written");
}

TEST_CASE("a result that depends on who comes first") { CHECK(look(Fault::arrival_order).differs); }

TEST_CASE("barriers that not all threads come to") {
  says(look(Fault::divergent_barrier), "divergent barrier");
  says(look(Fault::divergent_barrier), "reverse_kernel (launched at sample_kernels.cu:");
  says(look(Fault::different_barriers), "divergent barrier: threads wait at");
  says(look(Fault::barrier_after_return), "has returned");
}

TEST_CASE("lanes that do not meet") {
  says(look(Fault::missing_lane), "a named lane does not come");
  says(look(Fault::missing_lane), "thread 5 has returned");
  says(look(Fault::mask_without_self), "leaves out the lane that uses it");
  says(look(Fault::lane_out_of_mask), "reads lane 20, which its mask leaves out");
}

TEST_CASE("two blocks that write one address") {
  const Finding finding = look(Fault::two_blocks_one_address);
  CHECK(finding.found());
  if (accesses_watched()) says(finding, "nothing orders the two");
}

TEST_CASE("a missing __syncwarp") {
  const auto sums = [](bool sync) {
    const Stream stream;
    const auto value = on_device(quarters(256), stream);
    device::Buffer<float> sum(8);
    launch_warp_sum_in_memory(value.data(), sum.data(), 256, sync, stream);
    return to_host(sum, stream);
  };
  CHECK_FALSE(look_for_fault([&] { return sums(true); }).found());
  CHECK(look_for_fault([&] { return sums(false); }).found());
}

namespace {

// One stream doubles what the other one makes.
std::vector<float> across_streams(bool with_event) {
  const Stream first, second;
  const auto value = on_device(quarters(count), first);
  device::Buffer<float> sum(count), doubled(count);
  sum.clear(first);
  first.synchronize();
  launch_add(value.data(), value.data(), sum.data(), count, first);
  device::Event made;
  made.record(first);
  if (with_event) made.wait_on(second);
  launch_add(sum.data(), sum.data(), doubled.data(), count, second);
  return to_host(doubled, second);
}

// A copy out of host memory that is reused before the copy has run.
std::vector<float> reuse_of_pinned(bool wait) {
  const Stream stream;
  device::Pinned<float> from(count);
  device::Buffer<float> first(count), second(count);
  std::vector<float> result;
  for (device::Buffer<float>* to : {&first, &second}) {
    for (std::size_t i = 0; i < count; ++i) from[i] = to == &first ? 1 : 2;
    to->upload(from.span(), stream);
    if (wait) stream.synchronize();
  }
  return to_host(first, stream);
}

}  // namespace

TEST_CASE("a missing event between streams") {
  CHECK_FALSE(look_for_fault([] { return across_streams(true); }).found());
  const Finding finding = look_for_fault([] { return across_streams(false); });
  CHECK(finding.found());
  if (accesses_watched()) says(finding, "nothing orders the two");
}

TEST_CASE("host memory reused before its copy has run") {
  CHECK(reuse_of_pinned(true) == std::vector<float>(count, 1));
  CHECK(reuse_of_pinned(false) != std::vector<float>(count, 1));
}

TEST_CASE("the host that touches device memory" * doctest::skip(!addresses_checked())) {
  const Finding finding = look_for_fault([] {
    const Stream stream;
    const auto value = on_device(quarters(count), stream);
    return std::vector<float>{value.data()[3]};
  });
  CHECK(finding.stopped);
}

TEST_CASE("what a capture does not allow") {
  const auto captured = [](const std::function<void(const Stream&)>& body) {
    return look_for_fault([=] {
      const Stream stream;
      device::Graph::capture(stream, [&] { body(stream); });
      return std::vector<float>();
    });
  };
  CHECK_FALSE(captured([](const Stream&) {}).found());
  says(captured([](const Stream& stream) { stream.synchronize(); }), "cudaStreamSynchronize while a graph");
  says(captured([](const Stream&) { device::Buffer<float>(3); }), "cudaMalloc while a graph");
  says(captured([](const Stream&) { launch_add(nullptr, nullptr, nullptr, 1, Stream()); }), "another stream");
}
