#include "cpu/rank.h"

#include <cblas.h>
#include <algorithm>
#include <limits>
#include <vector>

#include "cpu/mlp_layers.h"
#include "cpu/vector.h"

namespace anirec {
namespace {

constexpr float left_out = -std::numeric_limits<float>::infinity();

// score[i] = Σ_j w_j relu(p_j + q[j][i]) + c, q [H, items].
ANIREC_CLONES void relu_scores(const float* __restrict p, const float* __restrict q, const float* __restrict w,
                               float c, int width, std::size_t items, float* __restrict score) {
  std::fill_n(score, items, c);
  constexpr std::size_t piece = 1024;  // its scores stay in the nearest cache over all j
  for (std::size_t first = 0; first < items; first += piece) {
    const std::size_t last = std::min(items, first + piece);
    for (int j = 0; j < width; ++j) {
      const float pj = p[j], wj = w[j];
      const float* qj = q + static_cast<std::size_t>(j) * items;
      for (std::size_t i = first; i < last; ++i) {
        const float z = pj + qj[i];
        score[i] += wj * (z > 0 ? z : 0.0f);
      }
    }
  }
}

// `to` may be `a`.
ANIREC_CLONES void add_rows(const float* a, const float* __restrict b, int width, float* to) {
  for (int k = 0; k < width; ++k) to[k] = a[k] + b[k];
}

// score[i] += by + bias[i], or by alone where there are no biases.
ANIREC_CLONES void add_to_scores(float* __restrict score, float by, const float* __restrict bias,
                                 std::size_t items) {
  if (bias == nullptr)
    for (std::size_t i = 0; i < items; ++i) score[i] += by;
  else
    for (std::size_t i = 0; i < items; ++i) score[i] += by + bias[i];
}

// The items' side of every score, made once a call.
class Catalogue {
 public:
  explicit Catalogue(const CpuState& state, Team& team) : state_(state), model_(state.model), layers_(model_) {
    const std::size_t dim = dims(), items = model_.items;
    rows_.resize(items * dim + static_cast<std::size_t>(state.items.padded()));
    bias_.resize(items);
    const bool broadcast = model_.trunk() == Trunk::dot && !model_.additive_bias;
    std::vector<float> row(static_cast<std::size_t>(state.items.padded()) * static_cast<std::size_t>(team.size()));
    team.for_ranges(items, 256, [&](std::size_t begin, std::size_t end, int member) {
      float* to = row.data() + static_cast<std::size_t>(member) * static_cast<std::size_t>(state.items.padded());
      for (std::size_t i = begin; i < end; ++i) {
        state.look_at(state.items, static_cast<std::uint32_t>(i), to, bias_[i]);
        for (std::size_t k = 0; k < dim; ++k) rows_[i * dim + k] = to[k] + (broadcast ? bias_[i] : 0.0f);
      }
    });
    if (model_.trunk() == Trunk::dot) return;
    // The first layer splits: W·[u; i] = Wu·u + Wi·i. One hidden layer wants items side by side, deeper stacks
    // want an item's row.
    const int width = layers_.width(0), columns = static_cast<int>(items), d = model_.dim;
    const float* weight = layers_.weight(0, state.dense.values.data()) + d;
    products_.resize(items * static_cast<std::size_t>(width));
    if (layers_.layers() == 1)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, width, columns, d, 1, weight, 2 * d, rows_.data(), d, 0,
                  products_.data(), columns);
    else
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, columns, width, d, 1, rows_.data(), d, weight, 2 * d, 0,
                  products_.data(), width);
  }

  // One member's memory.
  struct Scratch {
    std::vector<float> users, first, hidden[2];
    std::vector<float> bias;
  };

