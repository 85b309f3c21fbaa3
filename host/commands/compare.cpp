#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "commands/command_table.h"
#include "commands/evaluation.h"
#include "evaluate/comparison.h"
#include "formats/json_file.h"
#include "train/run_folder.h"

namespace anirec {
namespace {

ExitCode run(const Arguments& arguments) {
  if (arguments.positional.empty()) throw UsageError("no run folders given (anirec help compare)");
  if (arguments.has("markdown") && arguments.has("json")) throw UsageError("--markdown and --json do not go together; give one");
  std::vector<ComparedRun> runs;
  for (const std::string& path : arguments.positional) {
    const RunFolder folder(path);
    folder.require_run();
    const StoredConfig config = folder.read_config();
    require_small_file(folder.file("evaluation.json"));
    std::ifstream in(folder.file("evaluation.json"), std::ios::binary);
    if (!in) throw DataError(printable(path) + ": the run has no evaluation.json; anirec evaluate " + printable(path) + " makes one");
    ComparedRun compared;
    compared.name = std::filesystem::path(path + "/").lexically_normal().parent_path().filename().string();
    compared.model = config.options.model;
    compared.task = config.options.task;
    compared.epochs = folder.epochs_trained();
    compared.evaluation.assign(std::istreambuf_iterator<char>(in), {});
    runs.push_back(std::move(compared));
  }
  if (arguments.has("json"))
    // In ASCII: names may hold what a terminal obeys, or be no UTF-8.
    std::printf("%s\n", comparison_json(runs)
                            .dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace)
                            .c_str());
  else
    std::fputs(comparison_tables(runs, arguments.has("markdown") ? TableStyle::markdown : TableStyle::plain).c_str(), stdout);
  return ExitCode::ok;
}

}  // namespace

CommandSpec compare_command() {
  return {"compare",
          "anirec compare RUN... [--markdown | --json]",
          "runs side by side, with the baselines under them",
          {{"markdown", "", "tables for a README", ""}, {"json", "", "the same with full digits", ""}},
          {"anirec compare runs/*"},
          run,
          ""};
}

}  // namespace anirec
