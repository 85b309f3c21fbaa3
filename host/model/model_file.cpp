#include "model/model_file.h"

#include <algorithm>

#include "error.h"
#include "model/named_tensors.h"

namespace anirec {
namespace {

struct TableName {
  const char* name;
  std::vector<float> Parameters::*table;
  bool of_users, is_bias;
};

constexpr TableName tables[] = {
    {"user_embedding.weight", &Parameters::user_embedding, true, false},
    {"item_embedding.weight", &Parameters::item_embedding, false, false},
    {"user_bias.weight", &Parameters::user_bias, true, true},
    {"item_bias.weight", &Parameters::item_bias, false, true},
};

std::uint32_t table_rows(const ModelConfig& config, const TableName& table) {
  return table.of_users ? config.users : config.items;
}

std::span<const float> part(const std::vector<float>& dense, const DenseTensor& tensor) {
  return std::span(dense).subspan(tensor.offset, tensor.size());
}

// Where rows of `to` are in `from`.
std::vector<std::optional<std::uint32_t>> matched_rows(const IdMap& from, const IdMap& to) {
  std::vector<std::optional<std::uint32_t>> rows(to.size());
  for (std::uint32_t row = 0; row < rows.size(); ++row) rows[row] = from.find(to.id(row));
  return rows;
}

void copy_rows(const std::vector<float>& from, std::vector<float>& to,
               const std::vector<std::optional<std::uint32_t>>& rows) {
  const std::size_t width = rows.empty() ? 0 : to.size() / rows.size();
  for (std::size_t row = 0; row < rows.size(); ++row)
    if (rows[row])
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(*rows[row] * width), width,
                  to.begin() + static_cast<std::ptrdiff_t>(row * width));
}

}  // namespace

std::vector<NamedTensor> named_tensors(const ModelConfig& config, const Parameters& parameters) {
  std::vector<NamedTensor> tensors;
  for (const TableName& table : tables) {
    const std::vector<float>& values = parameters.*table.table;
    const std::int64_t rows = table_rows(config, table);
    if (values.empty()) continue;
    std::vector<std::int64_t> shape = {rows};
    if (!table.is_bias) shape.push_back(static_cast<std::int64_t>(values.size()) / rows);
    tensors.push_back({table.name, shape, values});
  }
  if (parameters.dense.empty()) return tensors;
  for (const DenseTensor& tensor : dense_tensors(config))
    tensors.push_back({tensor.name, tensor.shape, part(parameters.dense, tensor)});
  return tensors;
}

void add_parameters(SafetensorsWriter& writer, const ModelConfig& config, const Parameters& parameters,
                    const std::string& prefix) {
  for (const NamedTensor& tensor : named_tensors(config, parameters))
    writer.add(prefix + tensor.name, tensor.values, tensor.shape);
}

Parameters read_parameters(const SafetensorsReader& reader, const ModelConfig& config, const std::string& prefix) {
  Parameters parameters;
  for (const TableName& table : tables) {
    if (!reader.has(prefix + table.name)) continue;
    std::vector<std::int64_t> shape = {table_rows(config, table)};
    if (!table.is_bias) shape.push_back(-1);
    parameters.*table.table = reader.read<float>(prefix + table.name, shape);
  }
  for (const DenseTensor& tensor : dense_tensors(config)) {
    if (!reader.has(prefix + tensor.name)) continue;
    const std::vector<float> values = reader.read<float>(prefix + tensor.name, tensor.shape);
    parameters.dense.insert(parameters.dense.end(), values.begin(), values.end());
  }
  return parameters;
}

void write_model(const std::string& path, const ModelConfig& config, const Parameters& parameters,
                 const IdMap& users, const IdMap& items) {
  SafetensorsWriter writer;
  writer.set_metadata({{"format", "anirec-model"},
                       {"format_version", std::to_string(model_format_version)},
                       {"config", model_config_json(config)}});
  add_parameters(writer, config, parameters, "");
  users.add_to(writer, "user_ids");
  items.add_to(writer, "item_ids");
  writer.write(path);
}

Model read_model(const std::string& path) {
  const SafetensorsReader reader(path);
  const auto entry = [&](const char* key) {
    const auto found = reader.metadata().find(key);
    return found == reader.metadata().end() ? std::string() : found->second;
  };
  if (entry("format") != "anirec-model")
    throw DataError(printable(path) +
                    ": this is no anirec model; give a model.safetensors or a run folder that anirec train wrote");
  if (entry("format_version") != std::to_string(model_format_version))
    throw DataError(printable(path) + ": model format " + printable(entry("format_version"), 20) +
                    " is not the one this anirec reads (" + std::to_string(model_format_version) +
                    "); use the anirec that wrote it");
  Model model;
  model.config = parse_model_config(entry("config"), path);
  model.parameters = read_parameters(reader, model.config, "");
  model.users = IdMap::read_from(reader, "user_ids");
  model.items = IdMap::read_from(reader, "item_ids");

  const ModelConfig& config = model.config;
  const std::size_t dim = static_cast<std::size_t>(config.dim);
  const std::vector<DenseTensor> dense = dense_tensors(config);
  const Parameters& p = model.parameters;
  const std::size_t bias_rows = config.has_row_bias() ? 1 : 0;
  if (p.user_embedding.size() != config.users * dim || p.item_embedding.size() != config.items * dim ||
      p.user_bias.size() != config.users * bias_rows || p.item_bias.size() != config.items * bias_rows ||
      p.dense.size() != dense.back().offset + dense.back().size() || model.users.size() != config.users ||
      model.items.size() != config.items)
    throw DataError(printable(path) +
                    ": its tensors do not have the sizes its configuration says; the file is damaged, get it "
                    "again, or train it again");
  if (!is_finite(p)) throw DataError(printable(path) + ": it holds values that are not finite; train it again");
  return model;
}

void require_same_kind(const Model& model, const ModelConfig& config, const std::string& path) {
  const ModelConfig& from = model.config;
  const auto differs = [&](const std::string& what) {
    throw DataError(printable(path) + ": it cannot start this run, " + what);
  };
  if (from.name != config.name)
    differs("it is a " + from.name + " model, not " + config.name + "; change --model");
  if (from.task != config.task)
    differs(std::string("it was trained for --task ") + task_name(from.task) + ", not " + task_name(config.task));
  if (from.dim != config.dim)
    differs("its --dim is " + std::to_string(from.dim) + ", not " + std::to_string(config.dim));
  if (from.hidden != config.hidden) differs("its --hidden stack is another one");
}

Parameters start_from(const Model& model, const ModelConfig& config, Parameters initial, const IdMap& users,
                      const IdMap& items, const std::string& path) {
  require_same_kind(model, config, path);
  const auto user_rows = matched_rows(model.users, users), item_rows = matched_rows(model.items, items);
  for (const TableName& table : tables)
    copy_rows(model.parameters.*table.table, initial.*table.table, table.of_users ? user_rows : item_rows);
  initial.dense = model.parameters.dense;
  return initial;
}

}  // namespace anirec
