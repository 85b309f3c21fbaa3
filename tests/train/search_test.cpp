#include "train/search.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

#include "formulas/philox.h"

using namespace anirec;

TEST_CASE("the first trial keeps the defaults, the others draw every value of every setting") {
  const std::vector<SearchedSetting> search = standard_search("nn");
  CHECK(trial_settings(search, 1, 1).empty());
  CHECK(trial_settings(search, 1, 5) == trial_settings(search, 1, 5));
  CHECK(trial_settings(search, 1, 5) != trial_settings(search, 2, 5));
  std::map<std::string, std::set<std::string>> seen;
  for (std::uint64_t trial = 2; trial < 100; ++trial)
    for (const auto& [flag, value] : trial_settings(search, 7, trial)) seen[flag].insert(value);
  for (const SearchedSetting& setting : search) {
    CAPTURE(setting.flag);
    CHECK(seen[setting.flag] == std::set<std::string>(setting.values.begin(), setting.values.end()));
  }
}

TEST_CASE("rungs grow threefold up to all epochs, four at most") {
  using Rungs = std::vector<std::uint64_t>;
  CHECK(rung_epochs(100) == Rungs{4, 12, 34, 100});
  CHECK(rung_epochs(9) == Rungs{3, 9});
  CHECK(rung_epochs(3) == Rungs{3});
  CHECK(rung_epochs(1) == Rungs{1});
  CHECK(surviving(50) == 16);
  CHECK(surviving(2) == 1);
}

TEST_CASE("the setting that decides the loss explains it, one that does nothing does not") {
  std::vector<TrialResult> results;
  for (std::uint32_t i = 0; i < 60; ++i) {
    const Words4 r = philox(3, i, 0, 0, 0);
    const bool good = r.word[0] % 2 == 0;
    TrialResult result;
    result.settings = {{"lr", good ? "3e-3" : "1e-4"}, {"dim", r.word[1] % 2 == 0 ? "16" : "64"}, {"fixed", "1"}};
    // A trial that diverged ranks last.
    result.loss =
        !good && i % 7 == 0 ? std::numeric_limits<double>::infinity() : (good ? 0.8 : 1.0) + 1e-11 * r.word[2];
    results.push_back(result);
  }
  const std::vector<SettingEffect> effects = setting_effects(results);
  REQUIRE(effects.size() == 2);  // what has one value cannot matter
  CHECK(effects[0].flag == "lr");
  CHECK(effects[0].best == "3e-3");
  CHECK(effects[0].share > 0.6);
  CHECK(effects[1].share < 0.1);
  CHECK(setting_effects({}).empty());
  CHECK(setting_effects({results[0]}).empty());
}
