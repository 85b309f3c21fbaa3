#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "device/emulation.h"
#include "device_arrays.h"
#include "sample_kernels.h"

using namespace anirec;
using namespace anirec::samples;

TEST_CASE("a kernel runs once for each thread") {
  for (const std::uint32_t count : {1u, 255u, 256u, 1000u}) {
    const Stream stream;
    const auto a = on_device(quarters(count), stream), b = on_device(std::vector<float>(count, 2), stream);
    device::Buffer<float> sum(count);
    launch_add(a.data(), b.data(), sum.data(), count, stream);
    std::vector<float> expected = quarters(count);
    for (float& value : expected) value += 2;
    CHECK(to_host(sum, stream) == expected);
  }
}

TEST_CASE("barriers and shared memory: sums in two levels, under every schedule") {
  const std::uint32_t count = 1000;
  const auto run = [&] {
    const Stream stream;
    const auto value = on_device(quarters(count), stream);
    device::Buffer<float> part(parts(count)), total(1);
    launch_two_level_sum(value.data(), part.data(), total.data(), count, stream);
    return to_host(total, stream);
  };
  CHECK(run() == std::vector<float>{999.0f * 1000 / 2 / 4});
  CHECK(emulation::same_under_schedules(8, run));
}

TEST_CASE("lanes: sums by shuffles and by memory with __syncwarp") {
  const std::uint32_t count = 500;
  const Stream stream;
  const auto value = on_device(quarters(count), stream);
  device::Buffer<float> sum((count + 31) / 32);
  std::vector<float> expected(sum.size());
  for (std::size_t i = 0; i < count; ++i) expected[i / 32] += static_cast<float>(i) / 4;
  launch_warp_sum(value.data(), sum.data(), count, stream);
  CHECK(to_host(sum, stream) == expected);
  launch_warp_sum_in_memory(value.data(), sum.data(), count, true, stream);
  CHECK(to_host(sum, stream) == expected);
}

TEST_CASE("ballots, and integer atomics") {
  const std::uint32_t count = 300;
  const Stream stream;
  std::vector<float> values(count);
  std::vector<std::uint32_t> numbers(count), bits((count + 31) / 32), histogram(7);
  for (std::uint32_t i = 0; i < count; ++i) {
    values[i] = i % 3 == 0 ? 1.0f : -1.0f;
    numbers[i] = i * i;
    if (i % 3 == 0) bits[i / 32] |= 1u << i % 32;
    ++histogram[numbers[i] % 7];
  }
  const auto value = on_device(values, stream);
  device::Buffer<std::uint32_t> ballot(bits.size()), counted(7);
  launch_ballot(value.data(), ballot.data(), count, stream);
  CHECK(to_host(ballot, stream) == bits);
  const auto number = on_device(numbers, stream);
  counted.clear(stream);
  launch_histogram(number.data(), counted.data(), 7, count, stream);
  CHECK(to_host(counted, stream) == histogram);
}

TEST_CASE("sixteen bytes at a time") {
  const std::uint32_t count = 100, dim = 12, rows = 40;
  const Stream stream;
  const auto table = on_device(quarters(rows * dim), stream);
  std::vector<std::uint32_t> rows_wanted(count);
  std::vector<float> expected;
  for (std::uint32_t i = 0; i < count; ++i) {
    rows_wanted[i] = i * 7 % rows;
    for (std::uint32_t d = 0; d < dim; ++d) expected.push_back(static_cast<float>(rows_wanted[i] * dim + d) / 4);
  }
  const auto row = on_device(rows_wanted, stream);
  device::Buffer<float> gathered(count * dim);
  launch_gather(table.data(), row.data(), gathered.data(), count, dim, stream);
  CHECK(to_host(gathered, stream) == expected);
}

TEST_CASE("threads that never wait cost no switch") {
  const std::uint32_t count = 4096;
  const Stream stream;
  const auto a = on_device(quarters(count), stream);
  device::Buffer<float> sum(count);
  const std::uint64_t before = emulation::counts().switches;
  launch_add(a.data(), a.data(), sum.data(), count, stream);
  stream.synchronize();
  CHECK(emulation::counts().switches - before == 2 * parts(count));  // into each block, and out of it
}
