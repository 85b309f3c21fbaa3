// How the figures of a comparison are named and shown.
#pragma once

#include <string>
#include <string_view>

#include "evaluate/comparison_sections.h"

namespace anirec {

// Shares have fewer decimals in plain tables: six columns must fit beside the names.
struct Column {
  std::string_view key;  // one that ends in '@' is followed by K
  std::string_view plain, markdown;
  int plain_decimals;
};
constexpr int full_decimals = 4;

const Column& column_of(std::string_view key);                    // of a section's key
std::string column_name(std::string_view key, TableStyle style);  // "RMSE", "HR@10"
const char* kind_name(SectionKind kind);                          // "Ratings"

}  // namespace anirec
