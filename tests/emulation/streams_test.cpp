#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "device/emulation.h"
#include "device_arrays.h"
#include "sample_kernels.h"

using namespace anirec;
using namespace anirec::samples;

TEST_CASE("queued work runs when it is waited for, and not before") {
  const Stream stream;
  device::Buffer<float> value(4);
  std::vector<float> to(4, -1), from = {1, 2, 3, 4};
  value.upload(from, stream);
  value.download(to, stream);
  CHECK(to == std::vector<float>(4, -1));
  stream.synchronize();
  CHECK(to == from);
}

TEST_CASE("parts of a buffer, and never more than it has") {
  const Stream stream;
  device::Buffer<int> value(6);
  value.clear(stream);
  const std::vector<int> two = {7, 8};
  value.upload(two, stream, 3);
  value.upload(two, stream);
  CHECK(to_host(value, stream) == std::vector<int>{7, 8, 0, 7, 8, 0});
  std::vector<int> tail(2);
  value.download(tail, stream, 4);
  stream.synchronize();
  CHECK(tail == std::vector<int>{8, 0});
  CHECK_THROWS_AS(value.upload(two, stream, 5), std::out_of_range);
  CHECK_THROWS_AS(value.download(tail, stream, 7), std::out_of_range);
}

TEST_CASE("an event waited for by the host, and by a stream before it was ever recorded") {
  const Stream first, second;
  device::Buffer<float> value(1);
  device::Event never, uploaded;
  never.wait_on(second);
  never.synchronize();
  std::vector<float> from = {5}, to = {0};
  value.upload(from, first);
  value.download(to, first);
  uploaded.record(first);
  uploaded.synchronize();
  CHECK(to == from);
}

TEST_CASE("a graph replays its calls with the arguments of the capture") {
  const Stream stream;
  const std::uint32_t count = 300;
  std::uint32_t count_of_capture = count;
  auto sum = on_device(std::vector<float>(count, 0), stream);
  const auto one = on_device(std::vector<float>(count, 1), stream);
  const device::Graph graph = device::Graph::capture(stream, [&] {
    launch_add(sum.data(), one.data(), sum.data(), count_of_capture, stream);
    launch_add(sum.data(), sum.data(), sum.data(), count_of_capture, stream);
  });
  CHECK(to_host(sum, stream) == std::vector<float>(count, 0));  // the capture itself ran nothing
  count_of_capture = 0;
  graph.replay(stream);
  graph.replay(stream);
  CHECK(to_host(sum, stream) == std::vector<float>(count, 6));
}

TEST_CASE("a capture that throws leaves the stream usable") {
  const Stream stream;
  CHECK_THROWS_AS(device::Graph::capture(stream, [] { throw std::runtime_error("x"); }), std::runtime_error);
  CHECK(to_host(on_device(quarters(3), stream), stream) == quarters(3));
}

TEST_CASE("a launch of no blocks is none") {
  const Stream stream;
  const std::uint64_t before = emulation::counts().launches;
  launch_add(nullptr, nullptr, nullptr, 0, stream);
  stream.synchronize();
  CHECK(emulation::counts().launches == before);
}

TEST_CASE("bytes are counted while they are held") {
  const std::uint64_t before = device::allocated_bytes();
  {
    device::Buffer<float> first(100);
    const device::Buffer<double> second(10), none(0);
    CHECK(device::allocated_bytes() - before == 480);
    device::Buffer<float> moved = std::move(first);
    CHECK(first.size() == 0);
    CHECK(device::allocated_bytes() - before == 480);
    moved = device::Buffer<float>();
    CHECK(device::allocated_bytes() - before == 80);
  }
  CHECK(device::allocated_bytes() == before);
}
