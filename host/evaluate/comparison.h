// The reference study's two tables — ratings and interactions — over any runs, with the baselines under them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace anirec {

enum class TableStyle { plain, markdown };

// One run as compare sees it: the objects of its evaluation.json and config.json.
struct ComparedRun {
  std::string name;         // folder name
  std::string model, task;  // "mf", "rating"
  std::uint64_t epochs = 0;
  std::string evaluation;  // the text of evaluation.json
};

// Ratings: loss, RMSE, MAE. Interactions: BCE, accuracy, precision, recall, specificity, AUC. Ranking, where a run
// has it: HR, recall and NDCG at K, MRR, coverage. One table for each set of rows that runs were judged on, named
// in its caption, with the baselines on those rows and a sentence for each baseline that a run does not beat; the
// best figure of each column is marked among the runs of a table. Plain tables keep to 60 columns. Throws
// DataError, naming the run, on a damaged evaluation.
std::string comparison_tables(const std::vector<ComparedRun>& runs, TableStyle style);
// {"runs", "ratings", "interactions", "ranking"}: the same content with full digits.
nlohmann::ordered_json comparison_json(const std::vector<ComparedRun>& runs);

}  // namespace anirec
