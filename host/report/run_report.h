// report.html: what a run learned from, how it went, and what came out, on one page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/split.h"
#include "evaluate/comparison.h"
#include "evaluate/curves.h"
#include "evaluate/history.h"
#include "evaluate/popularity.h"
#include "evaluate/rating_bins.h"
#include "model/item_map.h"

namespace anirec {

// What the model says of the rows it was judged on.
struct PredictionFigures {
  std::uint64_t rows = 0, of = 0;  // looked at, of all
  RatingBins bins;
  std::vector<PredictedBin> by_rating;  // empty without a rating head
  std::optional<ThresholdCurves> curves;
  std::vector<CalibrationBin> calibration;  // empty without an interaction head
};

// An item on the map.
struct MappedItem {
  std::string name, genres;  // as in the titles; the id where there is none
  std::uint64_t rows = 0;    // in the training part
};

struct RecommendedItem {
  std::string name;
  std::uint64_t users = 0;
};

struct RunReport {
  ComparedRun run;  // its evaluation is empty where nothing was judged
  DatasetSummary data;
  std::uint64_t train_rows = 0, validation_rows = 0, test_rows = 0;
  RatingBins bins;
  std::vector<std::uint64_t> ratings;      // counted; empty without ratings
  std::optional<std::uint64_t> positives;  // rows of label 1
  std::vector<EpochFigures> history;
  std::string monitor;
  bool keeps_best = false;  // the weights are the best epoch's, else the last's
  PredictionFigures predictions;
  std::optional<PopularityShares> popularity;
  std::vector<RecommendedItem> most_recommended;
  ItemMap map;
  std::vector<MappedItem> mapped;  // one a place of the map
  std::string command;             // that trains it again
  std::string device;              // it was judged on
  std::string version;             // of anirec
};

// The same bytes for the same content.
std::string run_report_html(const RunReport& report);

}  // namespace anirec
