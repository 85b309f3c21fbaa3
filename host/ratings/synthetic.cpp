#include "ratings/synthetic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "interrupt.h"
#include "ratings/synthetic_draws.h"
#include "ratings/synthetic_world.h"

namespace anirec {
namespace {

constexpr double base_rating = 6.8;  // with people watching what they like the mean comes to 7.5
constexpr double taste_scale = 1.2;
constexpr double noise_deviation = 1.0;

// Watching status, as in the real file.
enum Status : int { watching = 1, completed = 2, on_hold = 3, dropped = 4, planned = 6 };
constexpr int unknown_statuses[] = {0, 5, 33, 55};

// Which items a user has: w(item) = popularity · Σ preference over its genres, without replacement.
class ItemChoice {
 public:
  ItemChoice(const SyntheticOptions& options, const std::vector<SyntheticItem>& items)
      : options_(options), items_(items), taken_by_(items.size(), 0) {
    for (std::uint32_t i = 0; i < items.size(); ++i)
      for (std::size_t k = 0; k < items[i].genre_count; ++k) {
        Genre& genre = genres_[items[i].genres[k]];
        genre.total += items[i].popularity;
        genre.running.push_back(genre.total);
        genre.items.push_back(i);
      }
  }

  // Ascending.
  void choose(std::uint64_t user, const SyntheticUser& traits, std::size_t count,
              std::vector<std::uint32_t>& chosen) {
    chosen.clear();
    if (count * 8 > items_.size() || !choose_by_trial(user, traits, count, chosen))
      choose_by_key(user, traits, count, chosen);
    std::sort(chosen.begin(), chosen.end());
  }

 private:
  struct Genre {
    double total = 0;
    std::vector<double> running;  // popularity up to and including each item
    std::vector<std::uint32_t> items;
  };

  // A genre, then an item of it; again where the user has it already. Gives up where that takes too long.
  bool choose_by_trial(std::uint64_t user, const SyntheticUser& traits, std::size_t count,
                       std::vector<std::uint32_t>& chosen) {
    std::array<double, synthetic_genres> running;
    double total = 0;
    for (std::size_t genre = 0; genre < synthetic_genres; ++genre)
      running[genre] = total += genres_[genre].total * traits.preference[genre];
    Draws draws(options_.seed, DrawsFor::choice, user);
    const auto mark = static_cast<std::uint32_t>(user + 1);
    for (std::size_t tries = 16 * count; tries > 0 && chosen.size() < count; --tries) {
      const double at = draws.uniform() * total;
      std::size_t which = 0;
      while (which + 1 < synthetic_genres && at >= running[which]) ++which;
      const Genre& genre = genres_[which];
      const double place = draws.uniform() * genre.total;
      const auto found = std::upper_bound(genre.running.begin(), genre.running.end(), place);
      if (found == genre.running.end()) continue;
      const std::uint32_t item = genre.items[static_cast<std::size_t>(found - genre.running.begin())];
      if (taken_by_[item] == mark) continue;
      taken_by_[item] = mark;
      chosen.push_back(item);
    }
    return chosen.size() == count;
  }

  // The smallest of −ln u / w, which has the same distribution (Efraimidis and Spirakis 2006); for users with a
  // good part of the catalogue.
  void choose_by_key(std::uint64_t user, const SyntheticUser& traits, std::size_t count,
                     std::vector<std::uint32_t>& chosen) {
    Draws draws(options_.seed, DrawsFor::choice, user);
    keys_.resize(items_.size());
    for (std::uint32_t i = 0; i < items_.size(); ++i) {
      double preference = 0;
      for (std::size_t k = 0; k < items_[i].genre_count; ++k) preference += traits.preference[items_[i].genres[k]];
      keys_[i] = {-natural_log(draws.uniform()) / (items_[i].popularity * preference), i};
    }
    std::nth_element(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(count - 1), keys_.end());
    chosen.clear();
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(keys_[i].second);
  }

