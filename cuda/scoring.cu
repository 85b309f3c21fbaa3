#include "scoring.h"

#include <algorithm>

#include "step.h"

namespace anirec::cuda {
namespace {

// Both tables brought forward, and a row of zeros behind each for what the model does not know.
struct Look {
  explicit Look(const DeviceModel& m, const device::Stream& stream)
      : users(m.model.users + 1, m.model.dim, m.model.has_row_bias(), Optimizer::sgd),
        items(m.model.items + 1, m.model.dim, m.model.has_row_bias(), Optimizer::sgd) {
    launch_look(m.users.view(), m.catch_up, m.now, users.view(), stream);
    launch_look(m.items.view(), m.catch_up, m.now, items.view(), stream);
  }
  DeviceTable users, items;
};

constexpr float unweighted[2] = {1, 1};

constexpr std::size_t most_pairs = 65536;  // that predict scores at once

// Users that rank scores at once: what fits 256 MB of scores.
std::uint32_t users_a_block(const ModelConfig& model) {
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(model.users, std::clamp<std::size_t>((std::size_t{1} << 26) / model.items, 1, 4096)));
}

// Whether a pair's score takes the last layer alone (launch_split_scores).
bool is_split(const ModelConfig& model) { return model.hidden.size() == 1 && split_scores_fit(model.hidden[0]); }

// Whatever training rounds to: a pair's score is the same in predict and rank, and near the CPU's.
constexpr auto looking_math = device::GemmMath::fp32;

// The dense layers after the first `done` for tiles of up to `rows` rows.
class Forward {
 public:
  Forward(const DeviceModel& m, std::int64_t rows, std::size_t done) : m_(m), tensors_(dense_tensors(m.model)), done_(done) {
    for (std::size_t l = done; l < m.model.hidden.size(); ++l) {
      const DenseTensor &weight = tensors_[2 * l], &bias = tensors_[2 * l + 1];
      device::GemmShape shape = device::dense_forward(rows, weight.shape[1], weight.shape[0], looking_math);
      shape.alignment = std::min(alignment_at(weight.offset), alignment_at(bias.offset));
      products_.emplace_back(shape);
      hidden_.emplace_back(static_cast<std::size_t>(rows * weight.shape[0]));
    }
  }
  // The last hidden layer from the first layer's inputs, or from the output of layer done − 1.
  const float* run(const float* in, const device::Stream& stream) {
    for (std::size_t l = 0; l < products_.size(); ++l) {
      const float* dense = m_.dense.values.data();
      products_[l].run(in, dense + tensors_[2 * (done_ + l)].offset, hidden_[l].data(), stream, const_cast<float*>(dense) + tensors_[2 * (done_ + l) + 1].offset);
      in = hidden_[l].data();
    }
    return in;
  }

 private:
  const DeviceModel& m_;
  std::vector<DenseTensor> tensors_;
  std::size_t done_;
  std::vector<device::Gemm> products_;
  std::vector<device::Buffer<float>> hidden_;
};

// A step of one batch that only looks.
class LookStep {
 public:
  LookStep() : steps_(1), cursor_(1) {}
  StepView of(std::uint32_t size, const device::Stream& stream) {
    StepScalars step = {};
    step.size = size;
    steps_.upload(std::span(&step, 1), stream);
    cursor_.clear(stream);
    stream.synchronize();
    return {steps_.data(), cursor_.data()};
  }