  // score [users][items] of the ranking head.
  void score(std::span<const std::uint32_t> users, Scratch& scratch, float* score) const {
    const std::size_t dim = dims(), items = model_.items;
    scratch.users.resize(users.size() * dim + static_cast<std::size_t>(state_.users.padded()));
    scratch.bias.resize(users.size());
    const bool dot = model_.trunk() == Trunk::dot, broadcast = dot && !model_.additive_bias;
    for (std::size_t u = 0; u < users.size(); ++u) {
      float* to = scratch.users.data() + u * dim;  // padding is overwritten by the next row
      state_.look_at(state_.users, users[u], to, scratch.bias[u]);
      if (broadcast)
        for (std::size_t k = 0; k < dim; ++k) to[k] += scratch.bias[u];
    }
    const float* dense = state_.dense.values.data();
    const int count = static_cast<int>(users.size()), columns = static_cast<int>(items), d = model_.dim;
    if (dot) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, columns, d, 1, scratch.users.data(), d,
                  rows_.data(), d, 0, score, columns);
      for (std::size_t u = 0; u < users.size(); ++u)
        add_to_scores(score + u * items, broadcast ? dense[0] : dense[0] + scratch.bias[u],
                      broadcast ? nullptr : bias_.data(), items);
      return;
    }
    const int width = layers_.width(0);
    const std::size_t w = static_cast<std::size_t>(width);
    scratch.first.resize(users.size() * w);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, width, d, 1, scratch.users.data(), d,
                layers_.weight(0, dense), 2 * d, 0, scratch.first.data(), width);
    for (std::size_t u = 0; u < users.size(); ++u)
      score_by_mlp(scratch.first.data() + u * w, scratch, score + u * items);
  }

 private:
  std::size_t dims() const { return static_cast<std::size_t>(model_.dim); }

  void score_by_mlp(float* user_product, Scratch& scratch, float* score) const {
    const float* dense = state_.dense.values.data();
    const std::size_t head = model_.ranking_head(), items = model_.items;
    const int width = layers_.width(0);
    if (layers_.layers() == 1) {
      add_rows(user_product, layers_.bias(0, dense), width, user_product);
      relu_scores(user_product, products_.data(), layers_.head_weight(head, dense), layers_.head_bias(head, dense),
                  width, items, score);
      return;
    }
    constexpr std::size_t tile_size = 128;
    for (std::vector<float>& hidden : scratch.hidden)
      hidden.resize(tile_size * static_cast<std::size_t>(layers_.widest()));
    for (std::size_t first = 0; first < items; first += tile_size) {
      const std::uint32_t tile = static_cast<std::uint32_t>(std::min(items - first, tile_size));
      const float* below = scratch.hidden[0].data();
      for (std::uint32_t i = 0; i < tile; ++i)
        add_rows(user_product, products_.data() + (first + i) * static_cast<std::size_t>(width), width,
                 scratch.hidden[0].data() + i * static_cast<std::size_t>(width));
      layers_.bias_relu(0, dense, scratch.hidden[0].data(), tile);
      for (int layer = 1; layer < layers_.layers(); ++layer) {
        float* out = scratch.hidden[layer % 2].data();
        layers_.forward(layer, dense, below, tile, out);
        below = out;
      }
      layers_.head_scores(head, dense, below, tile, score + first);
    }
  }

  const CpuState& state_;
  const ModelConfig& model_;
  MlpLayers layers_;
  std::vector<float> rows_;      // [I, D], mf's broadcast bias added
  std::vector<float> bias_;      // [I]
  std::vector<float> products_;  // [H, I] or, for deeper stacks, [I, H]
};

struct Candidate {
  float score;
  std::uint32_t item;
};

// Whether a comes before b in a ranking.
bool before(const Candidate& a, const Candidate& b) {
  return a.score > b.score || (a.score == b.score && a.item < b.item);
}

// The first item at or after `item` whose score is above `than`; `items` where none is. Most are not, so most are
// looked at many at a time.
ANIREC_CLONES std::uint32_t next_above(const float* score, std::uint32_t item, std::uint32_t items, float than) {
  constexpr std::uint32_t block = 64;
  for (; item + block <= items; item += block) {
    const float* const part = score + item;
    int above = 0;
    for (std::size_t i = 0; i < block; ++i) above |= part[i] > than;
    if (above != 0) break;
  }
  while (item < items && !(score[item] > than)) ++item;
  return item;
}

