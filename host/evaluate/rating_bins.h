// Ratings counted, and what was predicted for each: the figures of two charts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataset/split.h"

namespace anirec {

// Equal bins over a range of ratings: one a rating where they come in whole or half steps, else some twenty.
struct RatingBins {
  double first = 0, width = 1;  // the centre of the first, and the distance of two centres
  std::size_t count = 0;
  double centre(std::size_t bin) const { return first + static_cast<double>(bin) * width; }
  std::size_t bin_of(float rating) const;  // the nearest
};

RatingBins rating_bins(std::span<const Sample> rows);
std::vector<std::uint64_t> count_ratings(const RatingBins& bins, std::span<const Sample> rows);

// Predictions for the rows of one bin; 0 without rows.
struct PredictedBin {
  std::uint64_t rows = 0, predicted = 0;  // of this true rating; whose prediction lies here
  double mean = 0, deviation = 0;         // standard deviation over these rows
};

// predicted[i], an activated score, belongs to rows[i]; one that is not finite is left out.
std::vector<PredictedBin> predictions_by_rating(const RatingBins& bins, std::span<const Sample> rows,
                                                std::span<const float> predicted);

}  // namespace anirec
