#include "train/metrics_file.h"

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "error.h"
#include "formats/atomic_file.h"
#include "formats/json_file.h"
#include "formats/system_call.h"
#include "formats/text_file.h"

namespace anirec {
namespace {

using nlohmann::ordered_json;

// What is asked of a line of metrics.jsonl; nothing where it is damaged.
struct MetricsLine {
  std::uint64_t step;
  std::string split;
  double rmse;  // 0: none
};
constexpr const char* damaged_line = "the line is damaged; correct or remove it";
constexpr std::size_t longest_metrics_line = 1 << 20;

std::optional<MetricsLine> read_metrics_line(const std::string& line) try {
  if (line.size() > longest_metrics_line) return std::nullopt;
  const ordered_json json = ordered_json::parse(line);
  return MetricsLine{json_whole_number(json, "step", 0, std::numeric_limits<std::uint64_t>::max()),
                     json.contains("split") ? json_string(json, "split") : "",
                     json.contains("rmse") && json["rmse"].is_number() ? json["rmse"].get<double>() : 0};
} catch (const std::exception&) {
  return std::nullopt;
}

// What cannot be looked at is not there.
bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// Calls visit(line, its text) for each; a torn last line is passed over.
template <class Visit>
void for_lines(const std::string& path, const Visit& visit) {
  if (!is_there(path)) return;
  require_file(path);
  std::istringstream lines(read_text_file(path, "is it a run folder that anirec train wrote?"));
  std::uint64_t number = 0;
  for (std::string text; std::getline(lines, text);) {
    ++number;
    const std::optional<MetricsLine> line = read_metrics_line(text);
    if (!line && lines.peek() == std::istringstream::traits_type::eof()) break;
    if (!line) throw DataError::at(path, number, 1, damaged_line);
    visit(*line, text);
  }
}

}  // namespace

void MetricsFile::append(const ordered_json& line) const {
  const std::string text = line.dump() + "\n";
  const auto fail = [&] {
    throw DataError(system_error_text(path_, errno) + "; free some space and go on with --resume");
  };
  const Descriptor out(
      retrying([&] { return open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644); }));
  if (out.number < 0) fail();
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = retrying([&] { return write(out.number, text.data() + done, text.size() - done); });
    if (written < 0) fail();
    done += static_cast<std::size_t>(written);
  }
}

void MetricsFile::sync() const {
  const Descriptor lines(retrying([&] { return open(path_.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (lines.number < 0 && errno == ENOENT) return;
  if (lines.number < 0 || retrying([&] { return fsync(lines.number); }) != 0)
    throw DataError("cannot write " + system_error_text(path_, errno) +
                    "; free some space and go on with --resume");
}

void MetricsFile::cut(std::uint64_t step) const {
  if (!is_there(path_)) return;
  std::string kept;
  for_lines(path_, [&](const MetricsLine& line, const std::string& text) {
    if (line.step <= step) kept += text + "\n";
  });
  write_file_atomically(path_, kept);
}

std::uint64_t MetricsFile::epochs_trained() const {
  std::uint64_t epochs = 0;
  for_lines(path_, [&](const MetricsLine& line, const std::string&) { epochs += line.split == "train"; });
  return epochs;
}

double MetricsFile::rating_variance() const {
  double train = 1, validation = 0;
  for_lines(path_, [&](const MetricsLine& line, const std::string&) {
    const double variance = line.rmse * line.rmse;
    if (!std::isfinite(variance) || variance <= 0) return;
    if (line.split == "train") train = variance;
    if (line.split == "validation" && (validation <= 0 || variance < validation)) validation = variance;
  });
  return validation > 0 ? validation : train;
}

}  // namespace anirec
