#include "dataset/dataset_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>

#include <sys/stat.h>
#include <nlohmann/json.hpp>

#include "dataset/split.h"
#include "error.h"
#include "formats/safetensors.h"
#include "memory.h"

namespace anirec {
namespace {

using Json = nlohmann::json;

constexpr const char* format_name = "anirec-dataset";

std::string json_text(const Json& json) {  // file names may be no UTF-8
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json rules_json(const Dataset& dataset) {
  return {{"unrated", unrated_name(dataset.rules.unrated)},
          {"positive_from", dataset.rules.positive_from},
          {"labelled_by_status", dataset.labelled_by_status}};
}

Json rows_json(const RuleCounts& counts) {
  Json json = {{"read", counts.read()}, {"kept", counts.kept}};
  for (const DropRule& rule : drop_rules) json[rule.name] = counts.*rule.count;
  return json;
}

Json sources_json(const std::vector<DatasetSource>& sources) {
  Json json = Json::array();
  for (const DatasetSource& source : sources)
    json.push_back({{"name", source.name}, {"format", source.format}, {"hash", source.hash}});
  return json;
}

// The split that training makes where no other is asked for: ranges over the permutation of split.h.
Json split_json(std::uint64_t rows) {
  const SplitOptions options;
  std::uint64_t train = 0, validation = 0;
  split_counts(options.shares, rows, train, validation);
  return {{"seed", options.seed},
          {"train", {0, train}},
          {"validation", {train, train + validation}},
          {"test", {train + validation, rows}}};
}

// One read of a dataset file: everything that can be wrong with it ends in fail().
class DatasetReader {
 public:
  explicit DatasetReader(const std::string& path) : file_(path) {}

  Dataset read() {
    check_format();
    Dataset dataset;
    read_metadata(dataset);
    require_room_for(file_.shape("user"), dataset.rules.task);
    dataset.users = IdMap::read_from(file_, "user_ids");
    dataset.items = IdMap::read_from(file_, "item_ids");
    file_.read_into("user", {-1}, dataset.user);
    const std::size_t rows = dataset.user.size();
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(rows)};
    file_.read_into("item", shape, dataset.item);
    const Task task = dataset.rules.task;
    if (task_has_rating(task)) file_.read_into("rating", shape, dataset.rating);
    if (task_has_label(task)) file_.read_into("label", shape, dataset.label);
    if (file_.has("time")) file_.read_into("time", shape, dataset.time);
    check_columns(dataset);
    return dataset;
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const {
    throw DataError(printable(file_.path()) + ": " + fault);
  }
  [[noreturn]] void fail_damaged(const std::string& fault) const {
    fail(fault + "; the file is damaged, make it again with anirec prepare");
  }

  const std::string& metadata(const char* name) const {
    const auto found = file_.metadata().find(name);
    if (found == file_.metadata().end()) fail_damaged(std::string("has no '") + name + "' in its metadata");
    return found->second;
  }

  void check_format() const {
    const auto format = file_.metadata().find("format");
    if (format == file_.metadata().end() || format->second != format_name) {
      if (file_.has("user_embedding.weight"))
        fail("is a model, not a dataset; give a file made by anirec prepare, or ratings files");
      fail(
          "is a safetensors file, but no dataset of anirec; give a file made by anirec prepare, or ratings files");
    }
    const std::string& text = metadata("format_version");
    int version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc() || end != text.data() + text.size() || version < 1)
      fail_damaged("has no usable 'format_version'");
    if (version > dataset_format_version)
      fail("has format version " + text + ", this anirec reads up to " + std::to_string(dataset_format_version) +
           "; use a newer anirec, or make it again with anirec prepare");
  }

  void read_metadata(Dataset& dataset) const {
    try {
      dataset.rules.task = parse_task(metadata("task"));
      const Json rules = Json::parse(metadata("rules"));
      dataset.rules.unrated = parse_unrated(rules.at("unrated").get<std::string>());
      dataset.rules.positive_from = finite_float(rules.at("positive_from"));
      dataset.labelled_by_status = rules.at("labelled_by_status").get<bool>();
      const Json rows = Json::parse(metadata("rows"));
      dataset.counts.kept = count(rows.at("kept"));
      for (const DropRule& rule : drop_rules) dataset.counts.*rule.count = count(rows.at(rule.name));
      const Json sources = Json::parse(metadata("sources"));
      if (!sources.is_array()) fail_damaged("has 'sources' that are no list");
      for (const Json& source : sources)
        dataset.sources.push_back({source.at("name").get<std::string>(), source.at("format").get<std::string>(),
                                   source.at("hash").get<std::string>()});
      dataset.duplicate_pairs = count(Json::parse(metadata("duplicate_pairs")));
    } catch (const Json::exception&) {
      fail_damaged("has metadata that cannot be understood");
    } catch (const UsageError&) {
      fail_damaged("has metadata that cannot be understood");
    }
  }

  float finite_float(const Json& number) const {
    const double value = number.is_number() ? number.get<double>() : std::numeric_limits<double>::infinity();
    if (!(std::fabs(value) <= std::numeric_limits<float>::max()))
      fail_damaged("has a 'positive_from' that is no number");
    return static_cast<float>(value);
  }

  void require_room_for(const std::vector<std::int64_t>& shape, Task task) const {
    const std::uint64_t row_bytes = 2 * sizeof(std::uint32_t) + (task_has_rating(task) ? sizeof(float) : 0) +
                                    (task_has_label(task) ? 1 : 0) +
                                    (file_.has("time") ? sizeof(std::int64_t) : 0);
    if (shape.size() == 1)
      require_memory(static_cast<std::uint64_t>(shape[0]) * row_bytes, "reading " + printable(file_.path()),
                     "prepare fewer rows, or read it where there is more");
  }

  std::uint64_t count(const Json& number) const {
    if (!number.is_number_unsigned()) fail_damaged("has a count of rows that is no whole number");
    return number.get<std::uint64_t>();
  }

  void check_columns(const Dataset& dataset) const {
    const std::size_t rows = dataset.size();
    if (rows > std::numeric_limits<std::uint32_t>::max() - 1) fail("has more rows than 32 bits can number");
    if (rows != dataset.counts.kept) fail_damaged("has another number of rows than its metadata says");
    if (dataset.duplicate_pairs > rows) fail_damaged("has more duplicates than rows");
    check_indices(dataset.user, dataset.users, "user");
    check_indices(dataset.item, dataset.items, "item");
    for (std::size_t row = 0; row < dataset.rating.size(); ++row)
      if (!std::isfinite(dataset.rating[row])) fail_damaged(place("rating", row) + "is not finite");
    for (std::size_t row = 0; row < dataset.label.size(); ++row)
      if (dataset.label[row] > 1) fail_damaged(place("label", row) + "is neither 0 nor 1");
  }

  void check_indices(const PageVector<std::uint32_t>& column, const IdMap& ids, const char* name) const {
    for (std::size_t row = 0; row < column.size(); ++row)
      if (column[row] >= ids.size())
        fail_damaged(place(name, row) + "is " + std::to_string(column[row]) + ", there are " +
                     std::to_string(ids.size()) + " ids");
  }

  static std::string place(const char* column, std::size_t row) {
    return std::string(column) + " of row " + std::to_string(row) + " ";
  }

  SafetensorsReader file_;
};

}  // namespace

bool is_dataset_file(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;  // a pipe must not be read from
  std::ifstream file(path, std::ios::binary);
  unsigned char begin[9] = {};
  if (!file.read(reinterpret_cast<char*>(begin), sizeof begin)) return false;
  // No text starts with the upper bytes of a length: they are 0 below 4 GB.
  const bool upper_is_zero = std::all_of(begin + 4, begin + 8, [](unsigned char byte) { return byte == 0; });
  return upper_is_zero && begin[8] == '{';
}

void write_dataset(const Dataset& dataset, const std::string& path) {
  SafetensorsWriter writer;
  writer.add("user", dataset.user);
  writer.add("item", dataset.item);
  if (task_has_rating(dataset.rules.task)) writer.add("rating", dataset.rating);
  if (task_has_label(dataset.rules.task)) writer.add("label", dataset.label);
  if (!dataset.time.empty()) writer.add("time", dataset.time);
  dataset.users.add_to(writer, "user_ids");
  dataset.items.add_to(writer, "item_ids");
  writer.set_metadata({{"format", format_name},
                       {"format_version", std::to_string(dataset_format_version)},
                       {"task", task_name(dataset.rules.task)},
                       {"rules", json_text(rules_json(dataset))},
                       {"rows", json_text(rows_json(dataset.counts))},
                       {"sources", json_text(sources_json(dataset.sources))},
                       {"split", json_text(split_json(dataset.size()))},
                       {"duplicate_pairs", std::to_string(dataset.duplicate_pairs)}});
  writer.write(path);
}

Dataset read_dataset(const std::string& path) { return DatasetReader(path).read(); }

}  // namespace anirec
