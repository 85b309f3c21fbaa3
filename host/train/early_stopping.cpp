#include "train/early_stopping.h"

#include "error.h"

namespace anirec {

EarlyStopping::EarlyStopping(const std::string& monitor, std::uint64_t patience, bool has_validation)
    : name_(monitor), patience_(patience), of_validation_(has_validation) {
  if (monitor.starts_with("train_")) {
    name_ = monitor.substr(6);
    of_validation_ = false;
  }
}

bool EarlyStopping::is_best(BestSoFar& best, std::uint64_t epoch, const Metrics& train,
                            const Metrics* validation) const {
  const std::optional<double> value = metric_by_name(of_validation_ ? *validation : train, name_);
  if (!value)
    throw UsageError("--monitor " + name_ + ": " + (of_validation_ ? "validation" : "training") +
                     " has no such figure here; choose loss");
  const bool better = !best.value || (larger_is_better(name_) ? *value > *best.value : *value < *best.value);
  if (better)
    best = {value, epoch, 0};
  else
    ++best.bad_epochs;
  return better;
}

}  // namespace anirec
