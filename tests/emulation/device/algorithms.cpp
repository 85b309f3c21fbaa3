// sort.h, scan.h and matrix_product.h in plain loops.
#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "device/block.h"
#include "device/matrix_product.h"
#include "device/scan.h"
#include "device/sort.h"
#include "device/streams.h"

namespace anirec::device {

using namespace emulation;

namespace {

// Whatever a caller still had in the scratch is gone.
void use_scratch(std::byte* scratch, std::size_t bytes) {
  watch::whole_write(scratch, bytes);
  fill(scratch, bytes, poison());
}

template <class Key>
void sort(const Key* keys, Key* sorted_keys, const std::uint32_t* values, std::uint32_t* sorted_values,
          std::uint32_t count, int bits, Buffer<std::byte>& scratch, const Stream& stream,
          std::source_location where) {
  if (count == 0) return;
  if (bits < 1 || bits > 8 * static_cast<int>(sizeof(Key)))
    throw std::out_of_range("a sort by no or too many bits");
  if (scratch.size() < sort_scratch_bytes(count)) throw std::out_of_range("a sort's scratch is too small");
  require_device("sort", where);
  queue(stream, "a sort", [=, to_scratch = scratch.data(), scratch_bytes = sort_scratch_bytes(count)] {
    use_scratch(to_scratch, scratch_bytes);
    watch::whole_read(keys, count * sizeof(Key));
    watch::whole_read(values, count * sizeof *values);
    watch::whole_write(sorted_keys, count * sizeof(Key));
    watch::whole_write(sorted_values, count * sizeof *values);
    const Key low = static_cast<Key>(~Key{0} >> (8 * static_cast<int>(sizeof(Key)) - bits));
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return (keys[a] & low) < (keys[b] & low); });
    for (std::uint32_t i = 0; i < count; ++i) {
      sorted_keys[i] = keys[order[i]];
      sorted_values[i] = values[order[i]];
    }
  });
}

}  // namespace

std::size_t sort_scratch_bytes(std::uint32_t count) { return 1024 + std::size_t{count} * 12; }
std::size_t scan_scratch_bytes(std::uint32_t count) { return 1024 + count / 8; }

void sort_pairs(const std::uint64_t* keys, std::uint64_t* sorted_keys, const std::uint32_t* values,
                std::uint32_t* sorted_values, std::uint32_t count, int bits, Buffer<std::byte>& scratch,
                const Stream& stream, std::source_location where) {
  sort(keys, sorted_keys, values, sorted_values, count, bits, scratch, stream, where);
}

void sort_pairs(const std::uint32_t* keys, std::uint32_t* sorted_keys, const std::uint32_t* values,
                std::uint32_t* sorted_values, std::uint32_t count, int bits, Buffer<std::byte>& scratch,
                const Stream& stream, std::source_location where) {
  sort(keys, sorted_keys, values, sorted_values, count, bits, scratch, stream, where);
}

void exclusive_sum(const std::uint32_t* value, std::uint32_t* sum, std::uint32_t count, Buffer<std::byte>& scratch,
                   const Stream& stream, std::source_location where) {
  if (count == 0) return;
  if (scratch.size() < scan_scratch_bytes(count)) throw std::out_of_range("a sum's scratch is too small");
  require_device("exclusive sum", where);
  queue(stream, "an exclusive sum", [=, to_scratch = scratch.data(), bytes = scan_scratch_bytes(count)] {
    use_scratch(to_scratch, bytes);
    watch::whole_read(value, count * sizeof *value);
    watch::whole_write(sum, count * sizeof *sum);
    std::exclusive_scan(value, value + count, sum, 0u);
  });
}

struct MatrixProduct::Prepared {
  ProductShape shape;
};

MatrixProduct::MatrixProduct(const ProductShape& shape, std::source_location where)
    : prepared_(new Prepared{shape}) {
  require_device("cublasLtMatmulAlgoGetHeuristic", where);
}
MatrixProduct::~MatrixProduct() = default;
MatrixProduct::MatrixProduct(MatrixProduct&&) noexcept = default;

// Never in the product itself, so that the kernels of gemm.cu are run.
bool MatrixProduct::has_epilogue() const { return false; }

void MatrixProduct::run(const float* a, const float* b, float* c, float*, const Stream& stream,
                        std::source_location where) const {
  require_device("cublasLtMatmul", where);
  queue(stream, "a product", [=, shape = prepared_->shape] {
    const auto stored = [](std::int64_t rows, std::int64_t columns, std::int64_t stride, const auto& each) {
      for (std::int64_t r = 0; r < rows; ++r) each(r * stride, static_cast<std::size_t>(columns) * sizeof(float));
    };
    for (std::int64_t batch = 0; batch < shape.batches; ++batch) {
      const float *const from_a = a + batch * shape.a_step, *const from_b = b + batch * shape.b_step;
      float* const to = c + batch * shape.c_step;
      stored(shape.transpose_a ? shape.depth : shape.rows, shape.transpose_a ? shape.rows : shape.depth,
             shape.a_stride, [&](std::int64_t at, std::size_t bytes) { watch::whole_read(from_a + at, bytes); });
      stored(shape.transpose_b ? shape.columns : shape.depth, shape.transpose_b ? shape.depth : shape.columns,
             shape.b_stride, [&](std::int64_t at, std::size_t bytes) { watch::whole_read(from_b + at, bytes); });
      stored(shape.rows, shape.columns, shape.c_stride,
             [&](std::int64_t at, std::size_t bytes) { watch::whole_write(to + at, bytes); });
      for (std::int64_t r = 0; r < shape.rows; ++r)
        for (std::int64_t k = 0; k < shape.columns; ++k) {
          float sum = 0;
          for (std::int64_t d = 0; d < shape.depth; ++d)
            sum += from_a[shape.transpose_a ? d * shape.a_stride + r : r * shape.a_stride + d] *
                   from_b[shape.transpose_b ? k * shape.b_stride + d : d * shape.b_stride + k];
          to[r * shape.c_stride + k] = sum;
        }
    }
  });
}

}  // namespace anirec::device
