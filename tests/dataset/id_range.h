// The ends of the ids that are integers. Makes no assertion.
#pragma once

#include <cstdint>
#include <limits>

namespace anirec {

inline constexpr std::int64_t lowest_id = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t highest_id = std::numeric_limits<std::int64_t>::max();

}  // namespace anirec
