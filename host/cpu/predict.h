// Scores of given pairs.
#pragma once

#include <cstdint>
#include <span>

#include "cpu/cpu_state.h"
#include "parallel/team.h"

namespace anirec {

void predict_pairs(const CpuState& state, Team& team, std::span<const std::uint32_t> users,
                   std::span<const std::uint32_t> items, Scores& scores);

}  // namespace anirec
