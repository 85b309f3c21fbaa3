#include <cstdio>
#include <filesystem>

#include "commands/command_table.h"
#include "commands/item_table.h"
#include "commands/load_data.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "dataset/dataset_file.h"
#include "parallel/team.h"

namespace anirec {
namespace {

// "data/animelist.csv.gz" → "animelist.anirec.safetensors", in the working folder.
std::string default_output(const std::string& input) {
  std::string name = input == "-" ? "stdin" : std::filesystem::path(input).filename().string();
  for (const char* ending : {".gz", ".zst", ".csv", ".dat", ".txt", ".data", ".tsv"})
    if (name.ends_with(ending) && name.size() > std::string(ending).size())
      name.resize(name.size() - std::string(ending).size());
  return name + ".anirec.safetensors";
}

ExitCode run_prepare(const Arguments& arguments) {
  if (arguments.positional.empty()) throw UsageError("no ratings file given (anirec help prepare)");
  TrainConfig config;
  apply_flags(config, arguments);
  if (config.task.empty()) throw UsageError("--task is missing; choose rating, interaction or hybrid");
  config_rules(config);
  const std::string out = arguments.text("out", default_output(arguments.positional[0]));
  for (const std::string& path : arguments.positional)
    if (path != "-" && is_dataset_file(path))
      throw DataError(printable(path) + ": this is a prepared dataset already; give it to anirec train");

  Team team(threads_or_default(config.threads));
  const Dataset dataset = load_data(arguments.positional, config, team, false);
  std::fputs(describe_dataset(dataset, team).c_str(), stdout);
  report_titles(arguments, titles_of(arguments), dataset.items);
  write_dataset(dataset, out);
  std::printf("wrote %s\n", printable(out).c_str());
  return ExitCode::ok;
}

}  // namespace

CommandSpec prepare_command() {
  std::vector<OptionSpec> options =
      config_flags({"task", "columns", "separator", "unrated", "positive_from", "threads"});
  options.push_back({"titles", "FILE", "also say how many items have a title there", ""});
  options.push_back({"out", "FILE", "the dataset", "NAME.anirec.safetensors"});
  return {
      "prepare",
      "anirec prepare RATINGS... --task TASK [--out FILE]",
      "ratings files → a dataset, with a summary of what was kept and why",
      options,
      {"anirec prepare animelist.csv --task hybrid --out hybrid.anirec.safetensors",
       "anirec prepare BX-Book-Ratings.csv --task rating --separator ';'",
       "zstdcat ratings.csv.zst | anirec prepare - --task rating --columns user=1,item=2,rating=3 --separator ,"},
      run_prepare,
      "Formats are recognised from the header or first line; .gz and .zst are read as they are, - is standard "
      "input, several files are read as one."};
}

}  // namespace anirec
