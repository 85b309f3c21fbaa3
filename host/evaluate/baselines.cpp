#include "evaluate/baselines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "evaluate/ranking_metrics.h"

namespace anirec {
namespace {

// An item's (a user's) deviation counts as if that many more of its ratings had none.
constexpr double damping = 5;

// r ≈ mean + b_u + b_i; a side that is not known adds nothing.
class MeanModel {
 public:
  MeanModel(std::span<const Sample> train, std::uint32_t users, std::uint32_t items)
      : user_offset_(users), item_offset_(items) {
    for (const Sample& row : train) mean_ += static_cast<double>(row.rating);
    mean_ /= static_cast<double>(train.size());
    std::vector<std::uint64_t> user_count(users), item_count(items);
    for (const Sample& row : train) {
      item_offset_[row.item] += static_cast<double>(row.rating) - mean_;
      ++item_count[row.item];
    }
    for (std::size_t i = 0; i < items; ++i) item_offset_[i] /= damping + static_cast<double>(item_count[i]);
    for (const Sample& row : train) {
      user_offset_[row.user] += static_cast<double>(row.rating) - mean_ - item_offset_[row.item];
      ++user_count[row.user];
    }
    for (std::size_t u = 0; u < users; ++u) user_offset_[u] /= damping + static_cast<double>(user_count[u]);
  }

  double mean() const { return mean_; }
  double predict(const Sample& row) const {
    return mean_ + (row.user == unknown_index ? 0 : user_offset_[row.user]) +
           (row.item == unknown_index ? 0 : item_offset_[row.item]);
  }

 private:
  double mean_ = 0;
  std::vector<double> user_offset_, item_offset_;
};

template <class Predict>
NamedMetrics rating_baseline(const std::string& name, std::span<const Sample> rows, const Predict& predict) {
  double squared = 0, absolute = 0;
  for (const Sample& row : rows) {
    const double difference = predict(row) - static_cast<double>(row.rating);
    squared += difference * difference;
    absolute += std::fabs(difference);
  }
  const auto n = static_cast<double>(rows.size());
  NamedMetrics out{name, {}};
  out.metrics.rows = rows.size();
  out.metrics.loss = squared / n;
  out.metrics.rating = RatingMetrics{std::sqrt(squared / n), absolute / n};
  return out;
}

std::uint64_t count_positive(std::span<const Sample> rows) {
  return static_cast<std::uint64_t>(
      std::count_if(rows.begin(), rows.end(), [](const Sample& row) { return row.label > 0.5f; }));
}

// The same probability for every row.
NamedMetrics constant_baseline(const std::string& name, std::span<const Sample> rows, double probability) {
  const std::uint64_t positive = count_positive(rows), negative = rows.size() - positive;
  InteractionMetrics figures;
  (probability > 0.5 ? figures.tp : figures.fn) = positive;
  (probability > 0.5 ? figures.fp : figures.tn) = negative;
  // Infinite where it is certain and wrong; a class that does not occur costs nothing.
  const auto cost = [](std::uint64_t count, double p) {
    return count == 0 ? 0 : -static_cast<double>(count) * std::log(p);
  };
  figures.bce = (cost(positive, probability) + cost(negative, 1 - probability)) / static_cast<double>(rows.size());
  if (positive > 0 && negative > 0) figures.auc = 0.5;
  NamedMetrics out{name, {}};
  out.metrics.rows = rows.size();
  out.metrics.loss = figures.bce;
  out.metrics.interaction = figures;
  return out;
}

// Item indices by falling number of training rows, ties to the lower index.
std::vector<std::uint32_t> items_by_popularity(const Samples& samples) {
  std::vector<std::uint64_t> count(samples.items);
  for (std::uint64_t i = samples.train.begin; i < samples.train.end; ++i) {
    const Sample& row = samples.rows[i];
    if (!task_has_label(samples.task) || row.label > 0.5f) ++count[row.item];
  }
  std::vector<std::uint32_t> order(samples.items);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return count[a] > count[b]; });
  return order;
}

bool contains(std::span<const std::uint32_t> ascending, std::uint32_t item) {
  return std::binary_search(ascending.begin(), ascending.end(), item);
}

}  // namespace

std::vector<NamedMetrics> pointwise_baselines(Task task, std::span<const Sample> train, std::uint32_t users,
                                              std::uint32_t items, std::span<const Sample> rows) {
  std::vector<NamedMetrics> out;
  if (train.empty() || rows.empty()) return out;
  if (task_has_rating(task)) {
    const MeanModel means(train, users, items);
    out.push_back(rating_baseline("global mean", rows, [&](const Sample&) { return means.mean(); }));
    out.push_back(rating_baseline("user+item mean", rows, [&](const Sample& row) { return means.predict(row); }));
  }
  if (task_has_label(task)) {
    const double share = static_cast<double>(count_positive(train)) / static_cast<double>(train.size());
    out.push_back(constant_baseline("always positive", rows, 1));
    out.push_back(constant_baseline("best constant", rows, share));
  }
  if (task == Task::hybrid)
    for (NamedMetrics& baseline : out) baseline.metrics.loss = std::numeric_limits<double>::quiet_NaN();
  return out;
}

NamedMetrics popularity_baseline(const Samples& samples, int k, const ItemLists& excluded,
                                 const ItemLists& relevant) {
  const std::vector<std::uint32_t> order = items_by_popularity(samples);
  std::vector<std::uint32_t> place(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;

  RankingSums sums(k, samples.items);
  std::vector<std::uint32_t> top;
  for (std::uint32_t user = 0; user < samples.users; ++user) {
    const auto wanted = relevant.of(user), hidden = excluded.of(user);
    if (wanted.empty()) continue;
    top.assign(static_cast<std::size_t>(k), unknown_index);
    std::size_t filled = 0;
    for (std::size_t i = 0; i < order.size() && filled < top.size(); ++i)
      if (!contains(hidden, order[i])) top[filled++] = order[i];

    // The uncut rank of the best relevant item: its place, less the hidden items in front of it.
    std::uint32_t best = unknown_index;
    for (const std::uint32_t item : wanted)
      if (!contains(hidden, item)) best = std::min(best, place[item]);
    std::uint32_t rank = 0;
    if (best != unknown_index)
      rank = best + 1 -
             static_cast<std::uint32_t>(std::count_if(hidden.begin(), hidden.end(),
                                                      [&](std::uint32_t item) { return place[item] < best; }));
    sums.add(top, rank, wanted);
  }
  NamedMetrics out{"most popular", {}};
  out.metrics.ranking = sums.metrics();
  return out;
}

}  // namespace anirec
