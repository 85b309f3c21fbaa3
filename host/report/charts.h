// Each figure of the reports, drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/curves.h"
#include "evaluate/history.h"
#include "evaluate/popularity.h"
#include "evaluate/rating_bins.h"
#include "report/page.h"

namespace anirec {

// One curve of a figure by its key over the epochs.
struct LearningCurve {
  std::string name, class_name;  // HTML
  std::vector<EpochFigures> const* history;
  bool of_train;
};
// None where no curve has the figure. `best`: the epoch to mark on the last curve that has it, 0 for none.
std::optional<Figure> learning_figure(const std::string& key, const std::vector<LearningCurve>& curves,
                                      std::uint64_t best);

Figure ratings_figure(const RatingBins& bins, const std::vector<std::uint64_t>& counts);
Figure predictions_figure(const RatingBins& bins, const std::vector<PredictedBin>& predicted);
Figure roc_figure(const ThresholdCurves& curves, std::optional<double> auc);
Figure precision_figure(const ThresholdCurves& curves);
Figure spread_figure(const RatingBins& bins, const std::vector<PredictedBin>& predicted);
Figure calibration_figure(const std::vector<CalibrationBin>& bins);
Figure popularity_figure(const PopularityShares& shares);

}  // namespace anirec
