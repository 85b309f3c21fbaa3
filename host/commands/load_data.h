// What a command was given as DATA: a prepared dataset or ratings files.
#pragma once

#include <string>
#include <vector>

#include "commands/command_table.h"
#include "dataset/dataset.h"
#include "parallel/team.h"
#include "ratings/titles.h"
#include "train/run_folder.h"
#include "train/train_config.h"

namespace anirec {

// Reads one prepared dataset (whose task must be the configuration's, else UsageError) or ratings files. `quiet`
// leaves out the lines about formats.
bool is_prepared(const std::vector<std::string>& paths);  // one prepared dataset
Dataset load_data(const std::vector<std::string>& paths, const TrainConfig& config, Team& team, bool quiet,
                  const ForModel& for_model = {});
ForModel with_ids_of(const Model& model);

// The rules that made a dataset's labels into the configuration: a prepared one brings its own.
void take_rules(const TaskRules& rules, TrainConfig& config);

// With --titles: how many of the items have one of `titles`, which were read from there. Whether the file belongs
// to these ratings is then seen before training, not after it.
void report_titles(const Arguments& arguments, const Titles& titles, const IdMap& items);

// Turns the indices of foreign samples into a model's; ids it does not know become unknown_index. Counts rows.
struct UnknownRows {
  std::uint64_t users = 0, items = 0;
};
UnknownRows match_to_model(std::vector<Sample>& rows, const IdMap& users, const IdMap& items,
                           const IdMap& model_users, const IdMap& model_items);

// A run as it is used after training.
struct OpenRun {
  StoredConfig config;
  Model model;
};
OpenRun open_run(const std::string& path);
// The rows it was trained on; DataError where they are gone, or not those of its model.
Dataset read_dataset_of(const OpenRun& open, const RunFolder& run);

// The index of an id, or a DataError that says what there is.
std::uint32_t find_id(const IdMap& ids, const std::string& id, const char* what);

// "--device", "--threads" for commands that only look.
std::vector<OptionSpec> look_flags();

// An int64 or text id as a CSV field (quoted where needed).
std::string csv_field(const std::string& text);
// A title or a name as a CSV field: behind an apostrophe where a spreadsheet would take it for a formula (= + -
// @).
std::string csv_text(const std::string& text);
// The shortest text that reads back as the same float.
std::string float_text(float value);

}  // namespace anirec
