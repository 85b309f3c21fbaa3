#include "train/search_folder.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "error.h"
#include "formats/atomic_file.h"
#include "formats/json_file.h"
#include "formats/text_file.h"

namespace anirec {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string SearchFolder::trial_folder(std::uint64_t trial) const {
  char name[32];
  std::snprintf(name, sizeof name, "trial-%03llu", static_cast<unsigned long long>(trial));
  return file(name);
}

bool SearchFolder::holds_search() const {
  std::error_code ignored;
  return fs::exists(file("tune.json"), ignored);
}

void SearchFolder::write() const {
  ordered_json json = {
      {"format", "anirec-tune"}, {"format_version", 1}, {"arguments", arguments}, {"dataset", dataset}};
  json["search"] = ordered_json::array();
  for (const SearchedSetting& setting : search)
    json["search"].push_back({{"flag", setting.flag}, {"values", setting.values}});
  json["trials"] = ordered_json::array();
  for (const TrialRecord& trial : trials) {
    ordered_json rungs = ordered_json::array();
    for (const auto& [epochs, loss] : trial.loss_after)
      rungs.push_back(
          {{"epochs", epochs}, {"loss", std::isfinite(loss) ? ordered_json(loss) : ordered_json(nullptr)}});
    json["trials"].push_back({{"settings", trial.settings}, {"rungs", std::move(rungs)}});
  }
  write_file_atomically(file("tune.json"), json.dump(2) + "\n");
}

void SearchFolder::read() {
  std::error_code ignored;
  if (!std::filesystem::exists(file("tune.json"), ignored))
    throw DataError(printable(path) + ": there is no search to resume; start one without --resume");
  const std::string text = read_text_file(file("tune.json"), "start the search anew without --resume");
  try {
    const ordered_json json = ordered_json::parse(text);
    if (json.at("format") != "anirec-tune") throw std::runtime_error("another format");
    require_format_version(json, 1, file("tune.json"), "search");
    arguments = json.at("arguments").get<std::map<std::string, std::string>>();
    dataset = json.at("dataset").get<std::string>();
    for (const ordered_json& setting : json.at("search"))
      search.push_back(
          {setting.at("flag").get<std::string>(), setting.at("values").get<std::vector<std::string>>()});
    for (const ordered_json& one : json.at("trials")) {
      TrialRecord trial;
      trial.settings = one.at("settings").get<TrialSettings>();
      for (const ordered_json& rung : one.at("rungs"))
        trial.loss_after[rung.at("epochs").get<std::uint64_t>()] =
            rung.at("loss").is_null() ? std::numeric_limits<double>::infinity() : rung.at("loss").get<double>();
      trials.push_back(std::move(trial));
    }
    if (trials.empty()) throw std::runtime_error("no trials");
  } catch (const DataError&) {
    throw;
  } catch (const std::exception& fault) {
    throw DataError(printable(file("tune.json")) + ": the search is damaged (" + printable(fault.what(), 80) +
                    "); start it again in another --out");
  }
}

}  // namespace anirec
