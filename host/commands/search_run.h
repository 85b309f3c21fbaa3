// A search over settings under way: trains its trials, rung by rung, and keeps the best as a run.
#pragma once

#include <string>

#include "commands/open_engine.h"
#include "dataset/dataset.h"
#include "error.h"
#include "train/search_folder.h"
#include "train/train_config.h"

namespace anirec {

// What all trials share, with a trial's own settings. Throws UsageError as apply_flags() does.
TrainConfig trial_config(TrainConfig base, const TrialSettings& settings);

// Goes on from what `folder` holds, which is written after every trial, to its best run, which is evaluated, and
// its report. `titles`: path, for the best run's report; "" for none. Throws Interrupted: what there is, is
// written.
ExitCode run_search(SearchFolder& folder, const TrainConfig& base, const DeviceChoice& device, Dataset&& dataset,
                    const std::string& titles, bool quiet);

}  // namespace anirec
