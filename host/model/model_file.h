// model.safetensors: a model that needs nothing else to be used.
#pragma once

#include <string>

#include "dataset/id_map.h"
#include "model/parameters.h"

namespace anirec {

constexpr int model_format_version = 1;

struct Model {
  ModelConfig config;
  Parameters parameters;
  IdMap users, items;
};

// Tensors by the names of the contract, all f32; the configuration as JSON in the metadata. Throws DataError.
void write_model(const std::string& path, const ModelConfig& config, const Parameters& parameters,
                 const IdMap& users, const IdMap& items);
// Checks every shape against the configuration, and that all values are finite.
Model read_model(const std::string& path);

// Adds all tensors of `parameters` under their names, each behind `prefix`; empty ones are left out. Row-wise
// moments have a table of one column.
void add_parameters(SafetensorsWriter& writer, const ModelConfig& config, const Parameters& parameters,
                    const std::string& prefix);
// The same back, where present.
Parameters read_parameters(const SafetensorsReader& reader, const ModelConfig& config, const std::string& prefix);

// Throws DataError where `model` cannot start a run of `config`: another model, task, dim or hidden stack.
void require_same_kind(const Model& model, const ModelConfig& config, const std::string& path);

// Parameters for `config` and its ids that start from a model on disk: rows are matched by original id, rows new
// to it keep `initial`'s values. Throws as require_same_kind() does.
Parameters start_from(const Model& model, const ModelConfig& config, Parameters initial, const IdMap& users,
                      const IdMap& items, const std::string& path);

}  // namespace anirec
