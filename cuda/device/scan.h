// Sums and selections over whole arrays of the device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "device/device.h"

namespace anirec::device {

// What either function below needs for up to `count` elements.
std::size_t scan_scratch_bytes(std::uint32_t count);

// sum[i] = value[0] + … + value[i − 1], modulo 2³²; sum[0] = 0. `sum` may be `value`. All pointers are the device's;
// `scratch` has at least scan_scratch_bytes(count) bytes and belongs to the call until it has run.
void exclusive_sum(const std::uint32_t* value, std::uint32_t* sum, std::uint32_t count, Buffer<std::byte>& scratch,
                   const Stream& stream, std::source_location where = std::source_location::current());

// Writes the indices i with flag[i] != 0, in ascending order, to position [≤ count] and their number to
// position_count [1]: where flags mark the heads of runs, the runs' beginnings.
void flagged_positions(const std::uint8_t* flag, std::uint32_t* position, std::uint32_t* position_count,
                       std::uint32_t count, Buffer<std::byte>& scratch, const Stream& stream,
                       std::source_location where = std::source_location::current());

}  // namespace anirec::device
