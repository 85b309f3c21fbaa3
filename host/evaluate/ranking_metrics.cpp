#include "evaluate/ranking_metrics.h"

#include <algorithm>
#include <cmath>

#include "interrupt.h"

namespace anirec {
namespace {

// Users ranked by one call of the engine.
constexpr std::size_t user_block = 4096;

double discount(std::size_t rank) { return 1.0 / std::log2(static_cast<double>(rank) + 1.0); }

}  // namespace

RankingMetrics ranking_metrics(const Engine& engine, std::uint32_t users, std::uint32_t items, int k,
                               const ItemLists& excluded, const ItemLists& relevant) {
  std::vector<std::uint32_t> asked;
  for (std::uint32_t user = 0; user < users; ++user)
    if (!relevant.of(user).empty()) asked.push_back(user);

  RankingSums sums(k, items);
  const int places = static_cast<int>(std::min<std::int64_t>(k, items));
  const auto width = static_cast<std::size_t>(places);
  Ranked ranked;
  for (std::size_t begin = 0; begin < asked.size(); begin += user_block) {
    throw_if_interrupted();
    const auto block = std::span(asked).subspan(begin, std::min(user_block, asked.size() - begin));
    engine.rank(block, places, &excluded, &relevant, ranked);
    for (std::size_t i = 0; i < block.size(); ++i)
      sums.add(std::span(ranked.item).subspan(i * width, width), ranked.first_relevant_rank[i],
               relevant.of(block[i]));
  }
  return sums.metrics();
}

RankingSums::RankingSums(int k, std::uint32_t items) : k_(k), recommended_(items) {}

void RankingSums::add(std::span<const std::uint32_t> top, std::uint32_t first_relevant_rank,
                      std::span<const std::uint32_t> relevant) {
  double gain = 0;
  std::uint64_t hits = 0;
  for (std::size_t i = 0; i < top.size() && top[i] != unknown_index; ++i) {
    recommended_[top[i]] = true;
    if (!std::binary_search(relevant.begin(), relevant.end(), top[i])) continue;
    ++hits;
    gain += discount(i + 1);
  }
  double ideal = 0;
  for (std::size_t i = 0; i < std::min(static_cast<std::size_t>(k_), relevant.size()); ++i)
    ideal += discount(i + 1);

  ++users_;
  hr_ += hits > 0 ? 1 : 0;
  recall_ += static_cast<double>(hits) / static_cast<double>(relevant.size());
  ndcg_ += gain / ideal;
  mrr_ += first_relevant_rank == 0 ? 0 : 1.0 / first_relevant_rank;
}

RankingMetrics RankingSums::metrics() const {
  RankingMetrics out;
  out.k = k_;
  out.users = users_;
  if (users_ == 0) return out;
  const auto n = static_cast<double>(users_);
  out.hr = hr_ / n;
  out.recall = recall_ / n;
  out.ndcg = ndcg_ / n;
  out.mrr = mrr_ / n;
  out.coverage = static_cast<double>(std::count(recommended_.begin(), recommended_.end(), true)) /
                 static_cast<double>(recommended_.size());
  return out;
}

}  // namespace anirec
