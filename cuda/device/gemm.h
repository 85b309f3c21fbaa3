// Products of row-major float matrices for the dense layers, bitwise the same from run to run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>

#include "device/device.h"

namespace anirec::device {

enum class GemmMath { fp32, tf32, bf16 };  // what the factors are rounded to; sums are float32

enum class GemmEpilogue {
  none,
  bias_relu,  // C = max(0, A·B + bias), bias [columns] added to every row
  row_sums,   // beside C: sums [rows], sums[r] = Σ over depth of op(A)[r, ·]; needs transpose_a
};

// C [rows, columns] = op(A) [rows, depth] · op(B) [depth, columns], all sizes >= 1.
struct GemmShape {
  std::int64_t rows, columns, depth;
  bool transpose_a = false;                               // A lies in memory as [depth, rows]
  bool transpose_b = false;                               // B lies in memory as [columns, depth]
  std::int64_t a_stride = 0, b_stride = 0, c_stride = 0;  // elements from row to row in memory; 0: no gaps
  GemmEpilogue epilogue = GemmEpilogue::none;
  GemmMath math = GemmMath::fp32;
  std::uint32_t alignment = 4;  // bytes that every pointer is a multiple of; 16 makes it faster
};

// out [B, H] = relu(in [B, inputs] · W [H, inputs]ᵀ + bias [H]): run(in, W, out, bias).
GemmShape dense_forward(std::int64_t batch, std::int64_t inputs, std::int64_t width, GemmMath math);
// in_error [B, inputs] = error [B, H] · W [H, inputs]: run(error, W, in_error).
GemmShape dense_input_gradient(std::int64_t batch, std::int64_t inputs, std::int64_t width, GemmMath math);
// dW [H, inputs] = error [B, H]ᵀ · in [B, inputs], db [H] = Σ_b error[b, ·]: run(error, in, dW, db).
GemmShape dense_weight_gradient(std::int64_t batch, std::int64_t inputs, std::int64_t width, GemmMath math);

// A product prepared for one shape: its algorithm and its workspace are chosen here, by the shape and the device
// alone, and stay. One run at a time (its workspace is one), on any stream, also in a capture.
class Gemm {
 public:
  explicit Gemm(const GemmShape& shape, std::source_location where = std::source_location::current());
  ~Gemm();
  Gemm(Gemm&&) noexcept;
  Gemm& operator=(Gemm&&) noexcept;

  // `vector`: the bias, or where the sums go. A, B and C do not overlap.
  void run(const float* a, const float* b, float* c, const Stream& stream, float* vector = nullptr,
           std::source_location where = std::source_location::current());

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace anirec::device
