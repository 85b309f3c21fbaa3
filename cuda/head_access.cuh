// A head's loss for one sample, as every kernel sees it.
#pragma once

#include "device/kernel.h"
#include "formulas/loss.h"
#include "views.h"

namespace anirec::cuda {

__device__ inline float target_of(const HeadView& head, const Sample& sample) {
  return head.target == Target::label ? sample.label : sample.rating;
}
// The head's weight, and the class weight of the sample's label.
__device__ inline float weight_of(const HeadsView& heads, const HeadView& head, const Sample& sample) {
  return head.target == Target::label ? head.weight * heads.class_weight[sample.label > 0.5f ? 1 : 0] : head.weight;
}
// d loss / d score, with loss weight, class weight and 1/B.
__device__ inline float slope_of(const HeadsView& heads, int h, float score, const Sample& sample, float inverse_size) {
  const HeadView& head = heads.head[h];
  const LossAndSlope result = head_loss(head.loss, head.activation, score, target_of(head, sample), heads.bounds);
  return weight_of(heads, head, sample) * inverse_size * result.slope;
}

}  // namespace anirec::cuda
