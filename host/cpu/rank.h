// The best items of the full catalogue for given users.
#pragma once

#include <cstdint>
#include <span>

#include "cpu/cpu_state.h"
#include "parallel/team.h"

namespace anirec {

void rank_items(const CpuState& state, Team& team, std::span<const std::uint32_t> users, int k,
                const ItemLists* seen, const ItemLists* relevant, Ranked& ranked);

}  // namespace anirec
