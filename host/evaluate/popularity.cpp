#include "evaluate/popularity.h"

#include <algorithm>
#include <numeric>

#include "dataset/seen_items.h"

namespace anirec {
namespace {

constexpr std::size_t most_groups = 10;

// All that these users have, of all splits.
ItemLists seen_by(const Samples& samples, std::span<const std::uint32_t> users) {
  std::vector<bool> asked(samples.users);
  for (const std::uint32_t user : users) asked[user] = true;
  Samples theirs;
  theirs.users = samples.users;
  theirs.items = samples.items;
  for (const Sample& row : samples.rows)
    if (asked[row.user]) theirs.rows.push_back(row);
  return items_by_user(theirs, {0, theirs.rows.size()});
}

void divide(std::vector<double>& counts) {
  const double sum = std::accumulate(counts.begin(), counts.end(), 0.0);
  if (sum == 0) return;
  for (double& count : counts) count /= sum;
}

}  // namespace

std::vector<std::uint32_t> some_users(std::span<const Sample> rows, std::size_t most) {
  std::vector<bool> there;
  for (const Sample& row : rows) {
    if (row.user == unknown_index) continue;
    if (row.user >= there.size()) there.resize(row.user + 1);
    there[row.user] = true;
  }
  std::vector<std::uint32_t> all;
  for (std::uint32_t user = 0; user < there.size(); ++user)
    if (there[user]) all.push_back(user);
  if (all.size() <= most) return all;
  std::vector<std::uint32_t> some;
  for (std::size_t i = 0; i < most; ++i) some.push_back(all[i * all.size() / most]);
  return some;
}

std::vector<std::uint32_t> items_by_popularity(const Samples& samples, std::vector<std::uint64_t>& rows_of_item) {
  rows_of_item.assign(samples.items, 0);
  for (std::uint64_t i = samples.train.begin; i < samples.train.end; ++i) ++rows_of_item[samples.rows[i].item];
  std::vector<std::uint32_t> order(samples.items);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return rows_of_item[a] > rows_of_item[b]; });
  return order;
}

PopularityShares popularity_shares(const Engine& engine, const Samples& samples,
                                   std::span<const std::uint32_t> users, int k) {
  std::vector<std::uint64_t> rows_of_item;
  const std::vector<std::uint32_t> order = items_by_popularity(samples, rows_of_item);
  const std::size_t groups = std::min(most_groups, order.size());
  std::vector<std::size_t> group_of(samples.items);
  PopularityShares shares{k,
                          users.size(),
                          samples.items,
                          0,
                          std::vector<double>(groups),
                          std::vector<double>(groups),
                          std::vector<std::uint64_t>(samples.items)};
  for (std::size_t place = 0; place < order.size(); ++place) {
    group_of[order[place]] = place * groups / order.size();
    shares.ratings[group_of[order[place]]] += static_cast<double>(rows_of_item[order[place]]);
  }
  const ItemLists seen = seen_by(samples, users);
  Ranked ranked;
  engine.rank(users, k, &seen, nullptr, ranked);
  for (const std::uint32_t item : ranked.item) {
    if (item == unknown_index) continue;
    ++shares.users_of_item[item];
    shares.recommendations[group_of[item]] += 1;
  }
  const auto& users_of = shares.users_of_item;
  shares.recommended =
      users_of.size() - static_cast<std::uint64_t>(std::count(users_of.begin(), users_of.end(), 0u));
  divide(shares.ratings);
  divide(shares.recommendations);
  return shares;
}

}  // namespace anirec
