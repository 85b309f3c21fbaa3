#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "device/emulation.h"
#include "device/gemm.h"
#include "device/scan.h"
#include "device/sort.h"
#include "device_arrays.h"

using namespace anirec;
using namespace anirec::samples;
using device::Buffer;
using device::GemmEpilogue;
using device::GemmShape;

namespace {

template <class Key>
void check_sort(std::uint32_t count, int bits) {
  const device::Stream stream;
  std::vector<Key> keys(count);
  std::vector<std::uint32_t> values(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    keys[i] = static_cast<Key>((Key{i} * 2654435761u) & ((Key{1} << bits) - 1));
    values[i] = i;
  }
  const auto from_keys = on_device(keys, stream);
  const auto from_values = on_device(values, stream);
  Buffer<Key> to_keys(count);
  Buffer<std::uint32_t> to_values(count);
  Buffer<std::byte> scratch(device::sort_scratch_bytes(count));
  device::sort_pairs(from_keys.data(), to_keys.data(), from_values.data(), to_values.data(), count, bits, scratch,
                     stream);
  const auto sorted = to_host(to_keys, stream);
  const auto moved = to_host(to_values, stream);
  for (std::uint32_t i = 0; i < count; ++i) {
    REQUIRE(sorted[i] == keys[moved[i]]);
    if (i == 0) continue;
    REQUIRE(sorted[i - 1] <= sorted[i]);
    if (sorted[i - 1] == sorted[i]) REQUIRE(moved[i - 1] < moved[i]);  // stable
  }
}

// The product in double, and what run() gave.
void check_product(GemmShape shape, std::int64_t a_stride = 0) {
  const device::Stream stream;
  shape.a_stride = a_stride;
  const auto at = [](const std::vector<float>& m, std::int64_t i) {
    return static_cast<double>(m[static_cast<std::size_t>(i)]);
  };
  const std::int64_t packed_a = shape.transpose_a ? shape.rows : shape.depth;
  const std::int64_t stride_a = a_stride == 0 ? packed_a : a_stride,
                     stored_a = shape.transpose_a ? shape.depth : shape.rows;
  const auto values = [](std::int64_t count) {
    std::vector<float> made(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<float>((i * 37) % 19) / 8 - 1;
    return made;
  };
  const std::vector<float> a = values(stored_a * stride_a), b = values(shape.depth * shape.columns);
  std::vector<float> vector = values(shape.epilogue == GemmEpilogue::row_sums ? shape.rows : shape.columns);
  const auto device_a = on_device(a, stream), device_b = on_device(b, stream);
  auto device_vector = on_device(vector, stream);
  Buffer<float> device_c(static_cast<std::size_t>(shape.rows * shape.columns));
  device::Gemm gemm(shape);
  gemm.run(device_a.data(), device_b.data(), device_c.data(), stream,
           shape.epilogue == GemmEpilogue::none ? nullptr : device_vector.data());
  const std::vector<float> c = to_host(device_c, stream), sums = to_host(device_vector, stream);
  const auto a_at = [&](std::int64_t r, std::int64_t d) {
    return at(a, shape.transpose_a ? d * stride_a + r : r * stride_a + d);
  };
  for (std::int64_t r = 0; r < shape.rows; ++r) {
    double row_sum = 0;
    for (std::int64_t d = 0; d < shape.depth; ++d) row_sum += a_at(r, d);
    if (shape.epilogue == GemmEpilogue::row_sums)
      REQUIRE(std::fabs(at(sums, r) - row_sum) <= 1e-5 * static_cast<double>(shape.depth));
    for (std::int64_t k = 0; k < shape.columns; ++k) {
      double expected = 0;
      for (std::int64_t d = 0; d < shape.depth; ++d)
        expected += a_at(r, d) * at(b, shape.transpose_b ? k * shape.depth + d : d * shape.columns + k);
      if (shape.epilogue == GemmEpilogue::bias_relu) expected = std::fmax(0.0, expected + at(vector, k));
      REQUIRE(std::fabs(at(c, r * shape.columns + k) - expected) <= 1e-5 * static_cast<double>(shape.depth));
    }
  }
}

}  // namespace

TEST_CASE("sorted pairs") {
  check_sort<std::uint32_t>(1, 1);
  check_sort<std::uint32_t>(1000, 7);
  check_sort<std::uint64_t>(1000, 40);
  check_sort<std::uint64_t>(300, 3);
}

TEST_CASE("exclusive sums") {
  const device::Stream stream;
  Buffer<std::byte> scratch(device::scan_scratch_bytes(5));
  const auto value = on_device(std::vector<std::uint32_t>{3, 0, 2, 5, 1}, stream);
  Buffer<std::uint32_t> sum(5);
  device::exclusive_sum(value.data(), sum.data(), 5, scratch, stream);
  CHECK(to_host(sum, stream) == std::vector<std::uint32_t>{0, 3, 3, 5, 10});
}

TEST_CASE("the dense layers' products") {
  using device::GemmMath;
  for (const std::int64_t batch : {1, 33, 130}) {
    check_product(device::dense_forward(batch, 6, 5, GemmMath::fp32));
    check_product(device::dense_input_gradient(batch, 6, 5, GemmMath::fp32));
    check_product(device::dense_weight_gradient(batch, 6, 5, GemmMath::fp32));
  }
}

TEST_CASE("a deep weight gradient is summed by slices, with and without a rest") {
  check_product(device::dense_weight_gradient(2048, 7, 3, device::GemmMath::fp32));
  check_product(device::dense_weight_gradient(2050, 8, 40, device::GemmMath::fp32));
  GemmShape deep = {3, 4, 1500};
  check_product(deep);
}

TEST_CASE("columns out of the middle of a wider matrix") {
  GemmShape shape = {9, 4, 5};
  check_product(shape, 12);
}

TEST_CASE("scratch that is too small is refused") {
  const device::Stream stream;
  Buffer<std::uint32_t> key(4), value(4);
  Buffer<std::byte> none(1);
  CHECK_THROWS_AS(device::exclusive_sum(key.data(), value.data(), 4, none, stream), std::out_of_range);
  CHECK_THROWS_AS(device::sort_pairs(key.data(), key.data(), value.data(), value.data(), 4, 8, none, stream),
                  std::out_of_range);
}

TEST_CASE("products that make no sense are refused") {
  CHECK_THROWS_AS(device::Gemm(GemmShape{0, 1, 1}), std::invalid_argument);
  GemmShape sums = {2, 2, 2};
  sums.epilogue = GemmEpilogue::row_sums;
  CHECK_THROWS_AS(device::Gemm{sums}, std::invalid_argument);
  device::Gemm plain(GemmShape{1, 1, 1});
  const device::Stream stream;
  Buffer<float> one(1);
  CHECK_THROWS_AS(plain.run(one.data(), one.data(), one.data(), stream, one.data()), std::invalid_argument);
}
