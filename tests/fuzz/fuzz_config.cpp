// A run folder's texts, divided by lines of "---": config.json, metrics.jsonl, evaluation.json. In the first,
// @defaults stands for all options with their default values; what follows it overrides them.
#include <nlohmann/json.hpp>

#include "evaluate/comparison.h"
#include "fuzz/fuzz_target.h"
#include "train/run_folder.h"

using namespace anirec;

namespace {

std::string_view take_part(std::string_view& text) {
  constexpr std::string_view divider = "\n---\n";
  const std::size_t end = text.find(divider);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + divider.size());
  return part;
}

std::string default_options(const RunFolder& run) {
  StoredConfig config;
  config.options.model = config.options.task = "hybrid";
  config.dataset.sources = "[]";
  run.write_config(config);
  const std::string text = TemporaryFolder::read(run.file("config.json"));
  const std::string options = nlohmann::ordered_json::parse(text).at("options").dump();
  return options.substr(1, options.size() - 2);
}

std::string with_defaults(std::string_view text, const std::string& defaults) {
  constexpr std::string_view mark = "@defaults";
  std::string all(text);
  if (const std::size_t at = text.find(mark); at != text.npos) all.replace(at, mark.size(), defaults);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TemporaryFolder folder;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const RunFolder run(folder.path(""));
  static const std::string defaults = default_options(run);
  folder.file("config.json", with_defaults(take_part(input), defaults));
  folder.file("metrics.jsonl", take_part(input));
  const std::string evaluation(take_part(input));

  StoredConfig config;
  input_was_accepted = accepts([&] {
    config = run.read_config();
    config_model(config.options, 3, 4, {1, 10});
    config_settings(config.options, 1000);
    run.write_config(config);
    const StoredConfig again = run.read_config();
    require(again.dataset == config.dataset && again.options.seed == config.options.seed,
            "it can be written again");
  });
  std::uint64_t epochs = 0;
  const bool counted = accepts([&] { epochs = run.metrics().epochs_trained(); });
  const bool cut = accepts([&] { run.metrics().cut(20); });
  const bool compared = accepts([&] {
    const std::string task = config.options.task.empty() ? "hybrid" : config.options.task;
    const std::vector<ComparedRun> runs = {{"run", "hybrid", task, epochs, evaluation}};
    for (const TableStyle style : {TableStyle::plain, TableStyle::markdown}) {
      std::string tables = comparison_tables(runs, style);
      std::erase(tables, '\n');
      require(printable(tables, tables.size()) == tables, "tables are printable");
    }
    comparison_json(runs).dump();
  });
  input_was_accepted = input_was_accepted && counted && cut && compared;
  return 0;
}