 private:
  device::Buffer<StepScalars> steps_;
  device::Buffer<std::uint32_t> cursor_;
};

// Lists of a block of users, as the kernels read them.
struct DeviceLists {
  DeviceLists(const ItemLists& lists, std::span<const std::uint32_t> users, const device::Stream& stream) {
    std::vector<std::uint64_t> offsets = {0};
    std::vector<std::uint32_t> items;
    for (const std::uint32_t user : users) {
      if (user != unknown_index) {
        const auto of = lists.of(user);
        items.insert(items.end(), of.begin(), of.end());
      }
      offsets.push_back(items.size());
    }
    if (items.empty()) items.push_back(0);  // an address is needed all the same
    // All memory before the first copy: what a queued copy reads must outlive a failing allocation.
    offsets_ = device::Buffer<std::uint64_t>(offsets.size());
    items_ = device::Buffer<std::uint32_t>(items.size());
    offsets_.upload(offsets, stream);
    items_.upload(items, stream);
    stream.synchronize();
  }
  device::Buffer<std::uint64_t> offsets_;
  device::Buffer<std::uint32_t> items_;
};

// Scores of blocks of users over the whole catalogue.
class Catalogue {
 public:
  Catalogue(const DeviceModel& m, std::uint32_t block, const device::Stream& stream)
      : m_(m), look_(m, stream), heads_(heads_view(m.model, unweighted)), block_(block), user_(block) {
    const std::size_t dim = static_cast<std::size_t>(m.model.dim), items = m.model.items;
    const bool dot = m.model.trunk() == Trunk::dot;
    item_matrix_ = device::Buffer<float>(items * dim);
    user_matrix_ = device::Buffer<float>(block * dim);
    launch_rows_to_matrix(look_.items.view(), nullptr, m.model.items, dot && !m.model.additive_bias, item_matrix_.data(), stream);
    if (dot) {
      products_.emplace_back(product(block, items));
      return;
    }
    tensors_ = dense_tensors(m.model);
    const std::size_t width = static_cast<std::size_t>(m.model.hidden[0]);
    const float* weight = m.dense.values.data() + tensors_[0].offset;
    user_product_ = device::Buffer<float>(block * width);
    item_product_ = device::Buffer<float>(items * width);
    // W·[u; i] = Wu·u + Wi·i; the two halves lie side by side in W's rows.
    device::GemmShape users = product(block, width);
    users.b_stride = static_cast<std::int64_t>(2 * dim);
    users.alignment = alignment_at(tensors_[0].offset);
    products_.emplace_back(users);
    const bool one_layer = is_split(m.model);
    device::GemmShape of_items = one_layer ? product(width, items) : product(items, width);
    (one_layer ? of_items.a_stride : of_items.b_stride) = static_cast<std::int64_t>(2 * dim);
    of_items.alignment = std::min(alignment_at(tensors_[0].offset), alignment_at(dim));
    device::Gemm item_product(of_items);
    if (one_layer) {
      item_product.run(weight + dim, item_matrix_.data(), item_product_.data(), stream);
    } else {
      item_product.run(item_matrix_.data(), weight + dim, item_product_.data(), stream);
      first_layer_ = device::Buffer<float>(items * width);
      deeper_.emplace_back(m, static_cast<std::int64_t>(items), std::size_t{1});
    }
    stream.synchronize();
  }

  // score [users][items]; as many users as a block has, the last ones repeated where there are fewer.
  void score(std::span<const std::uint32_t> users, float* score, const device::Stream& stream) {
    std::vector<std::uint32_t> rows(block_);
    for (std::size_t u = 0; u < rows.size(); ++u) {
      const std::uint32_t user = users[std::min(u, users.size() - 1)];
      rows[u] = user == unknown_index ? m_.model.users : user;
    }
    user_.upload(rows, stream);
    stream.synchronize();
    const bool dot = m_.model.trunk() == Trunk::dot;
    launch_rows_to_matrix(look_.users.view(), user_.data(), block_, dot && !m_.model.additive_bias, user_matrix_.data(), stream);
    TableView items = look_.items.view();
    items.count = m_.model.items;
    if (dot) {
      products_[0].run(user_matrix_.data(), item_matrix_.data(), score, stream);
      launch_add_biases(score, look_.users.view(), user_.data(), block_, items, m_.dense.values.data(), m_.model.additive_bias, stream);
      return;
    }
    const float* dense = m_.dense.values.data();
    products_[0].run(user_matrix_.data(), dense + tensors_[0].offset, user_product_.data(), stream);
    const HeadView& head = heads_.head[m_.model.ranking_head()];
    const std::int32_t width = m_.model.hidden[0];
    if (deeper_.empty()) {
      launch_split_scores(user_product_.data(), item_product_.data(), dense, static_cast<std::uint32_t>(tensors_[1].offset),
                          head.weight_at, head.bias_at, width, block_, m_.model.items, score, stream);
      return;
    }
    HeadsView only = heads_;
    only.head[0] = head;
    only.count = 1;
    const StepView step = look_step_.of(m_.model.items, stream);
    device::Buffer<Sample> nobody(m_.model.items);
    nobody.clear(stream);
    for (std::size_t u = 0; u < users.size(); ++u) {
      launch_first_layer_of_user(user_product_.data() + u * static_cast<std::size_t>(width), item_product_.data(),
                                 dense + tensors_[1].offset, width, m_.model.items, first_layer_.data(), stream);
      const float* hidden = deeper_[0].run(first_layer_.data(), stream);
      SignalView signal;
      signal.score = score + u * m_.model.items;
      signal.window = signal.batch = m_.model.items;
      launch_heads({{step}, {nobody.data(), nullptr, nullptr, 0}, only, dense, hidden, m_.model.hidden.back(), nullptr, signal},
                   m_.model.items, stream);
    }
    stream.synchronize();
  }

