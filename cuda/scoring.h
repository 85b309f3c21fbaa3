// Looking at a model on the device: its parameters, scores of pairs, the best items of users. Nothing of it is changed:
// rows are brought forward into copies.
#pragma once

#include <cstdint>
#include <span>

#include "device_model.h"
#include "engine/engine.h"

namespace anirec::cuda {

void read_parameters(const DeviceModel& model, Parameters& parameters, const device::Stream& stream);

void predict_pairs(const DeviceModel& model, std::span<const std::uint32_t> users, std::span<const std::uint32_t> items,
                   Scores& scores, const device::Stream& stream);

void rank_items(const DeviceModel& model, std::span<const std::uint32_t> users, int k, const ItemLists* seen,
                const ItemLists* relevant, Ranked& ranked, const device::Stream& stream);

// The copies of the tables, and what scores are computed in; not the lists of items, which are as long as is asked for.
std::uint64_t bytes_needed_to_look(const ModelConfig& model);

}  // namespace anirec::cuda
