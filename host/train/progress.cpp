#include "train/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdarg>
#include <nlohmann/json.hpp>

#include "terminal.h"

namespace anirec {
namespace {

using Clock = std::chrono::steady_clock;

[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...) {
  char buffer[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

std::string clock_time(double seconds) {
  const auto whole = static_cast<unsigned long long>(std::clamp(seconds, 0.0, 359999.0));
  if (whole >= 3600) return text("%llu:%02llu:%02llu", whole / 3600, whole / 60 % 60, whole % 60);
  return text("%llu:%02llu", whole / 60, whole % 60);
}

// A loss in at most nine columns.
std::string loss_text(double loss) { return std::fabs(loss) < 9999.5 ? text("%.4f", loss) : text("%.3e", loss); }

class TextWatcher final : public TrainingWatcher {
 public:
  TextWatcher(std::uint64_t epochs, std::FILE* out) : epochs_(epochs), out_(out), live_(is_live(out)) {}

  // Flushed, or what is said on stderr next would stand behind the bar.
  ~TextWatcher() override {
    clear();
    std::fflush(out_);
  }

  void on_progress(std::uint64_t epoch, double share, double loss, double speed) override {
    if (!live_) return;
    const Clock::time_point now = Clock::now();
    if (now - shown_ < std::chrono::milliseconds(100)) return;
    shown_ = now;
    const double done = static_cast<double>(epoch - 1) + share;
    if (first_done_ < 0) first_done_ = done, first_ = now;
    const double elapsed = std::chrono::duration<double>(now - first_).count(), gained = done - first_done_;
    const double left = gained > 0 ? elapsed / gained * (static_cast<double>(epochs_) - done) : -1;
    const int columns = static_cast<int>(terminal_columns(out_, 80));
    clear();
    std::fputs(progress_bar(epoch, epochs_, share, loss, speed, left, columns - 1, has_color(out_)).c_str(), out_);
    std::fflush(out_);
    bar_shown_ = true;
  }

  void on_epoch(const EpochReport& report) override {
    clear();
    std::fprintf(out_, "%s\n", epoch_line(report, epochs_, terminal_columns(out_)).c_str());
    std::fflush(out_);
  }

 private:
  void clear() {
    if (bar_shown_) std::fputs("\r\x1b[K", out_);
    bar_shown_ = false;
  }

  std::uint64_t epochs_;
  std::FILE* out_;
  bool live_, bar_shown_ = false;
  Clock::time_point shown_{}, first_{};
  double first_done_ = -1;
};

class JsonWatcher final : public TrainingWatcher {
 public:
  explicit JsonWatcher(std::FILE* out) : out_(out) {}
  void on_progress(std::uint64_t, double, double, double) override {}
  void on_epoch(const EpochReport& report) override {
    nlohmann::ordered_json line = {{"epoch", report.epoch}, {"step", report.step}};
    add_metrics(line["train"], report.train, false);
    if (report.validation) add_metrics(line["validation"], *report.validation, false);
    line["seconds"] = report.seconds;
    line["samples_per_second"] = report.samples_per_second;
    line["best"] = report.best;
    std::fprintf(out_, "%s\n", line.dump().c_str());
    std::fflush(out_);
  }

 private:
  std::FILE* out_;
};

class QuietWatcher final : public TrainingWatcher {
  void on_progress(std::uint64_t, double, double, double) override {}
  void on_epoch(const EpochReport&) override {}
};

}  // namespace

std::string short_count(double value) {
  for (const auto& [limit, unit] : {std::pair{1e9, " G"}, {1e6, " M"}, {1e3, " k"}})
    if (value >= 0.9995 * limit) return text("%.*f%s", value < 99.95 * limit ? 1 : 0, value / limit, unit);
  return text("%.0f", value);
}

std::string epoch_line(const EpochReport& report, std::uint64_t epochs, std::size_t columns) {
  const int digits = static_cast<int>(std::to_string(epochs).size());
  std::string line = text("%*llu/%llu  train ", digits, static_cast<unsigned long long>(report.epoch),
                          static_cast<unsigned long long>(epochs)) +
                     loss_text(report.train.loss);
  if (report.validation) {
    const std::string loss = loss_text(report.validation->loss);
    line += (line.size() + loss.size() + 15 > columns ? "  val " : "  validation ") + loss;
  }
  line += report.best ? " *" : "  ";
  for (const std::string& part : {text("  %.*f s", report.seconds < 10 ? 2 : 0, report.seconds),
                                  "  " + short_count(report.samples_per_second) + "/s"}) {
    if (line.size() + part.size() > columns) break;
    line += part;
  }
  return line;
}

std::string progress_bar(std::uint64_t epoch, std::uint64_t epochs, double share, double loss, double speed,
                         double seconds_left, int columns, bool color) {
  std::string line =
      text("%llu/%llu", static_cast<unsigned long long>(epoch), static_cast<unsigned long long>(epochs));
  const std::string percent = text(" %3.0f%%", std::floor(share * 100));
  const std::string parts[] = {"  loss " + loss_text(loss),
                               seconds_left >= 0 ? "  left " + clock_time(seconds_left) : "",
                               "  " + short_count(speed) + "/s"};
  // What does not fit is left out, least needed first; the bar takes what is left.
  std::string tail = percent;
  for (const std::string& part : parts)
    if (static_cast<int>(line.size() + tail.size() + part.size()) <= columns) tail += part;
  const int room = std::min(30, columns - static_cast<int>(line.size() + tail.size()) - 1);
  if (room >= 5) {
    const int full = static_cast<int>(share * room);
    std::string done, open;
    for (int i = 0; i < room; ++i) (i < full ? done : open) += i < full ? "━" : "─";
    line += " " + inked(done, Ink::done, color) + open;
  }
  return static_cast<int>(line.size() + tail.size()) <= columns || room >= 5
             ? line + tail
             : line.substr(0, static_cast<std::size_t>(columns));
}

std::unique_ptr<TrainingWatcher> make_watcher(LogFormat format, std::uint64_t epochs, std::FILE* out) {
  switch (format) {
    case LogFormat::text: return std::make_unique<TextWatcher>(epochs, out);
    case LogFormat::json: return std::make_unique<JsonWatcher>(out);
    case LogFormat::quiet: break;
  }
  return std::make_unique<QuietWatcher>();
}

}  // namespace anirec