 private:
  // A [rows, D] · B [columns, D]ᵀ.
  device::GemmShape product(std::size_t rows, std::size_t columns) const {
    device::GemmShape shape = {};
    shape.rows = static_cast<std::int64_t>(rows);
    shape.columns = static_cast<std::int64_t>(columns);
    shape.depth = m_.model.dim;
    shape.transpose_b = true;
    shape.math = looking_math;
    shape.alignment = alignment_at(0);
    return shape;
  }

  const DeviceModel& m_;
  Look look_;
  const HeadsView heads_;
  const std::uint32_t block_;
  device::Buffer<std::uint32_t> user_;
  device::Buffer<float> item_matrix_, user_matrix_, user_product_, item_product_, first_layer_;
  std::vector<device::Gemm> products_;
  std::vector<DenseTensor> tensors_;
  std::vector<Forward> deeper_;  // stacks only
  LookStep look_step_;
};

}  // namespace

std::uint64_t bytes_needed_to_look(const ModelConfig& model) {
  const std::uint64_t dim = static_cast<std::uint64_t>(model.dim), items = model.items, block = users_a_block(model);
  std::uint64_t of_item = dim, of_user = dim + items + 2, of_pair = model.heads.size() + 4;  // floats; a sample is four
  if (model.trunk() == Trunk::mlp) {
    std::uint64_t hidden = 0;
    for (const int width : model.hidden) hidden += static_cast<std::uint64_t>(width);
    const std::uint64_t first = static_cast<std::uint64_t>(model.hidden[0]);
    of_user += first;
    of_item += is_split(model) ? first : first + hidden + 4;
    of_pair += 2 * dim + hidden;
  }
  return DeviceTable::bytes_needed(model.users + 1, model.dim, model.has_row_bias(), Optimizer::sgd) +
         DeviceTable::bytes_needed(model.items + 1, model.dim, model.has_row_bias(), Optimizer::sgd) +
         sizeof(float) * std::max(items * of_item + block * of_user, most_pairs * of_pair);  // rank, predict
}

void read_parameters(const DeviceModel& m, Parameters& parameters, const device::Stream& stream) {
  const Look look(m, stream);
  const auto read = [&](const DeviceTable& table, std::vector<float>& values, std::vector<float>& biases) {
    table.download(0, values, biases, stream);
    values.resize(values.size() - static_cast<std::size_t>(m.model.dim));  // without the row of zeros
    if (!biases.empty()) biases.pop_back();
  };
  read(look.users, parameters.user_embedding, parameters.user_bias);
  read(look.items, parameters.item_embedding, parameters.item_bias);
  parameters.dense.resize(m.dense.values.size());
  m.dense.values.download(parameters.dense, stream);
  stream.synchronize();
}

