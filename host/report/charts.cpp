#include "report/charts.h"

#include <algorithm>
#include <cmath>

#include "evaluate/comparison_columns.h"
#include "evaluate/metrics.h"
#include "evaluate/text_table.h"
#include "report/chart.h"

namespace anirec {
namespace {

// Points a curve is drawn with: more than a screen shows say nothing, and the page must not grow with the epochs.
constexpr std::size_t most_points = 400;

constexpr TickStyle number = TickStyle::number, count = TickStyle::count, share = TickStyle::share;

Axis unit_axis(std::string title) { return {std::move(title), 0, 1, make_ticks(0, 1, 6, share)}; }

std::string rating_label(double value) { return fixed_text(value, value == std::floor(value) ? 0 : 1); }

// From half a bin below the first centre to half a bin above the last.
Axis rating_axis(std::string title, const RatingBins& bins) {
  const double low = bins.centre(0) - bins.width / 2, high = bins.centre(bins.count - 1) + bins.width / 2;
  Axis axis{std::move(title), low, high, {}};
  if (bins.count > 11) {
    axis.ticks = make_ticks(low, high, 8, number);
  } else {
    for (std::size_t b = 0; b < bins.count; ++b)
      axis.ticks.push_back({bins.centre(b), rating_label(bins.centre(b))});
  }
  return axis;
}

std::string bin_name(const RatingBins& bins, std::size_t bin) {
  if (bins.width == 1 || bins.width == 0.5) return rating_label(bins.centre(bin));
  return fixed_text(bins.centre(bin) - bins.width / 2, 2) + " to " +
         fixed_text(bins.centre(bin) + bins.width / 2, 2);
}

std::string percent_range(std::size_t bin, std::size_t bins) {
  const auto bound = [&](std::size_t b) { return std::to_string(100 * b / bins); };
  return bound(bin) + "–" + bound(bin + 1) + "\u202f%";
}

// All epochs that have the figure, or so many of them that the first and the last are there.
std::vector<Point> points_of(const LearningCurve& curve, const std::string& key) {
  std::vector<Point> all, some;
  for (const EpochFigures& epoch : *curve.history) {
    const auto& figures = curve.of_train ? epoch.train : epoch.validation;
    const auto found = figures.find(key);
    if (found != figures.end()) all.push_back({static_cast<double>(epoch.epoch), found->second});
  }
  if (all.size() <= most_points) return all;
  for (std::size_t i = 0; i < most_points; ++i) some.push_back(all[i * (all.size() - 1) / (most_points - 1)]);
  return some;
}

}  // namespace

std::optional<Figure> learning_figure(const std::string& key, const std::vector<LearningCurve>& curves,
                                      std::uint64_t best) {
  std::vector<std::vector<Point>> lines;
  double low = INFINITY, high = -INFINITY, last_epoch = 0;
  for (const LearningCurve& curve : curves) {
    lines.push_back(points_of(curve, key));
    for (const Point& point : lines.back()) {
      low = std::min(low, point.y);
      high = std::max(high, point.y);
      last_epoch = std::max(last_epoch, point.x);
    }
  }
  if (last_epoch == 0) return std::nullopt;

  Figure figure;
  figure.title = column_name(key, TableStyle::markdown);
  if (figure.title[0] >= 'a') figure.title[0] = static_cast<char>(figure.title[0] - 'a' + 'A');
  figure.note = larger_is_better(key) ? "higher is better" : "lower is better";
  Axis epochs{"epoch", 1, std::max(last_epoch, 2.0), {}};
  epochs.ticks = make_ticks(1, epochs.high, 7, count);
  Chart chart(figure.title + " by epoch", epochs, make_axis("", low, high, 5, number), 190);
  for (std::size_t c = 0; c < curves.size(); ++c) {
    if (lines[c].empty()) continue;
    chart.line(lines[c], curves[c].class_name);
    if (lines[c].size() == 1) chart.dot(lines[c][0], 3, curves[c].class_name);
    figure.legend.push_back({curves[c].class_name, curves[c].name});
  }
  for (std::size_t c = curves.size(); best > 0 && c-- > 0;) {
    const auto& all = *curves[c].history;
    const auto epoch =
        std::find_if(all.begin(), all.end(), [&](const EpochFigures& one) { return one.epoch == best; });
    if (epoch == all.end()) continue;
    const auto& of_split = curves[c].of_train ? epoch->train : epoch->validation;
    const auto value = of_split.find(key);
    if (value == of_split.end()) continue;
    chart.dot({static_cast<double>(best), value->second}, 4, curves[c].class_name.substr(0, 2) + " ring",
              "epoch " + std::to_string(best) + ": " + fixed_text(value->second, full_decimals));
    figure.legend.push_back({curves[c].class_name.substr(0, 2) + " ring", "best epoch, " + std::to_string(best)});
    break;
  }
  figure.svg = chart.svg();
  return figure;
}

Figure ratings_figure(const RatingBins& bins, const std::vector<std::uint64_t>& counts) {
  const std::uint64_t most = *std::max_element(counts.begin(), counts.end());
  double sum = 0, weighted = 0;
  for (std::size_t b = 0; b < counts.size(); ++b) {
    sum += static_cast<double>(counts[b]);
    weighted += static_cast<double>(counts[b]) * bins.centre(b);
  }
  Axis rows = make_axis("rows", 0, static_cast<double>(most), 5, count);
  Chart chart("Rows by rating", rating_axis("rating", bins), rows);
  for (std::size_t b = 0; b < counts.size(); ++b) {
    const double half = 0.4 * bins.width;
    chart.bar(bins.centre(b) - half, bins.centre(b) + half, 0, static_cast<double>(counts[b]), "s1",
              "rating " + bin_name(bins, b) + ": " + count_text(counts[b]) + " rows, " +
                  share_text(static_cast<double>(counts[b]) / sum));
  }
  return {"Ratings", "all rows that were kept; mean " + fixed_text(weighted / sum, 2), {}, chart.svg()};
}

Figure predictions_figure(const RatingBins& bins, const std::vector<PredictedBin>& predicted) {
  const Axis truth = rating_axis("true rating", bins);
  double low = truth.low, high = truth.high;
  for (const PredictedBin& bin : predicted) {
    if (bin.rows == 0) continue;
    low = std::min(low, bin.mean - bin.deviation);
    high = std::max(high, bin.mean + bin.deviation);
  }
  Axis prediction{"predicted", low, high, make_ticks(low, high, 6, number)};
  if (low == truth.low && high == truth.high && bins.count <= 11) prediction.ticks = truth.ticks;
  Chart chart("Predicted against true rating", truth, prediction);
  const Point diagonal[] = {{truth.low, truth.low}, {truth.high, truth.high}};
  chart.line(diagonal, "s0 dash thin");
  for (std::size_t b = 0; b < predicted.size(); ++b) {
    const PredictedBin& bin = predicted[b];
    if (bin.rows == 0) continue;
    const double x = bins.centre(b);
    const Point spread[] = {{x, bin.mean - bin.deviation}, {x, bin.mean + bin.deviation}};
    chart.line(spread, "s1");
    chart.dot({x, bin.mean}, 4, "s1",
              "rated " + bin_name(bins, b) + " in " + count_text(bin.rows) + " rows: predicted " +
                  fixed_text(bin.mean, 2) + " ± " + fixed_text(bin.deviation, 2));
  }
  return {"Predicted against true rating",
          "mean and standard deviation of the predictions for each true rating",
          {{"s1 dotted", "predicted"}, {"s0 dash", "as rated"}},
          chart.svg()};
}

Figure roc_figure(const ThresholdCurves& curves, std::optional<double> auc) {
  Chart chart("ROC curve", unit_axis("negatives called positive"), unit_axis("positives found"));
  const Point diagonal[] = {{0, 0}, {1, 1}};
  chart.line(diagonal, "s0 dash thin");
  std::vector<Point> points;
  for (const CurvePoint& point : curves.roc) points.push_back({point.x, point.y});
  chart.line(points, "s1");
  return {"ROC curve",
          auc ? "area under the curve (AUC) " + fixed_text(*auc, full_decimals) : "",
          {{"s1", "this model"}, {"s0 dash", "by chance"}},
          chart.svg()};
}

Figure precision_figure(const ThresholdCurves& curves) {
  Chart chart("Precision by recall", unit_axis("recall"), unit_axis("precision"));
  const Point chance[] = {{0, curves.positive_share}, {1, curves.positive_share}};
  chart.line(chance, "s0 dash thin");
  std::vector<Point> points;
  for (const CurvePoint& point : curves.precision_recall) points.push_back({point.x, point.y});
  chart.line(points, "s1");
  return {"Precision and recall",
          "at every threshold; " + share_text(curves.positive_share) + " of the rows are positive",
          {{"s1", "this model"}, {"s0 dash", "by chance"}},
          chart.svg()};
}

Figure spread_figure(const RatingBins& bins, const std::vector<PredictedBin>& predicted) {
  std::uint64_t most = 0, all = 0;
  for (const PredictedBin& bin : predicted) {
    most = std::max({most, bin.rows, bin.predicted});
    all += bin.rows;
  }
  Chart chart("Rows by true and by predicted rating", rating_axis("rating", bins),
              make_axis("rows", 0, static_cast<double>(most), 5, count));
  const auto add = [&](std::size_t b, double from, std::uint64_t rows, const char* class_name, const char* what) {
    const double begin = bins.centre(b) + from * bins.width;
    chart.bar(begin, begin + 0.38 * bins.width, 0, static_cast<double>(rows), class_name,
              what + bin_name(bins, b) + ": " + count_text(rows) + " rows, " +
                  share_text(static_cast<double>(rows) / static_cast<double>(all)));
  };
  for (std::size_t b = 0; b < predicted.size(); ++b) {
    add(b, -0.4, predicted[b].rows, "s0", "rated ");
    add(b, 0.02, predicted[b].predicted, "s1", "predicted ");
  }
  return {"Spread of the predictions",
          "predictions counted at the nearest rating",
          {{"s0 box", "as rated"}, {"s1 box", "predicted"}},
          chart.svg()};
}

Figure calibration_figure(const std::vector<CalibrationBin>& bins) {
  constexpr double highest_bar = 0.3;  // of the plot: the bars stand behind the points
  Chart chart("Observed share of positives by predicted probability", unit_axis("predicted probability"),
              unit_axis("observed share of positives"));
  std::uint64_t most = 0;
  for (const CalibrationBin& bin : bins) most = std::max(most, bin.rows);
  const double width = 1 / static_cast<double>(bins.size());
  for (std::size_t b = 0; b < bins.size(); ++b)
    chart.bar((static_cast<double>(b) + 0.1) * width, (static_cast<double>(b) + 0.9) * width, 0,
              highest_bar * static_cast<double>(bins[b].rows) / static_cast<double>(most), "s0 faint",
              "predicted " + percent_range(b, bins.size()) + ": " + count_text(bins[b].rows) + " rows");
  const Point diagonal[] = {{0, 0}, {1, 1}};
  chart.line(diagonal, "s0 dash thin");
  std::vector<Point> points;
  for (const CalibrationBin& bin : bins)
    if (bin.rows > 0) points.push_back({bin.predicted, bin.observed});
  chart.line(points, "s1");
  for (const CalibrationBin& bin : bins)
    if (bin.rows > 0)
      chart.dot({bin.predicted, bin.observed}, 3.5, "s1",
                "predicted " + share_text(bin.predicted) + ", observed " + share_text(bin.observed) + " in " +
                    count_text(bin.rows) + " rows");
  return {"Calibration",
          "whether what is predicted at 70\u202f% comes true in 70\u202f%",
          {{"s1 dotted", "observed"},
           {"s0 dash", "as predicted"},
           {"s0 box faint", "rows, up to " + count_text(most)}},
          chart.svg()};
}

Figure popularity_figure(const PopularityShares& shares) {
  const std::size_t groups = shares.ratings.size();
  double most = 0;
  for (const auto* side : {&shares.ratings, &shares.recommendations})
    for (const double value : *side) most = std::max(most, value);
  Axis items{"items, most popular first", 0, static_cast<double>(groups), {}};
  for (std::size_t g = 0; g <= groups; g += 2)
    items.ticks.push_back({static_cast<double>(g), std::to_string(100 * g / groups) + "\u202f%"});
  Chart chart("Share of ratings and of recommendations by popularity", items,
              make_axis("share", 0, most, 5, share));
  const auto add = [&](const std::vector<double>& side, double from, double to, const char* class_name,
                       const char* what) {
    for (std::size_t g = 0; g < groups; ++g)
      chart.bar(static_cast<double>(g) + from, static_cast<double>(g) + to, 0, side[g], class_name,
                "items from " + percent_range(g, groups) + ": " + share_text(side[g]) + " of the " + what);
  };
  add(shares.ratings, 0.12, 0.48, "s0", "ratings");
  add(shares.recommendations, 0.52, 0.88, "s1", "recommendations");
  const std::string group = groups == 10 ? "most popular tenth" : "most popular item";
  return {"Popularity of what is recommended",
          "The " + group + " of the items has " + share_text(shares.ratings[0]) + " of the ratings and " +
              share_text(shares.recommendations[0]) + " of the recommendations. " +
              count_text(shares.recommended) + " of " + count_text(shares.items) + " items are among the first " +
              std::to_string(shares.k) + " of " + count_text(shares.users) + " users.",
          {{"s0 box", "of ratings"}, {"s1 box", "of recommendations"}},
          chart.svg()};
}

}  // namespace anirec
