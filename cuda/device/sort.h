// Sorting pairs on the device, stable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "device/device.h"

namespace anirec::device {

// What sort_pairs needs for up to `count` pairs, whatever the keys and bits.
std::size_t sort_scratch_bytes(std::uint32_t count);

// Sorts count pairs by the lowest `bits` bits of their keys (1 to all); the other bits must be 0. Pairs of equal
// keys keep their order. The inputs are left as they are and do not overlap the outputs. All pointers are the
// device's; `scratch` has at least sort_scratch_bytes(count) bytes and belongs to the call until it has run.
void sort_pairs(const std::uint64_t* keys, std::uint64_t* sorted_keys, const std::uint32_t* values,
                std::uint32_t* sorted_values, std::uint32_t count, int bits, Buffer<std::byte>& scratch,
                const Stream& stream, std::source_location where = std::source_location::current());
void sort_pairs(const std::uint32_t* keys, std::uint32_t* sorted_keys, const std::uint32_t* values,
                std::uint32_t* sorted_values, std::uint32_t count, int bits, Buffer<std::byte>& scratch,
                const Stream& stream, std::source_location where = std::source_location::current());

}  // namespace anirec::device
