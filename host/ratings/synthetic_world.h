// The planted structure: items with genres and a quality, users with tastes; what both generators read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ratings/synthetic.h"

namespace anirec {

inline constexpr std::size_t synthetic_genres = 12;
inline constexpr std::array<std::string_view, synthetic_genres> synthetic_genre_names = {
    "Action",  "Adventure", "Comedy", "Drama",         "Fantasy", "Horror",
    "Mystery", "Romance",   "Sci-Fi", "Slice of Life", "Sports",  "Supernatural"};

struct SyntheticItem {
  std::uint64_t id;                    // ascending, with gaps, as on MyAnimeList
  double popularity;                   // weight of being watched
  double quality;                      // offset to every rating
  std::array<std::uint8_t, 3> genres;  // the first `genre_count` hold, the main one first
  std::uint8_t genre_count;
  std::uint8_t episodes;
};

struct SyntheticUser {
  std::array<double, synthetic_genres> taste;       // per genre, deviation about 1
  std::array<double, synthetic_genres> preference;  // weight of watching the genre
  double mean;                                      // offset to every rating
  double leaves_unrated;                            // share of completed items without a rating
};

// Throws UsageError on options that cannot be met.
void check_synthetic_options(const SyntheticOptions& options);
SyntheticItem synthetic_item(const SyntheticOptions& options, std::uint64_t index);
SyntheticUser synthetic_user(const SyntheticOptions& options, std::uint64_t index);
// Rows of every user: long-tailed, at least one where there are enough, at most one for each item, exactly
// options.rows together.
std::vector<std::uint32_t> synthetic_activity(const SyntheticOptions& options);

}  // namespace anirec
