// NAME.anirec.safetensors.
#pragma once

#include <string>

#include "dataset/dataset.h"

namespace anirec {

constexpr int dataset_format_version = 1;

bool is_dataset_file(const std::string& path);  // by its first bytes: a safetensors header
void write_dataset(const Dataset& dataset, const std::string& path);
// Checks everything that the rest of the program relies on (indices below the number of ids, labels 0 or 1,
// finite ratings, column lengths). Throws DataError.
Dataset read_dataset(const std::string& path);

}  // namespace anirec
