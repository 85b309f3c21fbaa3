// One product as cuBLASLt does it: for gemm.cu alone, which gives it the shapes that it is good at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>

#include "device/gemm.h"

namespace anirec::device {

// As GemmShape, with nothing left to default, `batches` times over: the operands of batch i begin at i · step.
struct ProductShape {
  std::int64_t rows, columns, depth;
  bool transpose_a, transpose_b;
  std::int64_t a_stride, b_stride, c_stride;
  std::int64_t batches, a_step, b_step, c_step;
  GemmEpilogue epilogue;
  GemmMath math;
  std::uint32_t alignment;  // of the first batch's pointers, in bytes
};

class MatrixProduct {
 public:
  // Takes the best algorithm that needs no summing-up of parts in an order of its own. Where none has the
  // epilogue, a plain product is prepared, and has_epilogue() is false.
  MatrixProduct(const ProductShape& shape, std::source_location where);
  ~MatrixProduct();
  MatrixProduct(MatrixProduct&&) noexcept;

  bool has_epilogue() const;
  // `vector`: bias [columns] read, or row sums [batches][rows] written, where has_epilogue().
  void run(const float* a, const float* b, float* c, float* vector, const Stream& stream,
           std::source_location where) const;

 private:
  struct Prepared;
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace anirec::device
