#include "train/search.h"

#include <algorithm>
#include <numeric>

#include "formulas/philox.h"

namespace anirec {
namespace {

// Ranks from 0, ties shared.
std::vector<double> ranks_of(const std::vector<TrialResult>& results) {
  std::vector<double> ranks;
  for (const TrialResult& one : results) {
    double below = 0, equal = 0;
    for (const TrialResult& other : results) {
      below += other.loss < one.loss ? 1 : 0;
      equal += other.loss == one.loss ? 1 : 0;
    }
    ranks.push_back(below + (equal - 1) / 2);
  }
  return ranks;
}

struct Group {
  double sum = 0, count = 0;
  double mean() const { return sum / count; }
};

}  // namespace

std::vector<SearchedSetting> standard_search(const std::string& model) {
  std::vector<SearchedSetting> search = {{"lr", {"3e-4", "1e-3", "2e-3", "3e-3", "5e-3", "1e-2"}},
                                         {"batch-size", {"64", "128", "256", "512", "1024", "2048"}},
                                         {"dropout", {"0", "0.125", "0.25", "0.5"}},
                                         {"l2", {"0", "0.003", "0.01", "0.03", "0.1"}},
                                         {"dim", {"16", "32", "64", "128"}}};
  if (model == "mf")
    search.push_back({"mf-bias", {"broadcast", "additive"}});
  else
    search.push_back({"hidden", {"32", "64", "128", "128,64"}});
  return search;
}

TrialSettings trial_settings(const std::vector<SearchedSetting>& search, std::uint64_t seed, std::uint64_t trial) {
  TrialSettings settings;
  if (trial <= 1) return settings;
  for (std::size_t s = 0; s < search.size(); ++s) {
    const auto& values = search[s].values;
    const std::uint64_t word =
        philox(seed, static_cast<std::uint32_t>(trial), static_cast<std::uint32_t>(s), 0, purpose_search).word[0];
    settings[search[s].flag] = values[word * values.size() >> 32];
  }
  return settings;
}

std::vector<std::uint64_t> rung_epochs(std::uint64_t epochs) {
  std::vector<std::uint64_t> rungs = {epochs};
  while (rungs.size() < 4 && rungs.front() > halving_factor)
    rungs.insert(rungs.begin(), (rungs.front() + halving_factor - 1) / halving_factor);
  return rungs;
}

std::uint64_t surviving(std::uint64_t trials) { return std::max<std::uint64_t>(1, trials / halving_factor); }

std::vector<SettingEffect> setting_effects(const std::vector<TrialResult>& results) {
  const std::vector<double> ranks = ranks_of(results);
  const double count = static_cast<double>(ranks.size());
  const double mean = std::accumulate(ranks.begin(), ranks.end(), 0.0) / std::max(1.0, count);
  double total = 0;
  for (const double rank : ranks) total += (rank - mean) * (rank - mean);

  std::map<std::string, std::map<std::string, Group>> groups;
  for (std::size_t i = 0; i < results.size(); ++i)
    for (const auto& [flag, value] : results[i].settings) {
      groups[flag][value].sum += ranks[i];
      groups[flag][value].count += 1;
    }
  std::vector<SettingEffect> effects;
  for (const auto& [flag, of_values] : groups) {
    double between = 0, trials = 0;
    auto best = of_values.begin();
    for (auto group = of_values.begin(); group != of_values.end(); ++group) {
      between += group->second.count * (group->second.mean() - mean) * (group->second.mean() - mean);
      trials += group->second.count;
      if (group->second.mean() < best->second.mean()) best = group;
    }
    const double freedom = static_cast<double>(of_values.size()) - 1, rest = trials - freedom - 1;
    if (freedom < 1 || rest < 1 || total == 0) continue;
    const double noise = (total - between) / rest;  // variance within a value
    effects.push_back({flag, std::max(0.0, (between - freedom * noise) / (total + noise)), best->first});
  }
  std::stable_sort(effects.begin(), effects.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  return effects;
}

}  // namespace anirec
