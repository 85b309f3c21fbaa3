// What the tests under faults share: how often and from which seed, runs that are small but write often, and
// whether what lies on the disk is whole. Makes no assertion.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "commands/commands_fixture.h"
#include "dataset/dataset_file.h"
#include "formats/safetensors.h"
#include "model/model_file.h"
#include "train/run_folder.h"

namespace anirec {

// Sanitizers have memory of their own and want no other library loaded before theirs.
inline bool is_sanitized() { return std::getenv("ANIREC_PROGRAM_IS_SANITIZED") != nullptr; }

// tools/fault_drill asks for more than tools/test has time for.
inline long asked_for(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atol(text);
}

// Moments are random, from a seed that is printed with every failure.
struct Moments {
  const unsigned long seed =
      static_cast<unsigned long>(asked_for("ANIREC_FAULT_SEED", static_cast<long>(std::random_device()())));
  std::mt19937_64 engine{seed};
  // 0 up to `longest`.
  std::chrono::microseconds within(std::chrono::microseconds longest) {
    return std::chrono::microseconds(std::uniform_int_distribution<long>(0, longest.count())(engine));
  }
};

// A run of a moment; --epochs and --out are missing.
inline const std::string small_training =
    "train animelist.csv --model mf --task rating --dim 2 --batch-size 512 --patience 0 --threads 1 "
    "--split 0.8,0.1,0.1 --checkpoint-every 1 ";

// The environment of the programs started while it lives.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& values) : values_(values) {
    for (const auto& [name, value] : values_) setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const auto& [name, value] : values_) unsetenv(name.c_str());
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::map<std::string, std::string> values_;
};

inline std::chrono::microseconds time_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
}

// A report shows times and the folder's name: two of one run are never equal, but each must have its end.
inline bool is_whole_report(const std::string& html) { return html.ends_with("</html>\n"); }

// What is wrong with the files of a run folder, one by one; "" where each that is there is whole.
inline std::string damage_of(const std::string& run) {
  const RunFolder folder(run);
  try {
    if (std::filesystem::exists(folder.file("config.json"))) folder.read_config();
    if (std::filesystem::exists(folder.model_file())) read_model(folder.model_file());
    if (std::filesystem::exists(folder.dataset_file())) read_dataset(folder.dataset_file());
    const std::string report = folder.file("report.html");
    if (std::filesystem::exists(report) && !is_whole_report(TemporaryFolder::read(report)))
      return "report.html is cut";
    const std::string optimizer = folder.file("optimizer.safetensors");
    if (std::filesystem::exists(optimizer)) {
      const SafetensorsReader reader(optimizer);
      if (reader.names().empty()) return "optimizer.safetensors is empty";
    }
  } catch (const std::exception& fault) {
    return fault.what();
  }
  return "";
}

// The same of a search's folder: its record, and each run that is in it.
inline std::string damage_of_search(const std::string& folder) {
  const std::string record = TemporaryFolder::read(folder + "/tune.json");
  if (!record.empty() && nlohmann::json::parse(record, nullptr, false).is_discarded()) return "tune.json is cut";
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none))
    if (entry.is_directory())
      if (const std::string damage = damage_of(entry.path().string()); !damage.empty()) return damage;
  return "";
}

// The line that begins a search, or goes on with it.
inline std::string search_or_resume(const std::string& folder, const std::string& shown, const std::string& line) {
  return std::filesystem::exists(folder + "/tune.json") ? "tune --resume --quiet --out " + shown : line;
}

inline bool has_checkpoint(const std::string& run) {
  return std::filesystem::exists(run + "/optimizer.safetensors");
}

// Every file under a folder and its content; of metrics.jsonl and report.html what does not differ from run to
// run.
inline std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (!entry.is_regular_file()) continue;
    std::string content = TemporaryFolder::read(entry.path().string());
    if (entry.path().filename() == "metrics.jsonl") {
      content.clear();
      for (const nlohmann::json& line : metrics_of(entry.path().parent_path().string()))
        content += line.dump() + "\n";
    }
    if (entry.path().filename() == "report.html" && is_whole_report(content)) content = "whole";
    files[std::filesystem::relative(entry.path(), folder).string()] = content;
  }
  return files;
}

// Names of files that differ, "" where none does.
inline std::string difference(const std::map<std::string, std::string>& a,
                              const std::map<std::string, std::string>& b) {
  std::string out;
  std::set<std::string> names;
  for (const auto* side : {&a, &b})
    for (const auto& [name, content] : *side) names.insert(name);
  for (const std::string& name : names) {
    const auto in_a = a.find(name), in_b = b.find(name);
    if (in_a == a.end() || in_b == b.end() || in_a->second != in_b->second) out += name + " ";
  }
  return out;
}

inline void copy_folder(const std::string& from, const std::string& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace anirec
