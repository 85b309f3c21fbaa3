#include "train_step.h"

#include <algorithm>

#include "engine/dense_slice.h"

namespace anirec::cuda {
namespace {

std::uint32_t parts(std::uint32_t samples, std::uint32_t of) { return (samples + of - 1) / of; }

std::uint64_t widest_of(const ModelConfig& model) {
  return model.hidden.empty() ? 0 : static_cast<std::uint64_t>(*std::max_element(model.hidden.begin(), model.hidden.end()));
}

// Samples that go through the dense layers at once.
std::uint32_t slice_of(const ModelConfig& model, std::uint32_t batch) {
  return model.trunk() == Trunk::dot ? batch : std::min(batch, dense_slice_samples(model));
}

// From a slice's gradient of the layers to the next one's: all begin on the same alignment.
std::uint64_t layer_stride(const ModelConfig& model) { return (layer_floats(model) + 3) / 4 * 4; }

// Floats of the partial gradients of the layers; none where a batch is one slice.
std::uint64_t layer_partial_floats(const ModelConfig& model, std::uint32_t batch) {
  const std::uint32_t slices = parts(batch, slice_of(model, batch));
  return slices == 1 ? 0 : slices * layer_stride(model);
}

// Floats of the partial gradients of the heads.
std::size_t head_partial_floats(const ModelConfig& model, std::uint32_t batch) {
  if (model.trunk() == Trunk::dot) return parts(batch, sum_part_samples);
  return static_cast<std::size_t>(parts(batch, sum_part_samples)) * model.heads.size() * (static_cast<std::size_t>(model.hidden.back()) + 1);
}

}  // namespace

TrainStep::Products::Products(const ModelConfig& model, const std::vector<DenseTensor>& tensors, std::uint32_t size,
                              device::GemmMath math)
    : samples(size) {
  for (std::size_t l = 0; l < model.hidden.size(); ++l) {
    const DenseTensor &weight = tensors[2 * l], &bias = tensors[2 * l + 1];
    const auto prepared = [&](device::GemmShape shape) {
      shape.alignment = std::min(alignment_at(weight.offset), alignment_at(bias.offset));
      return device::Gemm(shape);
    };
    const std::int64_t width = weight.shape[0], inputs = weight.shape[1];
    forward.push_back(prepared(device::dense_forward(size, inputs, width, math)));
    weight_gradient.push_back(prepared(device::dense_weight_gradient(size, inputs, width, math)));
    input_gradient.push_back(prepared(device::dense_input_gradient(size, inputs, width, math)));
  }
}

TrainStep::TrainStep(const ModelConfig& model, const TrainSettings& settings, const DeviceTable& users,
                     const DeviceTable& items, DeviceDense& dense, std::uint32_t window_samples, std::uint32_t short_batch,
                     device::GemmMath math, const device::Stream& stream)
    : model_(model),
      settings_(settings),
      users_(users),
      items_(items),
      dense_(dense),
      tensors_(dense_tensors(model)),
      heads_(heads_view(model, settings.class_weight)),
      score_(model.heads.size() * window_samples),
      slope_(model.heads.size() * settings.batch_size),
      penalty_(settings.l2 > 0 ? window_samples : 0),
      head_partials_(head_partial_floats(model, settings.batch_size)),
      slice_(slice_of(model, settings.batch_size)) {
  const std::size_t batch = settings.batch_size, padded = static_cast<std::size_t>(users.view().vectors) * 4;
  signal_ = {score_.data(), slope_.data(), penalty_.size() == 0 ? nullptr : penalty_.data(), window_samples, settings.batch_size};
  for (int side = 0; side < 2; ++side) {
    tile_partials_[side] = device::Buffer<float>(batch * padded);
    tile_bias_partials_[side] = device::Buffer<float>(batch);
  }
  std::vector<PartialGradient> partials;
  if (model.trunk() == Trunk::dot) {
    partials.push_back({0, 1, head_partials_.data(), sum_part_samples, 1});
    user_row_ = device::Buffer<float>(batch * padded);
    user_of_ = device::Buffer<std::uint32_t>(batch);
  } else {
    const std::uint32_t width = static_cast<std::uint32_t>(model.hidden.back());
    const std::size_t most_parts = parts(settings.batch_size, sum_part_samples);
    const float* at = head_partials_.data();
    for (int h = 0; h < heads_.count; ++h) {
      partials.push_back({heads_.head[h].weight_at, width, at, sum_part_samples, width});
      at += most_parts * width;
      partials.push_back({heads_.head[h].bias_at, 1, at, sum_part_samples, 1});
      at += most_parts;
    }
    for (const std::uint32_t size : {slice_, settings.batch_size % slice_, std::min(short_batch, slice_), short_batch % slice_}) {
      const bool known = std::any_of(products_.begin(), products_.end(), [&](const Products& p) { return p.samples == size; });
      if (size > 0 && !known) products_.emplace_back(model, tensors_, size, math);
    }
    const std::size_t inputs = 2 * static_cast<std::size_t>(model.dim), layers = model.hidden.size();
    inputs_ = device::Buffer<float>(slice_ * inputs);
    input_error_ = device::Buffer<float>(batch * inputs);
    for (const int layer : model.hidden) hidden_.emplace_back(slice_ * static_cast<std::size_t>(layer));
    for (std::size_t e = 0; e < std::min(layers, std::size_t{2}); ++e) error_[e] = device::Buffer<float>(slice_ * widest_of(model));
    layer_partials_ = device::Buffer<float>(layer_partial_floats(model, settings.batch_size));
    if (layer_partials_.size() > 0)
      partials.push_back({0, static_cast<std::uint32_t>(layer_floats(model)), layer_partials_.data(), slice_,
                          static_cast<std::uint32_t>(layer_stride(model))});
  }
  for (const PartialGradient& partial : partials) widest_partial_ = std::max(widest_partial_, partial.size);
  partials_ = device::Buffer<PartialGradient>(partials.size());
  partials_.upload(partials, stream);
  stream.synchronize();
}

std::uint64_t TrainStep::bytes_needed(const ModelConfig& model, const TrainSettings& settings, std::uint32_t window_samples) {
  const std::uint64_t batch = settings.batch_size, dim = static_cast<std::uint64_t>(model.dim);
  std::uint64_t floats = (model.heads.size() + (settings.l2 > 0 ? 1 : 0)) * window_samples +
                         batch * (model.heads.size() + 2 * ((dim + 3) / 4 * 4 + 1)) +
                         head_partial_floats(model, settings.batch_size);
  if (model.trunk() == Trunk::dot) {
    floats += batch * ((dim + 3) / 4 * 4 + 1);
  } else {
    floats += slice_of(model, settings.batch_size) * activation_floats(model) + batch * 2 * dim +
              layer_partial_floats(model, settings.batch_size);
  }
  return floats * sizeof(float);
}

void TrainStep::queue(Window& window, std::uint32_t size, const CatchUpView& catch_up, const device::Stream& stream,
                      PhaseTimes* times) {
  const StepView step = window.step_view();
  const bool dot = model_.trunk() == Trunk::dot;
  const float dropout = dropout_scale(settings_.dropout);
  RowSides sides;
  sides.users = {0, users_.view(), window.plan_of(0), tile_partials_[0].data(), tile_bias_partials_[0].data(), !dot, dot};
  sides.items = {1, items_.view(), window.plan_of(1), tile_partials_[1].data(), tile_bias_partials_[1].data(), true, false};
  sides.first = dot ? 1 : 0;
  sides.scale = dot ? dropout * dropout : dropout;
  sides.bias_inside = dot && !model_.additive_bias;
  if (users_.keeps_last_step()) {
    const Phase phase("catch up", stream, times);
    launch_catch_up(step, sides, catch_up, size, stream);
  }
  GradientSource from;
  from.fed = window.fed();
  if (dot) {
    queue_dot(window, sides, size, catch_up, stream, times);
    from.slope = signal_.slope;
    from.user_row = user_row_.data();
    from.user_of = user_of_.data();
  } else {
    queue_mlp(window, size, stream, times);
    from.input_error = input_error_.data();
  }
  {
    const Phase phase("row sums", stream, times);
    launch_tile_sums(step, from, sides, size, stream);
  }
  {
    const Phase phase("row update", stream, times);
    sides.first = 0;
    launch_update_rows(step, from, sides, catch_up, size, stream);
  }
  const Phase phase("dense update", stream, times);
  launch_dense_update({step, settings_.optimizer, dense_.values.data(), dense_.first.data(), dense_.second.data(),
                       dense_.gradient.data(), static_cast<std::uint32_t>(dense_.values.size()), partials_.data(),
                       static_cast<std::uint32_t>(partials_.size()), widest_partial_},
                      stream);
  launch_tick(window.cursor(), stream);
}

void TrainStep::queue_dot(Window& window, const RowSides& sides, std::uint32_t size, const CatchUpView& catch_up,
                          const device::Stream& stream, PhaseTimes* times) {
  const Phase phase("dot users", stream, times);
  launch_dot_users({window.step_view(), sides.users, items_.view(), window.fed(), heads_, dense_.values.data(),
                    sides.scale, model_.additive_bias, catch_up, signal_, user_row_.data(), user_of_.data()},
                   size, stream);
  launch_slope_sums(window.step_view(), signal_.slope, head_partials_.data(), size, stream);
}

void TrainStep::queue_mlp(Window& window, std::uint32_t size, const device::Stream& stream, PhaseTimes* times) {
  for (std::uint32_t begin = 0; begin < size; begin += slice_)
    queue_slice(window, {window.step_view(), begin}, std::min(slice_, size - begin), stream, times);
  const Phase phase("heads", stream, times);
  const std::size_t most_parts = parts(settings_.batch_size, sum_part_samples), width = static_cast<std::size_t>(model_.hidden.back());
  for (std::size_t h = 0; h < model_.heads.size(); ++h)
    launch_slope_sums(window.step_view(), signal_.slope + h * settings_.batch_size,
                      head_partials_.data() + most_parts * (h * (width + 1) + width), size, stream);
}

void TrainStep::queue_slice(Window& window, const SliceView& slice, std::uint32_t samples, const device::Stream& stream,
                            PhaseTimes* times) {
  Products& products = *std::find_if(products_.begin(), products_.end(), [&](const Products& p) { return p.samples == samples; });
  const auto weight = [&](std::size_t l) { return dense_.values.data() + tensors_[2 * l].offset; };
  const auto bias = [&](std::size_t l) { return dense_.values.data() + tensors_[2 * l + 1].offset; };
  const std::size_t layers = hidden_.size();
  {
    const Phase phase("gather", stream, times);
    launch_gather(slice, users_.view(), items_.view(), window.fed(), dropout_scale(settings_.dropout), inputs_.data(),
                  signal_.penalty, samples, stream);
  }
  {
    const Phase phase("mlp forward", stream, times);
    for (std::size_t l = 0; l < layers; ++l)
      products.forward[l].run(l == 0 ? inputs_.data() : hidden_[l - 1].data(), weight(l), hidden_[l].data(), stream, bias(l));
  }
  float *error = error_[0].data(), *below = error_[1].data();
  {
    const Phase phase("heads", stream, times);
    const std::int32_t width = model_.hidden.back();
    launch_heads({slice, window.fed(), heads_, dense_.values.data(), hidden_.back().data(), width, error, signal_}, samples, stream);
    const std::size_t most_parts = parts(settings_.batch_size, sum_part_samples);
    for (std::size_t h = 0; h < model_.heads.size(); ++h)
      launch_weight_sums(slice, hidden_.back().data(), signal_.slope + h * settings_.batch_size, width,
                         head_partials_.data() + most_parts * h * static_cast<std::size_t>(width + 1), samples, stream);
  }
  const Phase phase("mlp backward", stream, times);
  float* const gradient = layer_partials_.size() == 0 ? dense_.gradient.data()
                                                      : layer_partials_.data() + slice.begin / slice_ * layer_stride(model_);
  float* const input_error = input_error_.data() + static_cast<std::size_t>(slice.begin) * 2 * static_cast<std::size_t>(model_.dim);
  for (std::size_t l = layers; l-- > 0;) {
    const float* in = l == 0 ? inputs_.data() : hidden_[l - 1].data();
    products.weight_gradient[l].run(error, in, gradient + tensors_[2 * l].offset, stream, gradient + tensors_[2 * l + 1].offset);
    products.input_gradient[l].run(error, weight(l), l == 0 ? input_error : below, stream);
    if (l == 0) break;
    launch_relu_mask(slice, hidden_[l - 1].data(), model_.hidden[l - 1], below, samples, stream);
    std::swap(error, below);
  }
}

}  // namespace anirec::cuda