// The k best of score [items], left-out ones aside, best first; `best` is reused memory.
void best_of(const float* score, std::uint32_t items, std::size_t k, std::vector<Candidate>& best) {
  best.clear();
  float worst = left_out;  // of the heap, once it is full
  // Items come in ascending order, so an equal score never comes before one that is in.
  for (std::uint32_t item = 0; (item = next_above(score, item, items, worst)) < items; ++item) {
    if (best.size() == k) {
      std::pop_heap(best.begin(), best.end(), before);
      best.pop_back();
    }
    best.push_back({score[item], item});
    std::push_heap(best.begin(), best.end(), before);
    if (best.size() == k) worst = best.front().score;
  }
  std::sort(best.begin(), best.end(), before);
}

// How many of score [items] are above `than`; `equal` ones count too where wanted.
ANIREC_CLONES std::uint32_t count_above(const float* score, std::uint32_t items, float than, bool equal) {
  std::uint32_t count = 0;
  if (equal)
    for (std::size_t item = 0; item < items; ++item) count += score[item] >= than;
  else
    for (std::size_t item = 0; item < items; ++item) count += score[item] > than;
  return count;
}

// The place, from 1, of the best relevant item among all that are not left out; 0 where none is.
std::uint32_t first_rank(const float* score, std::uint32_t items, std::span<const std::uint32_t> relevant) {
  Candidate first = {left_out, unknown_index};
  for (const std::uint32_t item : relevant)
    if (score[item] > left_out && before({score[item], item}, first)) first = {score[item], item};
  if (first.item == unknown_index) return 0;
  // Of equal scores the lower item comes before.
  return 1 + count_above(score, first.item, first.score, true) +
         count_above(score + first.item, items - first.item, first.score, false);
}

}  // namespace

void rank_items(const CpuState& state, Team& team, std::span<const std::uint32_t> users, int k,
                const ItemLists* seen, const ItemLists* relevant, Ranked& ranked) {
  const std::uint32_t items = state.model.items;
  const std::size_t places = static_cast<std::size_t>(k);
  ranked.k = k;
  ranked.item.assign(users.size() * places, unknown_index);
  ranked.score.assign(users.size() * places, 0.0f);
  ranked.first_relevant_rank.assign(relevant != nullptr ? users.size() : 0, 0);
  const Catalogue catalogue(state, team);

  // Users together in one product, as many as keep the scores of a member within a few megabytes.
  const std::size_t block = std::clamp<std::size_t>((std::size_t{1} << 20) / std::max(1u, items), 1, 64);
  struct Memory {
    Catalogue::Scratch scratch;
    std::vector<float> score;
    std::vector<Candidate> best;
  };
  std::vector<Memory> memory(static_cast<std::size_t>(team.size()));
  team.for_ranges(users.size(), block, [&](std::size_t begin, std::size_t end, int member) {
    Memory& own = memory[static_cast<std::size_t>(member)];
    own.score.resize(block * items);
    catalogue.score(users.subspan(begin, end - begin), own.scratch, own.score.data());
    for (std::size_t u = begin; u < end; ++u) {
      float* score = own.score.data() + (u - begin) * items;
      const std::uint32_t user = users[u];
      if (seen != nullptr && user != unknown_index)
        for (const std::uint32_t item : seen->of(user)) score[item] = left_out;
      best_of(score, items, places, own.best);
      for (std::size_t place = 0; place < own.best.size(); ++place) {
        ranked.item[u * places + place] = own.best[place].item;
        ranked.score[u * places + place] = own.best[place].score;
      }
      if (relevant != nullptr && user != unknown_index)
        ranked.first_relevant_rank[u] = first_rank(score, items, relevant->of(user));
    }
  });
}

}  // namespace anirec
