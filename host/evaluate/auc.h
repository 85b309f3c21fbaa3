// Area under the ROC curve.
#pragma once

#include <optional>
#include <vector>

namespace anirec {

// The chance that a positive scores above a negative, ties counting half: exact, in O(n log n), with no memory
// beyond the scores themselves, which it sorts in place. None where a class is missing or a score is NaN.
std::optional<double> area_under_curve(std::vector<float>& positive, std::vector<float>& negative);

}  // namespace anirec
