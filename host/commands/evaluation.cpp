#include "commands/evaluation.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "evaluate/comparison.h"
#include "formats/atomic_file.h"
#include "formats/text_file.h"

namespace anirec {

Evaluation evaluate_split(const Engine& engine, const ModelConfig& model, const Samples& samples,
                          const std::string& name, SampleRange range) {
  const auto rows = [&](SampleRange r) { return std::span(samples.rows).subspan(r.begin, r.size()); };
  Evaluation evaluation;
  evaluation.split = name;
  evaluation.metrics = evaluate_rows(engine, model, rows(range));
  evaluation.baselines =
      pointwise_baselines(model.task, rows(samples.train), samples.users, samples.items, rows(range));
  return evaluation;
}

std::string evaluation_json(const Evaluation& evaluation) {
  nlohmann::ordered_json json = {{"split", evaluation.split},
                                 {"rows", evaluation.metrics.rows},
                                 {"unknown_users", evaluation.unknown_users},
                                 {"unknown_items", evaluation.unknown_items}};
  add_metrics(json, evaluation.metrics, true);
  json["baselines"] = nlohmann::ordered_json::object();
  for (const NamedMetrics& baseline : evaluation.baselines)
    add_metrics(json["baselines"][baseline.name], baseline.metrics, true);
  return json.dump(2) + "\n";
}

void write_evaluation(const Evaluation& evaluation, const RunFolder& run) {
  write_file_atomically(run.file("evaluation.json"), evaluation_json(evaluation));
}

std::string describe_evaluation(const Evaluation& evaluation, const std::string& run, const TrainConfig& config,
                                std::uint64_t epochs) {
  return comparison_tables({{run_name(run), config.model, config.task, epochs, evaluation_json(evaluation)}},
                           TableStyle::plain);
}

std::vector<EpochFigures> read_history(const RunFolder& run) {
  const std::string path = run.file("metrics.jsonl");
  std::error_code ignored;
  return parse_history(std::filesystem::exists(path, ignored) ? read_text_file(path, "is it a run of anirec?")
                                                              : "");
}

std::string run_name(const std::string& path) {
  const std::string name = std::filesystem::path(path + "/").lexically_normal().parent_path().filename().string();
  return name.empty() ? path : name;
}

}  // namespace anirec
