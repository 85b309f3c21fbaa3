// NumPy's .npy, version 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anirec {

// Each writes the whole file atomically; throws DataError.
void write_npy(const std::string& path, std::span<const float> values, const std::vector<std::int64_t>& shape);
void write_npy(const std::string& path, std::span<const std::int64_t> values);
// Bytes of a fixed length, zeros behind shorter ones: numpy.char.decode(array, "utf-8") makes them text.
void write_npy(const std::string& path, const std::vector<std::string>& texts);

}  // namespace anirec
