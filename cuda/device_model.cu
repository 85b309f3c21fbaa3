#include "device_model.h"

#include <algorithm>

namespace anirec::cuda {
namespace {

template <class T, class From>
device::Buffer<T> on_device(const From& from, const device::Stream& stream) {
  device::Buffer<T> buffer(from.size());
  buffer.upload(std::span<const T>(from.data(), from.size()), stream);
  return buffer;
}

}  // namespace

DeviceCatchUp::DeviceCatchUp(const device::Stream& stream)
    : rho_(on_device<CatchUpSums>(CatchUpTable::powers().rho, stream)),
      beta1_(on_device<float>(CatchUpTable::powers().beta1, stream)),
      beta2_low_(on_device<double>(CatchUpTable::powers().beta2_low, stream)),
      beta2_high_(on_device<double>(CatchUpTable::powers().beta2_high, stream)) {
  stream.synchronize();
}

bool DeviceCatchUp::follow(const CatchUpTable& table, const device::Stream& stream) {
  if (table.blocks().size() == blocks_) return false;
  std::vector<CatchUpSums> sums;
  std::vector<std::uint32_t> begin, mask;
  for (const CatchUpTable::Block& block : table.blocks()) {
    begin.push_back(static_cast<std::uint32_t>(sums.size()));
    mask.push_back(block.sums.size() == 1 ? 0 : (1u << CatchUpTable::block_bits) - 1);
    sums.insert(sums.end(), block.sums.begin(), block.sums.end());
  }
  device::synchronize();  // nobody reads the old ones any more
  // All memory before the first copy: what a queued copy reads must outlive a failing allocation.
  sums_ = device::Buffer<CatchUpSums>(sums.size());
  block_begin_ = device::Buffer<std::uint32_t>(begin.size());
  block_mask_ = device::Buffer<std::uint32_t>(mask.size());
  sums_.upload(sums, stream);
  block_begin_.upload(begin, stream);
  block_mask_.upload(mask, stream);
  stream.synchronize();
  blocks_ = table.blocks().size();
  view_ = {sums_.data(), block_begin_.data(), block_mask_.data(), rho_.data(), beta1_.data(), beta2_low_.data(), beta2_high_.data()};
  return true;
}

HeadsView heads_view(const ModelConfig& model, const float class_weight[2]) {
  HeadsView heads;
  heads.count = static_cast<std::int32_t>(model.heads.size());
  heads.bounds = model.bounds;
  std::copy_n(class_weight, 2, heads.class_weight);
  const std::vector<DenseTensor> tensors = dense_tensors(model);
  for (std::size_t h = 0; h < model.heads.size(); ++h) {
    const Head& head = model.heads[h];
    // The heads' tensors are the last: weight, bias, weight, bias. mf has a bias alone.
    const std::size_t bias = tensors.size() - 2 * (model.heads.size() - h) + 1;
    const bool dot = model.trunk() == Trunk::dot;
    heads.head[h] = {head.target, head.activation, head.loss, head.weight,
                     dot ? 0 : static_cast<std::uint32_t>(tensors[bias - 1].offset),
                     dot ? 0 : static_cast<std::uint32_t>(tensors[bias].offset)};
  }
  return heads;
}

}  // namespace anirec::cuda
