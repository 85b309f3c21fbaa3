// What needs no model: figures without which a person would be misled.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dataset/seen_items.h"
#include "dataset/split.h"
#include "evaluate/metrics.h"

namespace anirec {

struct NamedMetrics {
  std::string name;
  Metrics metrics;
};

// Learned from `train`, judged on `rows` (of whatever split, known users and items or unknown_index):
// ratings: "global mean", "user+item mean" (mean + b_u + b_i, items first, then users on what is left, both damped
// as in Koren, "Factor in the neighbors", TKDD 2010, section 2.1; by 5, since the 25 and 10 that suit Netflix make
// a baseline too easy to beat on smaller sets: 0.954 on the ml-100k folds against 0.944; an unknown side is 0);
// interactions: "always positive", "best constant" (the positive share of train as probability; its AUC is 0.5).
// Which of them a task has; for the hybrid both kinds. Their `loss` is that of a model with such predictions; NaN
// for the hybrid, whose loss needs both targets. The BCE of "always positive" is infinite where there is a
// negative. Empty where there are no rows to learn from or to judge on.
std::vector<NamedMetrics> pointwise_baselines(Task task, std::span<const Sample> train, std::uint32_t users,
                                              std::uint32_t items, std::span<const Sample> rows);

// "most popular": items by their number of training rows (label 1 where labelled), by the rules of Engine::rank:
// excluded items left out, ties to the lower index, the rank uncut.
NamedMetrics popularity_baseline(const Samples& samples, int k, const ItemLists& excluded,
                                 const ItemLists& relevant);

}  // namespace anirec