  const SyntheticOptions& options_;
  const std::vector<SyntheticItem>& items_;
  std::array<Genre, synthetic_genres> genres_;
  std::vector<std::uint32_t> taken_by_;  // the last user, from 1, who has the item
  std::vector<std::pair<double, std::uint32_t>> keys_;
};

struct Row {
  int rating, status, episodes;
};

int draw_status(Draws& draws, int rating) {
  constexpr double dropping[11] = {0, 0.5, 0.45, 0.4, 0.35, 0.2, 0.06, 0.02, 0.01, 0.005, 0.005};  // by rating
  const double kind = draws.uniform();
  if (kind < 0.26) return planned;
  if (kind < 0.31) return watching;
  if (kind < 0.345) return on_hold;
  if (kind > 0.99998) return unknown_statuses[draws.word() % std::size(unknown_statuses)];
  return draws.chance(dropping[rating]) ? dropped : completed;
}

double chance_of_no_rating(int status, const SyntheticUser& user) {
  switch (status) {
    case planned: return 0.985;
    case watching: return 0.5;
    case on_hold: return 0.6;
    case dropped: return 0.35;
    default: return user.leaves_unrated;
  }
}

Row draw_row(Draws& draws, const SyntheticUser& user, const SyntheticItem& item) {
  double taste = 0;
  for (std::size_t k = 0; k < item.genre_count; ++k) taste += user.taste[item.genres[k]];
  constexpr double evened[4] = {0, 1, 0.7071, 0.5774};  // 1/√genres: as strong for one genre as for three
  const double exact = base_rating + user.mean + item.quality + taste_scale * evened[item.genre_count] * taste +
                       noise_deviation * draws.normal();
  Row row = {};
  row.rating = std::clamp(static_cast<int>(std::floor(exact + 0.5)), 1, 10);
  row.status = draw_status(draws, row.rating);
  if (row.status == completed)
    row.episodes = item.episodes;
  else if (row.status != planned)
    row.episodes = static_cast<int>(draws.word() % (item.episodes + 1u));
  if (draws.chance(chance_of_no_rating(row.status, user))) row.rating = 0;
  return row;
}

// Text on its way to the sink, a good piece at a time.
class Writer {
 public:
  explicit Writer(const TextSink& sink) : sink_(sink), buffer_(piece + longest_row) {}

  void text(std::string_view text) { at_ = std::copy(text.begin(), text.end(), at_); }
  void field(std::uint64_t value, char behind) {
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
    *at_++ = behind;
  }
  void row_done() {
    if (at_ - buffer_.data() < static_cast<std::ptrdiff_t>(piece)) return;
    flush();
    throw_if_interrupted();
  }
  void flush() {
    sink_({buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data())});
    at_ = buffer_.data();
  }

 private:
  static constexpr std::size_t piece = 1 << 20, longest_row = 256;
  const TextSink& sink_;
  std::vector<char> buffer_;
  char* at_ = buffer_.data();
};

}  // namespace

void generate_animelist(const SyntheticOptions& options, const TextSink& ratings) {
  check_synthetic_options(options);
  std::vector<SyntheticItem> items;
  items.reserve(static_cast<std::size_t>(options.items));
  for (std::uint64_t i = 0; i < options.items; ++i) items.push_back(synthetic_item(options, i));
  const std::vector<std::uint32_t> activity = synthetic_activity(options);
  ItemChoice choice(options, items);

  Writer writer(ratings);
  writer.text("user_id,anime_id,rating,watching_status,watched_episodes\n");
  std::vector<std::uint32_t> chosen;
  for (std::uint64_t user = 0; user < options.users; ++user) {
    const std::size_t count = activity[static_cast<std::size_t>(user)];
    if (count == 0) continue;
    const SyntheticUser traits = synthetic_user(options, user);
    choice.choose(user, traits, count, chosen);
    Draws draws(options.seed, DrawsFor::row, user);
    for (const std::uint32_t item : chosen) {
      const Row row = draw_row(draws, traits, items[item]);
      writer.field(user, ',');
      writer.field(items[item].id, ',');
      writer.field(static_cast<std::uint64_t>(row.rating), ',');
      writer.field(static_cast<std::uint64_t>(row.status), ',');
      writer.field(static_cast<std::uint64_t>(row.episodes), '\n');
      writer.row_done();
    }
  }
  writer.flush();
}

}  // namespace anirec
