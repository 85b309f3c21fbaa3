#include "cpu/heads.h"

#include <cmath>

namespace anirec {

void head_losses(const ModelConfig& model, const Head& head, const TrainSettings& settings, const Batch& batch,
                 std::uint32_t begin, std::uint32_t end, const float* score, float* slope, TrainSums& sums) {
  const float inverse_batch = 1.0f / static_cast<float>(batch.size);
  for (std::uint32_t place = begin; place < end; ++place) {
    const float s = score[place - begin];
    if (head.target == Target::label) {
      const float label = batch.label[place];
      const LossAndSlope result = cross_entropy(s, label);
      const float weight = head.weight * settings.class_weight[label > 0.5f ? 1 : 0];
      slope[place - begin] = weight * inverse_batch * result.slope;
      sums.loss += static_cast<double>(weight * result.loss);
      sums.cross_entropy += static_cast<double>(result.loss);
      const bool positive = s > 0;
      sums.true_positive += positive && label > 0.5f;
      sums.false_positive += positive && label <= 0.5f;
      sums.true_negative += !positive && label <= 0.5f;
      sums.false_negative += !positive && label > 0.5f;
    } else {
      const LossAndSlope result = squared_error(head.activation, s, batch.rating[place], model.bounds);
      slope[place - begin] = head.weight * inverse_batch * result.slope;
      sums.loss += static_cast<double>(head.weight * result.loss);
      sums.squared_error += static_cast<double>(result.loss);
      sums.absolute_error += std::sqrt(static_cast<double>(result.loss));
    }
  }
}

}  // namespace anirec
