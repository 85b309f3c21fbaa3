// An engine whose scores are given, for tests of what is computed from them. It ranks by sorting everything.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace anirec {

class TableEngine : public Engine {
 public:
  using Score = std::function<float(std::size_t head, std::uint32_t user, std::uint32_t item)>;
  TableEngine(std::size_t heads, std::uint32_t items, Score score)
      : heads_(heads), items_(items), score_(std::move(score)) {}

  std::string describe() const override { return "table"; }
  void load(const Parameters&, const OptimizerState*) override {}
  void attach(const Samples&) override {}
  void train(PositionRange, TrainSums&) override {}
  void read(Parameters&) const override {}
  void read_state(Parameters&, OptimizerState&) const override {}

  void predict(std::span<const std::uint32_t> users, std::span<const std::uint32_t> items,
               Scores& scores) const override {
    ++calls;
    scores.by_head.assign(heads_, {});
    for (std::size_t h = 0; h < heads_; ++h)
      for (std::size_t i = 0; i < users.size(); ++i) scores.by_head[h].push_back(score_(h, users[i], items[i]));
  }

  void rank(std::span<const std::uint32_t> users, int k, const ItemLists* seen, const ItemLists* relevant,
            Ranked& ranked) const override {
    ++calls;
    ranked = {};
    ranked.k = k;
    for (const std::uint32_t user : users) {
      std::vector<std::uint32_t> order;
      for (std::uint32_t item = 0; item < items_; ++item)
        if (!has(seen, user, item)) order.push_back(item);
      const auto score = [&](std::uint32_t item) { return score_(heads_ - 1, user, item); };
      std::stable_sort(order.begin(), order.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return score(a) > score(b); });
      for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
        ranked.item.push_back(i < order.size() ? order[i] : unknown_index);
        ranked.score.push_back(i < order.size() ? score(order[i]) : 0);
      }
      const auto first =
          std::find_if(order.begin(), order.end(), [&](std::uint32_t item) { return has(relevant, user, item); });
      ranked.first_relevant_rank.push_back(
          first == order.end() ? 0 : static_cast<std::uint32_t>(first - order.begin()) + 1);
    }
  }

  mutable int calls = 0;

 private:
  static bool has(const ItemLists* lists, std::uint32_t user, std::uint32_t item) {
    if (lists == nullptr) return false;
    const auto list = lists->of(user);
    return std::find(list.begin(), list.end(), item) != list.end();
  }

  std::size_t heads_;
  std::uint32_t items_;
  Score score_;
};

// Lists as items_by_user makes them, from one list a user.
inline ItemLists make_lists(const std::vector<std::vector<std::uint32_t>>& of_user) {
  ItemLists lists;
  lists.offsets.push_back(0);
  for (const auto& items : of_user) {
    lists.items.insert(lists.items.end(), items.begin(), items.end());
    lists.offsets.push_back(lists.items.size());
  }
  return lists;
}

}  // namespace anirec
