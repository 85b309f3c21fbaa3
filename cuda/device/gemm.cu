// Names no vendor: compiled by nvcc over cuBLASLt, and by g++ over the loops of tests/emulation/.
#include "device/gemm.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "device/kernel.h"
#include "device/matrix_product.h"

namespace anirec::device {
namespace {

// A weight gradient is a small matrix summed over a deep batch: few tiles, so few of the GPU's processors at work.
// It is cut along its depth into slices whose partial products are added in order, as many slices as give this
// many tiles: some two for each processor of an H100.
constexpr std::int64_t tiles_wanted = 256, tile_size = 64, least_slice = 512;

constexpr std::uint32_t block_threads = 256, sum_columns = 32, sum_lanes = block_threads / sum_columns;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

std::uint32_t blocks_for(std::int64_t elements) {
  return static_cast<std::uint32_t>(ceil_div(elements, std::int64_t{block_threads}));
}

// Depth of a slice; a multiple of 16 elements keeps every slice as aligned as the first.
std::int64_t slice_depth(const GemmShape& shape) {
  if (shape.epilogue == GemmEpilogue::bias_relu) return shape.depth;
  const std::int64_t tiles = ceil_div(shape.rows, tile_size) * ceil_div(shape.columns, tile_size);
  const std::int64_t slices =
      std::min(ceil_div(shape.depth, least_slice), std::max<std::int64_t>(1, tiles_wanted / tiles));
  return slices == 1 ? shape.depth : ceil_div(ceil_div(shape.depth, slices), 16) * 16;
}

// C[r, k] = max(0, C[r, k] + bias[k]), a thread an element.
__global__ void bias_relu_kernel(float* c, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                                 const float* bias) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= rows * columns) return;
  const std::int64_t row = i / columns, column = i % columns;
  float* const at = c + row * stride + column;
  const float value = *at + bias[column];
  *at = value > 0 ? value : 0.0f;
}

// to[r, k] = Σ_s part[s][r, k] in the order of the slices, a thread an element; part [slices][rows · columns].
__global__ void add_slices_kernel(const float* part, std::int64_t slices, std::int64_t rows, std::int64_t columns,
                                  float* to, std::int64_t stride) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x, elements = rows * columns;
  if (i >= elements) return;
  float sum = 0;
  for (std::int64_t s = 0; s < slices; ++s) sum += part[s * elements + i];
  to[i / columns * stride + i % columns] = sum;
}

// part[slice][r] = Σ over the slice's depth of a[d, r]; a block sums 32 rows of op(A) over one slice: blocks are
// (⌈rows / 32⌉, slices).
__global__ void slice_row_sums_kernel(const float* a, std::int64_t depth, std::int64_t slice, std::int64_t rows,
                                      std::int64_t stride, float* part) {
  float* const lane_sums = shared_memory<float>();  // [sum_lanes][sum_columns]
  const std::uint32_t column = threadIdx.x % sum_columns, lane = threadIdx.x / sum_columns;
  const std::int64_t row = std::int64_t{blockIdx.x} * sum_columns + column;
  const std::int64_t begin = blockIdx.y * slice, end = begin + slice < depth ? begin + slice : depth;
  float sum = 0;
  if (row < rows)
    for (std::int64_t d = begin + lane; d < end; d += sum_lanes) sum += a[d * stride + row];
  lane_sums[threadIdx.x] = sum;
  __syncthreads();
  if (lane != 0 || row >= rows) return;
  for (std::uint32_t other = 1; other < sum_lanes; ++other) sum += lane_sums[other * sum_columns + column];
  part[blockIdx.y * rows + row] = sum;
}

ProductShape product_of(const GemmShape& shape, std::int64_t depth, std::int64_t batches) {
  ProductShape product = {};
  product.rows = shape.rows;
  product.columns = shape.columns;
  product.depth = depth;
  product.transpose_a = shape.transpose_a;
  product.transpose_b = shape.transpose_b;
  product.a_stride = shape.a_stride;
  product.b_stride = shape.b_stride;
  product.c_stride = shape.c_stride;
  product.batches = batches;
  product.a_step = depth * (shape.transpose_a ? shape.a_stride : 1);
  product.b_step = depth * (shape.transpose_b ? 1 : shape.b_stride);
  product.c_step = shape.rows * shape.columns;
  product.epilogue = shape.epilogue;
  product.math = shape.math;
  product.alignment = shape.alignment;
  return product;
}

}  // namespace

struct Gemm::Plan {
  GemmShape shape;
  std::int64_t slice, whole_slices, slices;  // slices: the whole ones and, where the depth does not divide, a rest
  std::vector<MatrixProduct> products;       // of the whole slices and of the rest
  Buffer<float> parts;                       // [slices][rows, columns], where there are several
  Buffer<float> sums;                        // [slices][rows], where there are several
};

