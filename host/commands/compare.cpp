#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands/command_table.h"
#include "commands/evaluation.h"
#include "commands/run_config.h"
#include "evaluate/comparison.h"
#include "formats/atomic_file.h"
#include "formats/json_file.h"
#include "formats/text_file.h"
#include "report/comparison_report.h"
#include "train/run_folder.h"

namespace anirec {
namespace {

ExitCode run_compare(const Arguments& arguments) {
  if (arguments.positional.empty()) throw UsageError("no run folders given (anirec help compare)");
  if (arguments.given.size() > 1) throw UsageError("--markdown, --json and --html do not go together; give one");
  std::vector<ReportedRun> reported;
  for (const std::string& path : arguments.positional) {
    const RunFolder folder(path);
    folder.require_run();
    const StoredConfig config = folder.read_config();
    const std::string evaluation = folder.file("evaluation.json");
    require_small_file(evaluation);
    std::error_code ignored;
    if (!std::filesystem::exists(evaluation, ignored))
      throw DataError(printable(path) + ": the run has no evaluation.json; anirec evaluate " + printable(path) +
                      " makes one");
    ComparedRun compared;
    compared.name = run_name(path);
    compared.model = config.options.model;
    compared.task = config.options.task;
    compared.epochs = folder.metrics().epochs_trained();
    compared.evaluation = read_text_file(evaluation, "make it again with anirec evaluate " + printable(path));
    std::vector<EpochFigures> history = read_history(folder);
    reported.push_back({std::move(compared), std::move(history), training_command(folder, config)});
  }
  if (arguments.has("html")) {
    const std::string path = arguments.text("html");
    write_file_atomically(path, comparison_report_html(reported, ANIREC_VERSION));
    if (path != "/dev/stdout") std::printf("wrote %s\n", printable(path).c_str());
    return ExitCode::ok;
  }
  std::vector<ComparedRun> runs;
  for (ReportedRun& one : reported) runs.push_back(std::move(one.run));
  if (arguments.has("json"))
    // In ASCII: names may hold what a terminal obeys, or be no UTF-8.
    std::printf(
        "%s\n",
        comparison_json(runs).dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace).c_str());
  else
    std::fputs(
        comparison_tables(runs, arguments.has("markdown") ? TableStyle::markdown : TableStyle::plain).c_str(),
        stdout);
  return ExitCode::ok;
}

}  // namespace

CommandSpec compare_command() {
  return {"compare",
          "anirec compare RUN... [--markdown | --json | --html FILE]",
          "runs side by side, with the baselines under them",
          {{"markdown", "", "tables for a README", ""},
           {"json", "", "the same with full digits", ""},
           {"html", "FILE", "a page with the tables and the curves of all runs", ""}},
          {"anirec compare runs/*", "anirec compare runs/* --html comparison.html"},
          run_compare,
          ""};
}

}  // namespace anirec
