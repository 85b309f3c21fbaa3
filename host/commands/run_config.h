// The options of a run as flags: made from visit_options(), so that an option is one line there.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "commands/command_table.h"
#include "train/run_folder.h"
#include "train/train_config.h"

namespace anirec {

// Flags for these options of visit_options(), in its order; all of them where `names` is empty.
std::vector<OptionSpec> config_flags(const std::set<std::string>& names = {});

// All of them for a new run, with the defaults of each model and task.
std::vector<OptionSpec> training_flags();

// Titles of the groups that config_flags() sorts options into.
inline constexpr const char *model_group = "Model", *data_group = "Data", *training_group = "Training",
                            *machine_group = "Machine", *run_group = "Run";

// What the flags of a new run ask for: the defaults of its model and task, the preset, then the flags. Those of mf
// were measured together: with dropout or l2 given, all are the general defaults; with the optimizer or the
// schedule given, the rate and its schedule are.
TrainConfig requested_config(const Arguments& arguments);

// Takes over the flags that were given. Throws UsageError: not a number, outside its limits.
void apply_flags(TrainConfig& config, const Arguments& arguments);

// A run's configuration for looking at it: the device and threads are of this machine and this call, not of the
// training.
TrainConfig options_to_look(const TrainConfig& stored, const Arguments& arguments);

// The first given flag, but for `allowed` ones, whose value differs from the stored configuration: its name.
std::string changed_flag(const TrainConfig& stored, const Arguments& arguments,
                         const std::set<std::string>& allowed);

// The command that trains a run again, into a folder beside it: every setting that is not everyone's default, a
// flag a line.
std::string training_command(const RunFolder& run, const StoredConfig& config);
// `text` as one word of a POSIX shell; control characters as $'\033' (bash, zsh).
std::string shell_word(const std::string& text);

}  // namespace anirec
