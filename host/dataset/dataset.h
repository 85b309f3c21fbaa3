// Rows that a task keeps, numbered: what `prepare` makes and `train` starts from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dataset/id_map.h"
#include "dataset/page_vector.h"
#include "dataset/task_rules.h"

namespace anirec {

struct DatasetSource {
  std::string name;    // file name without folders
  std::string format;  // as recognised
  std::string hash;    // "crc32:9a0364b9" of the decompressed bytes
};

struct Dataset {
  TaskRules rules;
  bool labelled_by_status = false;  // a status column decided the labels
  RuleCounts counts;
  std::vector<DatasetSource> sources;
  std::uint64_t duplicate_pairs = 0;  // rows whose (user, item) came before; they are kept

  // N rows in their original order.
  PageVector<std::uint32_t> user, item;  // dense indices
  PageVector<float> rating;              // tasks rating, hybrid; else empty
  PageVector<std::uint8_t> label;        // tasks interaction, hybrid; else empty
  PageVector<std::int64_t> time;         // empty without a time column
  IdMap users, items;
  std::size_t size() const { return user.size(); }
};

// What there is to tell of a dataset without its columns, which training takes.
struct DatasetSummary {
  TaskRules rules;
  RuleCounts counts;
  std::vector<DatasetSource> sources;
  std::uint64_t users = 0, items = 0, duplicate_pairs = 0;
};
DatasetSummary summary_of(const Dataset& dataset);

// What rows that are read for a model which is there already need.
struct ForModel {
  bool text_users = false, text_items = false;  // ids stay as they are written, as the model's did
  bool every_user = false;                      // also those with few rows, whom the interaction task drops
};

// Reads, filters and numbers; memory stays near the packed columns. Throws DataError where nothing is kept
// (saying which rule dropped what).
Dataset build_dataset(const std::vector<std::string>& paths, const FormatOptions& format, const TaskRules& rules,
                      Team& team,
                      const std::function<void(const std::string& path, const RatingsFormat&)>& on_format = {},
                      const ForModel& for_model = {});

// The lines a person reads after `prepare`: rows read, kept and dropped by rule; users, items, duplicates;
// the histogram of ratings (whole or half steps; else quantiles), the share of positives.
std::string describe_dataset(const Dataset& dataset, Team& team);

}  // namespace anirec
