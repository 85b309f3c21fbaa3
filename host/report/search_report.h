// report.html of a search over settings: how far each trial came, what mattered, and what was kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace anirec {

struct ReportedTrial {
  std::uint64_t number;                         // from 1
  std::map<std::string, std::string> settings;  // flag and value; none: the defaults
  std::map<std::uint64_t, double> loss_after;   // by epochs, one at least; not finite: it could not be trained
};

struct ReportedSetting {
  std::string flag;
  std::vector<std::string> values;
  // Of the differences between the trials after the first epochs, and the value that was best on average; none:
  // too few trials to tell.
  std::optional<double> share;
  std::string best;
};

struct SearchReport {
  std::string model, task;
  std::string figure;                 // that trials are compared by, "rmse" say: of validation rows
  std::vector<ReportedTrial> trials;  // the best first, which was kept; losses are negative where more is better
  std::vector<ReportedSetting> settings;  // what was searched
  std::string best_report;                // where the report of the kept run lies, from this page
  std::string command;                    // that trains it again
  std::string version;
};

// "--dim 8 --lr 1e-3", or "the defaults".
std::string settings_text(const std::map<std::string, std::string>& settings);

std::string search_report_html(const SearchReport& report);

}  // namespace anirec
