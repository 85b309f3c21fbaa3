// How popular the items are that a model recommends.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataset/split.h"
#include "engine/engine.h"

namespace anirec {

// Items in equal groups (tenths, where there are ten items), the most popular first, by their rows in the training
// part; ties go to the lower index.
struct PopularityShares {
  int k = 0;
  std::uint64_t users = 0;                       // recommended to
  std::uint64_t items = 0;                       // of the catalogue
  std::uint64_t recommended = 0;                 // of them in somebody's first k
  std::vector<double> ratings, recommendations;  // each group's share of all
  std::vector<std::uint64_t> users_of_item;      // who have the item among their first k
};

// At most `most` of the users in `rows`, evenly spaced and ascending.
std::vector<std::uint32_t> some_users(std::span<const Sample> rows, std::size_t most);

// The first k for each of `users`, without what they have in any split.
PopularityShares popularity_shares(const Engine& engine, const Samples& samples,
                                   std::span<const std::uint32_t> users, int k);

// All items, the one with the most training rows first.
std::vector<std::uint32_t> items_by_popularity(const Samples& samples, std::vector<std::uint64_t>& rows_of_item);

}  // namespace anirec
