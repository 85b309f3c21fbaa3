// Sums over whole arrays of the device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "device/device.h"

namespace anirec::device {

// What exclusive_sum needs for up to `count` elements.
std::size_t scan_scratch_bytes(std::uint32_t count);

// sum[i] = value[0] + … + value[i − 1], modulo 2³²; sum[0] = 0. `sum` may be `value`. All pointers are the
// device's; `scratch` has at least scan_scratch_bytes(count) bytes and belongs to the call until it has run.
void exclusive_sum(const std::uint32_t* value, std::uint32_t* sum, std::uint32_t count, Buffer<std::byte>& scratch,
                   const Stream& stream, std::source_location where = std::source_location::current());

}  // namespace anirec::device
