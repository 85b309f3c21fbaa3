#include "cpu/batch.h"

namespace anirec {
namespace {

ANIREC_INLINE float squared_norm(const float* row, int width) {
  Vec sum = {};
  for (int k = 0; k < width; k += lanes) {
    Vec part;
    load(part, row + k);
    sum.add_product(part, part);
  }
  return lane_sum(sum);
}

}  // namespace

ANIREC_CLONES double squared_norms(const Batch& batch, std::uint32_t begin, std::uint32_t end,
                                   const RowTable& users, const RowTable& items) {
  double sum = 0;
  for (std::uint32_t i = begin; i < end; ++i)
    sum += static_cast<double>(squared_norm(users.row(batch.user[i]), users.padded()) +
                               squared_norm(items.row(batch.item[i]), items.padded()));
  return sum;
}

}  // namespace anirec
