#include "train/early_stopping.h"

#include <doctest/doctest.h>

#include "error.h"

using namespace anirec;

namespace {

Metrics metrics_with(double loss, double accuracy_share = 0.5) {
  Metrics metrics;
  metrics.rows = 100;
  metrics.loss = loss;
  metrics.interaction.emplace();
  metrics.interaction->tp = static_cast<std::uint64_t>(accuracy_share * 100);
  metrics.interaction->fp = 100 - metrics.interaction->tp;
  return metrics;
}

// Feeds losses of training and validation; the best epoch and the epoch it ended after (0: it did not).
struct End {
  std::uint64_t best, after;
};
End run(const EarlyStopping& stopping, const std::vector<double>& train, const std::vector<double>& validation) {
  BestSoFar best;
  for (std::size_t e = 0; e < train.size(); ++e) {
    const Metrics of_train = metrics_with(train[e]),
                  of_validation = metrics_with(validation.empty() ? 0 : validation[e]);
    stopping.is_best(best, e + 1, of_train, validation.empty() ? nullptr : &of_validation);
    if (stopping.is_over(best)) return {best.epoch, e + 1};
  }
  return {best.epoch, 0};
}

}  // namespace

TEST_CASE("training ends after so many epochs without a better validation loss") {
  const EarlyStopping stopping("loss", 2, true);
  CHECK(stopping.watches_validation());
  const End end = run(stopping, {9, 8, 7, 6, 5, 4}, {3, 2, 2, 1.5, 1.6, 1.5});
  CHECK(end.best == 4);
  CHECK(end.after == 6);
}

TEST_CASE("the same loss again is no better") {
  const End end = run(EarlyStopping("loss", 3, true), {1, 1, 1, 1, 1}, {2, 2, 2, 2, 2});
  CHECK(end.best == 1);
  CHECK(end.after == 4);
}

TEST_CASE("without validation, or by the name train_loss, training is watched") {
  CHECK_FALSE(EarlyStopping("loss", 1, false).watches_validation());
  CHECK(run(EarlyStopping("loss", 1, false), {3, 2, 2.5}, {}).after == 3);
  CHECK_FALSE(EarlyStopping("train_loss", 1, true).watches_validation());
  CHECK(run(EarlyStopping("train_loss", 1, true), {3, 2, 1}, {1, 2, 3}).after == 0);
}

TEST_CASE("no patience given, no end") {
  CHECK(run(EarlyStopping("loss", 0, true), {1, 2, 3}, {1, 2, 3}).after == 0);
}

TEST_CASE("of some figures the larger is better") {
  const EarlyStopping stopping("accuracy", 5, true);
  BestSoFar best;
  const Metrics train = metrics_with(1);
  for (const auto& [share, better] : {std::pair{0.5, true}, {0.4, false}, {0.6, true}, {0.6, false}}) {
    const Metrics validation = metrics_with(1, share);
    CHECK(stopping.is_best(best, 1, train, &validation) == better);
  }
  CHECK(*best.value == doctest::Approx(0.6));
}

TEST_CASE("a figure that is not there is bad usage") {
  BestSoFar best;
  const Metrics metrics = metrics_with(1);
  CHECK_THROWS_AS(EarlyStopping("rmse", 1, true).is_best(best, 1, metrics, &metrics), UsageError);
  CHECK_THROWS_AS(EarlyStopping("train_auc", 1, true).is_best(best, 1, metrics, &metrics), UsageError);
}
