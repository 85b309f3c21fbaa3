#include "ratings/synthetic_world.h"

#include <algorithm>
#include <string>

#include "error.h"
#include "ratings/synthetic_draws.h"

namespace anirec {
namespace {

constexpr std::uint64_t most_users = 1'000'000'000, most_items = 50'000'000, most_rows = 100'000'000'000;

// How often a genre is found, in 100.
constexpr std::array<double, synthetic_genres> genre_share = {14, 10, 15, 12, 10, 4, 5, 9, 8, 6, 3, 4};

// Genres go together: exciting or tender, dark or light, fantastic or everyday. A person's taste is mostly a place
// on these three axes, so that few ratings tell much about it.
constexpr std::array<std::array<double, 3>, synthetic_genres> genre_axes = {{{0.9, 0.2, 0.3},
                                                                             {0.7, -0.2, 0.6},
                                                                             {0.0, -0.95, -0.2},
                                                                             {-0.7, 0.5, -0.4},
                                                                             {0.1, 0.0, 0.95},
                                                                             {0.2, 0.95, 0.1},
                                                                             {-0.2, 0.85, -0.3},
                                                                             {-0.9, -0.3, 0.0},
                                                                             {0.5, 0.3, 0.75},
                                                                             {-0.5, -0.5, -0.7},
                                                                             {0.6, -0.3, -0.7},
                                                                             {-0.1, 0.6, 0.75}}};

std::uint8_t draw_genre(Draws& draws) {
  double left = draws.uniform() * 100;
  std::size_t genre = 0;
  while (genre + 1 < synthetic_genres && left >= genre_share[genre]) left -= genre_share[genre++];
  return static_cast<std::uint8_t>(genre);
}

void check_count(std::uint64_t value, std::uint64_t most, const std::string& flag) {
  if (value == 0) throw UsageError(flag + " 0: there is nothing to generate; give at least 1");
  if (value > most) throw UsageError(flag + " " + std::to_string(value) + ": at most " + std::to_string(most));
}

}  // namespace

void check_synthetic_options(const SyntheticOptions& options) {
  check_count(options.users, most_users, "--users");
  check_count(options.items, most_items, "--items");
  check_count(options.rows, most_rows, "--rows");
  if (options.rows > options.users * options.items)
    throw UsageError("--rows " + std::to_string(options.rows) + ": " + std::to_string(options.users) +
                     " users and " + std::to_string(options.items) + " items have only " +
                     std::to_string(options.users * options.items) +
                     " pairs; ask for fewer rows or more of the others");
}

SyntheticItem synthetic_item(const SyntheticOptions& options, std::uint64_t index) {
  Draws draws(options.seed, DrawsFor::item, index);
  SyntheticItem item = {};
  item.id = 1 + index * 27 / 10 + draws.word() % 2;  // steps of 2 and 3, so that one more keeps the order
  const double fame = draws.normal();
  item.popularity = power_of_two(2.2 * fame);
  item.quality = 0.3 * fame + 0.5 * draws.normal();
  const std::uint32_t wanted = 1 + draws.word() % 3;
  for (std::uint32_t i = 0; i < wanted; ++i) {
    const std::uint8_t genre = draw_genre(draws);
    const auto end = item.genres.begin() + item.genre_count;
    if (std::find(item.genres.begin(), end, genre) == end) item.genres[item.genre_count++] = genre;
  }
  constexpr std::uint8_t episodes[] = {1, 1, 1, 2, 4, 12, 12, 12, 12, 13, 13, 24, 25, 26, 50, 75};
  item.episodes = episodes[draws.word() % std::size(episodes)];
  return item;
}

SyntheticUser synthetic_user(const SyntheticOptions& options, std::uint64_t index) {
  Draws draws(options.seed, DrawsFor::user, index);
  SyntheticUser user = {};
  std::array<double, 3> place;
  for (double& axis : place) axis = draws.normal();
  for (std::size_t genre = 0; genre < synthetic_genres; ++genre) {
    double taste = 0.45 * draws.normal();
    for (std::size_t axis = 0; axis < place.size(); ++axis) taste += 0.95 * genre_axes[genre][axis] * place[axis];
    user.taste[genre] = taste;
    user.preference[genre] = power_of_two(taste);
  }
  user.mean = 0.8 * draws.normal();
  user.leaves_unrated = draws.chance(0.15) ? 0.9 : 0.02;  // some people hardly rate at all
  return user;
}

std::vector<std::uint32_t> synthetic_activity(const SyntheticOptions& options) {
  const std::size_t users = static_cast<std::size_t>(options.users);
  const std::uint32_t least = options.rows >= options.users ? 1 : 0;
  const double most = static_cast<double>(options.items - least);  // on top of the least
  const std::uint64_t shared = options.rows - least * options.users;

  std::vector<double> share(users);
  for (std::size_t i = 0; i < users; ++i)
    share[i] = power_of_two(1.6 * Draws(options.seed, DrawsFor::activity, i).normal());
  // Users who would have more rows than there are items give the rest to the others, until nobody has too many.
  for (bool again = true; again;) {
    double weight = 0, left = static_cast<double>(shared);
    for (const double value : share) (value < 0 ? left : weight) += value < 0 ? -most : value;
    again = false;
    for (double& value : share)
      if (value >= 0 && value * left >= most * weight) {
        value = -1;  // has all it can have
        again = true;
      }
    if (again) continue;
    for (double& value : share) value = value < 0 ? most : value * left / weight;
  }
  // Rounding the running sum rounds every share and keeps the total.
  std::vector<std::uint32_t> rows(users, least);
  std::uint64_t given = 0;
  double running = 0;
  for (std::size_t i = 0; i < users; ++i) {
    running += share[i];
    const std::uint64_t target = std::min(shared, static_cast<std::uint64_t>(running));
    const auto extra = static_cast<std::uint32_t>(std::min(target - given, options.items - least));
    rows[i] += extra;
    given += extra;
  }
  for (std::size_t i = 0; given < shared; i = i + 1 == users ? 0 : i + 1)  // what the sum's own rounding left over
    if (rows[i] < options.items) {
      ++rows[i];
      ++given;
    }
  return rows;
}

}  // namespace anirec
