// HR@K, Recall@K, NDCG@K, MRR and coverage over the full catalogue.
#pragma once

#include "dataset/seen_items.h"
#include "engine/engine.h"
#include "evaluate/metrics.h"

namespace anirec {

// `excluded`: each user's training items; `relevant`: their test rows (label 1 where labelled). Ranks blocks of
// users on the engine. A relevant item that is also excluded cannot be found and counts as missed.
RankingMetrics ranking_metrics(const Engine& engine, std::uint32_t users, std::uint32_t items, int k,
                               const ItemLists& excluded, const ItemLists& relevant);

// The same figures for a given list an user, best first: `top` is [users · k], unknown_index where short;
// first_relevant_rank as Engine::rank gives it. The sum behind both.
class RankingSums {
 public:
  RankingSums(int k, std::uint32_t items);
  void add(std::span<const std::uint32_t> top, std::uint32_t first_relevant_rank,
           std::span<const std::uint32_t> relevant);  // one user with at least one relevant item
  RankingMetrics metrics() const;

 private:
  int k_;
  std::uint64_t users_ = 0;
  double hr_ = 0, recall_ = 0, ndcg_ = 0, mrr_ = 0;
  std::vector<bool> recommended_;
};

}  // namespace anirec