Gemm::Gemm(const GemmShape& given, std::source_location where) : plan_(std::make_unique<Plan>()) {
  Plan& plan = *plan_;
  GemmShape& shape = plan.shape = given;
  if (shape.rows < 1 || shape.columns < 1 || shape.depth < 1) throw std::invalid_argument("a product of nothing");
  if (shape.epilogue == GemmEpilogue::row_sums && !shape.transpose_a)
    throw std::invalid_argument("row sums are those of a transposed matrix");
  if (shape.a_stride == 0) shape.a_stride = shape.transpose_a ? shape.rows : shape.depth;
  if (shape.b_stride == 0) shape.b_stride = shape.transpose_b ? shape.depth : shape.columns;
  if (shape.c_stride == 0) shape.c_stride = shape.columns;
  plan.slice = slice_depth(shape);
  plan.whole_slices = shape.depth / plan.slice;
  plan.slices = ceil_div(shape.depth, plan.slice);
  GemmShape part = shape;  // of a slice; its results lie packed, one slice behind the other
  if (plan.slices > 1) {
    const auto elements = static_cast<std::size_t>(plan.slices * shape.rows);
    plan.parts = Buffer<float>(elements * static_cast<std::size_t>(shape.columns), where);
    if (shape.epilogue == GemmEpilogue::row_sums) plan.sums = Buffer<float>(elements, where);
    part.c_stride = shape.columns;
    // A part begins where the one before ends, on whatever address that is.
    if (shape.rows * shape.columns % 4 != 0 || shape.rows % 4 != 0) part.alignment = 4;
  }
  plan.products.emplace_back(product_of(part, plan.slice, plan.whole_slices), where);
  if (plan.slices > plan.whole_slices)
    plan.products.emplace_back(product_of(part, shape.depth - plan.whole_slices * plan.slice, 1), where);
}

Gemm::~Gemm() = default;
Gemm::Gemm(Gemm&&) noexcept = default;
Gemm& Gemm::operator=(Gemm&&) noexcept = default;

void Gemm::run(const float* a, const float* b, float* c, const Stream& stream, float* vector,
               std::source_location where) {
  Plan& plan = *plan_;
  const GemmShape& shape = plan.shape;
  for (const float* pointer : {a, b, static_cast<const float*>(c)})
    if (reinterpret_cast<std::uintptr_t>(pointer) % shape.alignment != 0)
      throw std::invalid_argument("an operand is less aligned than its product was prepared for");
  if ((shape.epilogue == GemmEpilogue::none) != (vector == nullptr))
    throw std::invalid_argument("a product's epilogue and its vector go together");
  const bool sliced = plan.slices > 1, row_sums = shape.epilogue == GemmEpilogue::row_sums;
  float* const products_to = sliced ? plan.parts.data() : c;
  float* const sums_to = sliced && row_sums ? plan.sums.data() : vector;
  const MatrixProduct& whole = plan.products.front();
  whole.run(a, b, products_to, sums_to, stream, where);
  bool summed = whole.has_epilogue();
  if (plan.slices > plan.whole_slices) {
    const std::int64_t done = plan.whole_slices * plan.slice;
    const MatrixProduct& rest = plan.products.back();
    rest.run(a + done * (shape.transpose_a ? shape.a_stride : 1),
             b + done * (shape.transpose_b ? 1 : shape.b_stride),
             products_to + plan.whole_slices * shape.rows * shape.columns,
             row_sums ? sums_to + plan.whole_slices * shape.rows : nullptr, stream, where);
    summed = summed && rest.has_epilogue();
  }
  if (row_sums && !summed)
    launch(slice_row_sums_kernel,
           {static_cast<std::uint32_t>(ceil_div(shape.rows, std::int64_t{sum_columns})),
            static_cast<std::uint32_t>(plan.slices), where},
           block_threads, block_threads * sizeof(float), stream, a, shape.depth, plan.slice, shape.rows,
           shape.a_stride, sums_to);
  if (sliced) {
    launch(add_slices_kernel, {blocks_for(shape.rows * shape.columns), where}, block_threads, 0, stream,
           plan.parts.data(), plan.slices, shape.rows, shape.columns, c, shape.c_stride);
    if (row_sums)
      launch(add_slices_kernel, {blocks_for(shape.rows), where}, block_threads, 0, stream, plan.sums.data(),
             plan.slices, std::int64_t{1}, shape.rows, vector, shape.rows);
  }
  if (shape.epilogue == GemmEpilogue::bias_relu && !whole.has_epilogue())
    launch(bias_relu_kernel, {blocks_for(shape.rows * shape.columns), where}, block_threads, 0, stream, c,
           shape.rows, shape.columns, shape.c_stride, vector);
}

GemmShape dense_forward(std::int64_t batch, std::int64_t inputs, std::int64_t width, GemmMath math) {
  GemmShape shape = {batch, width, inputs};
  shape.transpose_b = true;
  shape.epilogue = GemmEpilogue::bias_relu;
  shape.math = math;
  return shape;
}

GemmShape dense_input_gradient(std::int64_t batch, std::int64_t inputs, std::int64_t width, GemmMath math) {
  GemmShape shape = {batch, inputs, width};
  shape.math = math;
  return shape;
}

GemmShape dense_weight_gradient(std::int64_t batch, std::int64_t inputs, std::int64_t width, GemmMath math) {
  GemmShape shape = {width, inputs, batch};
  shape.transpose_a = true;
  shape.epilogue = GemmEpilogue::row_sums;
  shape.math = math;
  return shape;
}

}  // namespace anirec::device