void predict_pairs(const DeviceModel& m, std::span<const std::uint32_t> users, std::span<const std::uint32_t> items,
                   Scores& scores, const device::Stream& stream) {
  scores.by_head.assign(m.model.heads.size(), std::vector<float>(users.size()));
  if (users.empty()) return;
  const Look look(m, stream);
  const HeadsView heads = heads_view(m.model, unweighted);
  const std::uint32_t tile = static_cast<std::uint32_t>(std::min(users.size(), most_pairs));
  const bool dot = m.model.trunk() == Trunk::dot;
  device::Buffer<Sample> sample(tile);
  device::Buffer<float> score(tile * m.model.heads.size()), inputs(dot ? 0 : tile * 2 * static_cast<std::size_t>(m.model.dim));
  std::vector<Forward> forward;
  if (!dot) forward.emplace_back(m, static_cast<std::int64_t>(tile), std::size_t{0});
  LookStep look_step;
  SignalView signal;
  signal.score = score.data();
  signal.window = signal.batch = tile;
  const FedView fed = {sample.data(), nullptr, nullptr, 0};
  std::vector<Sample> pairs(tile);
  for (std::size_t first = 0; first < users.size(); first += tile) {
    const std::size_t count = std::min<std::size_t>(tile, users.size() - first);
    for (std::size_t i = 0; i < tile; ++i) {  // behind the last, rows of zeros
      const bool there = i < count;
      const std::uint32_t user = there ? users[first + i] : unknown_index, item = there ? items[first + i] : unknown_index;
      pairs[i] = {user == unknown_index ? m.model.users : user, item == unknown_index ? m.model.items : item, 0, 0};
    }
    sample.upload(pairs, stream);
    if (dot) {
      launch_dot_scores({look.users.view(), look.items.view(), sample.data(), tile, m.dense.values.data(), m.model.additive_bias, score.data()}, stream);
    } else {
      const StepView step = look_step.of(tile, stream);
      launch_gather({step}, look.users.view(), look.items.view(), fed, 1.0f, inputs.data(), nullptr, tile, stream);
      const float* hidden = forward[0].run(inputs.data(), stream);
      launch_heads({{step}, fed, heads, m.dense.values.data(), hidden, m.model.hidden.back(), nullptr, signal}, tile, stream);
    }
    for (std::size_t h = 0; h < m.model.heads.size(); ++h)
      score.download(std::span(scores.by_head[h]).subspan(first, count), stream, h * tile);
    stream.synchronize();
  }
}

void rank_items(const DeviceModel& m, std::span<const std::uint32_t> users, int k, const ItemLists* seen,
                const ItemLists* relevant, Ranked& ranked, const device::Stream& stream) {
  const std::size_t places = static_cast<std::size_t>(k);
  const std::uint32_t items = m.model.items, top = static_cast<std::uint32_t>(std::min<std::size_t>(places, items));
  ranked.k = k;
  ranked.item.assign(users.size() * places, unknown_index);
  ranked.score.assign(users.size() * places, 0.0f);
  ranked.first_relevant_rank.assign(relevant != nullptr ? users.size() : 0, 0);
  if (users.empty()) return;
  const std::uint32_t block = static_cast<std::uint32_t>(std::min<std::size_t>(users.size(), users_a_block(m.model)));
  Catalogue catalogue(m, block, stream);
  device::Buffer<float> score(std::size_t{block} * items), best(std::size_t{block} * top);
  device::Buffer<std::uint32_t> item(std::size_t{block} * top), rank(block);
  std::vector<std::uint32_t> best_item(item.size());
  std::vector<float> best_score(best.size());
  for (std::size_t first = 0; first < users.size(); first += block) {
    const auto of_block = users.subspan(first, std::min<std::size_t>(block, users.size() - first));
    const std::uint32_t count = static_cast<std::uint32_t>(of_block.size());
    catalogue.score(of_block, score.data(), stream);
    if (seen != nullptr) {
      const DeviceLists lists(*seen, of_block, stream);
      launch_mask_seen(score.data(), items, lists.offsets_.data(), lists.items_.data(), count, stream);
      stream.synchronize();
    }
    if (relevant != nullptr) {
      const DeviceLists lists(*relevant, of_block, stream);
      launch_first_ranks(score.data(), items, lists.offsets_.data(), lists.items_.data(), count, rank.data(), stream);
      rank.download(std::span(ranked.first_relevant_rank).subspan(first, count), stream);
      stream.synchronize();
    }
    launch_top(score.data(), items, count, top, item.data(), best.data(), stream);
    item.download(best_item, stream);
    best.download(best_score, stream);
    stream.synchronize();
    for (std::size_t u = 0; u < count; ++u) {
      std::copy_n(best_item.begin() + static_cast<std::ptrdiff_t>(u * top), top, ranked.item.begin() + static_cast<std::ptrdiff_t>((first + u) * places));
      std::copy_n(best_score.begin() + static_cast<std::ptrdiff_t>(u * top), top, ranked.score.begin() + static_cast<std::ptrdiff_t>((first + u) * places));
    }
  }
}

}  // namespace anirec::cuda
