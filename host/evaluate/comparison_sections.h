// What compare prints, before it is text: runs grouped by the rows they were judged on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/comparison.h"

namespace anirec {

enum class SectionKind { ratings, interactions, ranking };

struct SectionLine {
  std::string name;
  std::vector<std::optional<double>> figures;  // one a key; none where the evaluation has none
  std::vector<bool> best;                      // among the runs of the section; none on baselines
};

// A run that is no better than a baseline in the figure that matters there.
struct NotBeaten {
  std::string run, baseline;
  std::size_t key;  // into Section::keys
  double value, baseline_value;
};

// The runs that were judged on the same rows, with the baselines on those rows.
struct Section {
  SectionKind kind;
  std::string split;
  std::uint64_t rows = 0;
  std::vector<std::string> keys;  // as in evaluation.json: "rmse", "hr@10"
  std::vector<SectionLine> runs, baselines;
  std::vector<NotBeaten> not_beaten;
};

// All ratings sections, then interactions, then ranking; runs keep their order. Two evaluations are of the same
// rows where split, number of rows and what the baselines reach on them agree. Throws DataError, naming the run,
// on an evaluation that is no JSON or not of the contract's form.
std::vector<Section> comparison_sections(const std::vector<ComparedRun>& runs);

}  // namespace anirec
