// Which epoch was the best, and whether to go on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "evaluate/metrics.h"

namespace anirec {

// Kept in checkpoints.
struct BestSoFar {
  std::optional<double> value;
  std::uint64_t epoch = 0;       // from 1; 0: none yet
  std::uint64_t bad_epochs = 0;  // since then
};

class EarlyStopping {
 public:
  // `monitor`: a figure's name, of validation where there is one; "train_" before it means the train split.
  EarlyStopping(const std::string& monitor, std::uint64_t patience, bool has_validation);

  bool watches_validation() const { return of_validation_; }
  // Takes an epoch's figures; true where it is the best so far. Throws UsageError where the model has no such
  // figure.
  bool is_best(BestSoFar& best, std::uint64_t epoch, const Metrics& train, const Metrics* validation) const;
  bool is_over(const BestSoFar& best) const { return patience_ > 0 && best.bad_epochs >= patience_; }

 private:
  std::string name_;
  std::uint64_t patience_;
  bool of_validation_;
};

}  // namespace anirec
