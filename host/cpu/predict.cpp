#include "cpu/predict.h"

#include <algorithm>
#include <vector>

#include "cpu/mlp_layers.h"
#include "cpu/vector.h"

namespace anirec {
namespace {

ANIREC_CLONES float dot_rows(const float* x, const float* y, float x_bias, float y_bias, int dim) {
  Vec sum = {};
  int k = 0;
  for (; k + lanes <= dim; k += lanes) {
    Vec a, b;
    load(a, x + k);
    load(b, y + k);
    a += x_bias;
    b += y_bias;
    sum.add_product(a, b);
  }
  float rest = 0;
  for (; k < dim; ++k) rest += (x[k] + x_bias) * (y[k] + y_bias);
  return lane_sum(sum) + rest;
}

// One member's memory for a tile of pairs.
struct Tile {
  std::vector<float> inputs, hidden[2];
};

}  // namespace

void CpuState::look_at(const RowTable& table, std::uint32_t index, float* to, float& bias) const {
  if (index == unknown_index) {
    std::fill_n(to, table.padded(), 0.0f);
    bias = 0;
    return;
  }
  table.brought_forward(index, catch_up, step, to, bias);
}

void predict_pairs(const CpuState& state, Team& team, std::span<const std::uint32_t> users,
                   std::span<const std::uint32_t> items, Scores& scores) {
  const ModelConfig& model = state.model;
  constexpr std::size_t tile_size = 128;
  const std::size_t dim = static_cast<std::size_t>(model.dim),
                    padded = static_cast<std::size_t>(state.users.padded());
  const bool mlp = model.trunk() == Trunk::mlp;
  const MlpLayers layers(model);
  scores.by_head.assign(model.heads.size(), std::vector<float>(users.size()));
  std::vector<Tile> tiles(static_cast<std::size_t>(team.size()));
  for (Tile& tile : tiles) {
    tile.inputs.resize(tile_size * 2 * dim + 2 * padded);
    for (std::vector<float>& hidden : tile.hidden)
      hidden.resize(tile_size * static_cast<std::size_t>(layers.widest()));
  }

  team.for_ranges(users.size(), tile_size, [&](std::size_t begin, std::size_t end, int member) {
    Tile& tile = tiles[static_cast<std::size_t>(member)];
    float x_bias, y_bias;
    if (!mlp) {
      float *x = tile.inputs.data(), *y = x + padded;
      const float inside = model.additive_bias ? 0.0f : 1.0f;
      for (std::size_t i = begin; i < end; ++i) {
        state.look_at(state.users, users[i], x, x_bias);
        state.look_at(state.items, items[i], y, y_bias);
        const float dot = dot_rows(x, y, inside * x_bias, inside * y_bias, model.dim);
        scores.by_head[0][i] = dot + (model.additive_bias ? x_bias + y_bias : 0.0f) + state.dense.values[0];
      }
      return;
    }
    for (std::size_t i = begin; i < end; ++i) {  // padding is overwritten by what comes behind it
      float* to = tile.inputs.data() + (i - begin) * 2 * dim;
      state.look_at(state.users, users[i], to, x_bias);
      state.look_at(state.items, items[i], to + dim, y_bias);
    }
    const std::uint32_t size = static_cast<std::uint32_t>(end - begin);
    const float* below = tile.inputs.data();
    for (int layer = 0; layer < layers.layers(); ++layer) {
      float* out = tile.hidden[layer % 2].data();
      layers.forward(layer, state.dense.values.data(), below, size, out);
      below = out;
    }
    for (std::size_t h = 0; h < model.heads.size(); ++h)
      layers.head_scores(h, state.dense.values.data(), below, size, scores.by_head[h].data() + begin);
  });
}

}  // namespace anirec
