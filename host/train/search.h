// A search over settings by successive halving: which trials there are, how far each goes, and what mattered.
// Jamieson, Talwalkar: "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "train/train_config.h"

namespace anirec {

// A flag of train and the values that are tried.
struct SearchedSetting {
  std::string flag;
  std::vector<std::string> values;
};

// What is searched for this model where nothing is said.
std::vector<SearchedSetting> standard_search(const std::string& model);

// A trial's value of each searched flag; trial 1 has none: it keeps the defaults. The same seed gives the same
// trials.
using TrialSettings = std::map<std::string, std::string>;
TrialSettings trial_settings(const std::vector<SearchedSetting>& search, std::uint64_t seed, std::uint64_t trial);

// Epochs at which trials are compared, the last at `epochs`; each time the better third goes on.
std::vector<std::uint64_t> rung_epochs(std::uint64_t epochs);
constexpr std::uint64_t halving_factor = 3;
// How many of `trials` go on, 1 at least.
std::uint64_t surviving(std::uint64_t trials);

// A trial's best loss up to the first rung; not finite: it could not be trained.
struct TrialResult {
  TrialSettings settings;
  double loss;
};

// How much of the differences between trials one setting explains: the share of the variance of the losses' ranks
// that lies between its values (η², corrected for the number of values as ω²; 0 and less: nothing).
struct SettingEffect {
  std::string flag;
  double share;
  std::string best;  // the value whose trials ranked best on average
};
std::vector<SettingEffect> setting_effects(const std::vector<TrialResult>& results);  // the largest first

}  // namespace anirec
