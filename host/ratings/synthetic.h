// A synthetic animelist.csv with a structure that a model can learn; the same bytes for the same options.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace anirec {

struct SyntheticOptions {
  std::uint64_t users = 2000;
  std::uint64_t items = 500;
  std::uint64_t rows = 100000;  // at most users * items (no pair comes twice)
  std::uint64_t seed = 42;
};

using TextSink = std::function<void(std::string_view)>;

// Throws UsageError on options that cannot be met.
void generate_animelist(const SyntheticOptions& options, const TextSink& ratings);
// MAL_ID,Name,Score,Genres: titles that show the planted genres.
void generate_titles(const SyntheticOptions& options, const TextSink& titles);

}  // namespace anirec
