// RUN/report.html: its figures gathered and written. train and evaluate share it.
#pragma once

#include <span>
#include <string>

#include "commands/command_table.h"
#include "commands/evaluation.h"
#include "commands/open_engine.h"
#include "dataset/dataset.h"
#include "model/model_file.h"
#include "ratings/titles.h"
#include "train/run_folder.h"

namespace anirec {

// --titles, or else the file that the run was trained with, where it still is.
Titles titles_for_report(const Arguments& arguments, const StoredConfig& config);

struct ReportInputs {
  const RunFolder& run;
  const StoredConfig& config;
  const DatasetSummary& data;
  const Samples& samples;
  const Model& model;
  const Engine& engine;
  const Titles& titles;
  const Evaluation* evaluation;    // none: nothing was judged
  std::span<const Sample> judged;  // its rows
};

// Written whole or not at all. Throws DataError that says the rest of the run is unharmed.
void write_run_report(const ReportInputs& in);

// What a training ends with.
struct EndOfTraining {
  const RunFolder& run;
  const StoredConfig& config;
  const DatasetSummary& data;
  const Samples& samples;
  const Titles& titles;
  const DeviceChoice& device;
};

// Judges the test split, touched this once, where there is one: its tables are printed unless `quiet`, its figures
// written. Then writes the report.
void finish_run(const EndOfTraining& in, bool quiet);

}  // namespace anirec
