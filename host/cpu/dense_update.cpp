#include "cpu/dense_update.h"

#include "cpu/vector.h"
#include "formulas/optimizer.h"

namespace anirec {

ANIREC_CLONES void update_dense(DenseState& dense, Optimizer optimizer, const AdamStep& adam, float rate,
                                const float* gradients, std::size_t stride, std::uint32_t groups,
                                std::size_t begin, std::size_t end) {
  float* __restrict w = dense.values.data();
  float* __restrict m = dense.first.data();
  float* __restrict v = dense.second.data();
  constexpr std::size_t piece = 256;
  float sum[piece];
  for (std::size_t first = begin; first < end; first += piece) {
    const std::size_t count = end - first < piece ? end - first : piece;
    for (std::size_t k = 0; k < count; ++k) sum[k] = gradients[first + k];
    for (std::uint32_t group = 1; group < groups; ++group) {
      const float* gradient = gradients + group * stride + first;
      for (std::size_t k = 0; k < count; ++k) sum[k] += gradient[k];
    }
    switch (optimizer) {
      case Optimizer::adam:
      case Optimizer::lazy_adam:
        for (std::size_t k = 0; k < count; ++k)
          adam_update(w[first + k], m[first + k], v[first + k], sum[k], adam);
        break;
      case Optimizer::adagrad:
      case Optimizer::rowwise_adagrad:  // row-wise is for tables: dense layers are element-wise
        for (std::size_t k = 0; k < count; ++k) adagrad_update(w[first + k], v[first + k], sum[k], rate);
        break;
      case Optimizer::sgd:
        for (std::size_t k = 0; k < count; ++k) sgd_update(w[first + k], sum[k], rate);
        break;
    }
  }
}

}  // namespace anirec
