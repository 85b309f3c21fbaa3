// The rows of a block that a task keeps.
#pragma once

#include <cstdint>
#include <vector>

#include "dataset/task_rules.h"
#include "ratings/row_parser.h"

namespace anirec {

// apply_rules() for every row: the numbers of those that are kept, in order, and their labels.
RuleCounts select_rows(const TaskRules& rules, const RowBlock& rows, std::vector<std::uint32_t>& kept,
                       std::vector<std::uint8_t>& label);

}  // namespace anirec
