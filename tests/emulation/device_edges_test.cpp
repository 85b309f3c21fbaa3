// Products, devices and the timed copy where guards decide.
#include <doctest/doctest.h>

#include "device/emulation.h"
#include "device/gemm.h"
#include "device_arrays.h"
#include "edges.h"
#include "findings.h"

using namespace anirec;

TEST_CASE("a product that is moved still multiplies, and looks at its operands' addresses") {
  const device::Stream stream;
  const auto a = samples::on_device(samples::quarters(8), stream),
             b = samples::on_device(samples::quarters(8), stream);
  device::Buffer<float> c(4);
  device::GemmShape shape = {2, 2, 4};
  shape.alignment = 16;
  device::Gemm first(shape), second(device::GemmShape{1, 1, 1});
  second = std::move(first);
  second.run(a.data(), b.data(), c.data(), stream);
  CHECK(samples::to_host(c, stream) == std::vector<float>{28 / 16.0f, 34 / 16.0f, 76 / 16.0f, 98 / 16.0f});
  CHECK_THROWS_AS(second.run(a.data() + 1, b.data(), c.data(), stream), std::invalid_argument);
}

TEST_CASE("the devices that are there, and why there are none") {
  emulation::reset();
  REQUIRE(list_cuda_devices().devices.size() == 1);
  CHECK(list_cuda_devices().devices[0].major == 9);
  CHECK(list_cuda_devices(0).devices.size() == 1);
  CHECK(list_cuda_devices(1).devices.empty());
  CHECK(list_cuda_devices(1).reason.find("the last is cuda:0") != std::string::npos);
  emulation::hide_device("no driver");
  CHECK(list_cuda_devices().devices.empty());
  CHECK(list_cuda_devices().reason == "no driver");
  emulation::reset();
}

TEST_CASE("a copy that is timed stays in its buffers") {
  if (samples::accesses_watched()) return;  // a million pieces, twenty times
  CHECK(engine_for(make_problem("mf", Task::rating))->copy_rate() > 0);
}
