// Runs side by side on one page: what anirec compare --html writes.
#pragma once

#include <string>
#include <vector>

#include "evaluate/comparison.h"
#include "evaluate/history.h"

namespace anirec {

struct ReportedRun {
  ComparedRun run;
  std::vector<EpochFigures> history;
  std::string command;  // that trains it again
};

// The tables of comparison_tables(), the learning curves of the first six runs of each task, and every run's
// command. Throws DataError as comparison_sections() does.
std::string comparison_report_html(const std::vector<ReportedRun>& runs, const std::string& version);

}  // namespace anirec
