// What the tests of the commands share: a folder with generated data and trained runs, made once a process, and
// the reading of what the program printed. Makes no assertion.
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "fixtures/run_program.h"
#include "fixtures/temporary_folder.h"
#include "fixtures/text.h"

namespace anirec {

// "" where the program refused as the contract says: this exit code, one line on stderr that begins with "anirec:
// " and holds these parts. Else what is wrong.
inline std::string fault_of(const ProgramResult& result, int code, const std::vector<std::string>& parts) {
  const std::string shown = "exit " + std::to_string(result.code) + ", stderr \"" + result.err + "\"";
  if (result.code != code) return shown + ": expected exit " + std::to_string(code);
  if (!result.err.starts_with("anirec: ") || std::count(result.err.begin(), result.err.end(), '\n') != 1 ||
      !result.err.ends_with('\n'))
    return shown + ": not one line of anirec's";
  for (const std::string& part : parts)
    if (!contains(result.err, part)) return shown + ": does not say \"" + part + "\"";
  return "";
}

// "" where it ended well and complained of nothing.
inline std::string fault_of(const ProgramResult& result) {
  if (result.code == 0 && result.err.empty()) return "";
  return "exit " + std::to_string(result.code) + ", stderr \"" + result.err + "\"";
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Fields of a line without quotes.
inline std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line)
    if (c == ',')
      fields.emplace_back();
    else
      fields.back() += c;
  return fields;
}

// A run's metrics without what differs from run to run.
inline std::vector<nlohmann::json> metrics_of(const std::string& run) {
  std::vector<nlohmann::json> lines;
  for (const std::string& line : lines_of(TemporaryFolder::read(run + "/metrics.jsonl"))) {
    lines.push_back(nlohmann::json::parse(line, nullptr, false));
    if (!lines.back().is_object()) continue;
    lines.back().erase("seconds");
    lines.back().erase("samples_per_second");
  }
  return lines;
}

// Which of the files of two runs differ; "" where none does.
inline std::string difference_of(const std::string& a, const std::string& b) {
  std::string out;
  for (const char* name : {"/model.safetensors", "/optimizer.safetensors"}) {
    const std::string content = TemporaryFolder::read(a + name);
    if (content.empty() || content != TemporaryFolder::read(b + name)) out += std::string(name + 1) + " ";
  }
  if (metrics_of(a).empty() || metrics_of(a) != metrics_of(b)) out += "metrics.jsonl";
  return out;
}

// Files and folders under a folder, sorted.
inline std::vector<std::string> listing(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// A folder with generated ratings: animelist.csv and titles.csv, 200 users, 60 items, 6,000 rows.
class Workplace {
 public:
  Workplace() { run("generate --users 200 --items 60 --rows 6000 --out animelist.csv --titles-out titles.csv"); }

  ProgramResult run(std::string_view line, const std::string& input = "") const {
    return run_program(words(line), input, folder_.path(""));
  }
  ProgramResult run(const std::vector<std::string>& arguments, const std::string& input = "") const {
    return run_program(arguments, input, folder_.path(""));
  }
  std::string path(std::string_view name) const { return folder_.path(name); }
  std::string file(std::string_view name, std::string_view content) const { return folder_.file(name, content); }
  std::string read(std::string_view name) const { return TemporaryFolder::read(path(name)); }

 private:
  TemporaryFolder folder_;
};

// The one that tests only read from, with the runs mf-rating, nn-interaction and hybrid.
inline const Workplace& trained_workplace() {
  static const Workplace& workplace = []() -> const Workplace& {
    static const Workplace made;
    const std::string rest = " --dim 8 --hidden 8 --epochs 3 --batch-size 256 --split 0.8,0.1,0.1 --quiet";
    made.run("train animelist.csv --model mf --task rating --mf-bias additive --out mf-rating" + rest);
    made.run("train animelist.csv --model nn --task interaction --out nn-interaction" + rest);
    made.run("train animelist.csv --model hybrid --task hybrid --out hybrid" + rest);
    return made;
  }();
  return workplace;
}

}  // namespace anirec
