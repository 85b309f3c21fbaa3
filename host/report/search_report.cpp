#include "report/search_report.h"

#include <algorithm>
#include <cmath>

#include "evaluate/comparison_columns.h"
#include "evaluate/metrics.h"
#include "evaluate/text_table.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/page.h"

namespace anirec {
namespace {

constexpr std::size_t most_drawn = 300;  // trials, the best: more are no longer told apart
constexpr std::size_t most_listed = 12;
// A scale holds so many of the trials; the worst are drawn at its edge, or they would press the others together.
constexpr double share_in_scale = 0.8;

// The figure that trials are compared by: as a loss, and as it is shown.
struct Scale {
  std::string name;  // HTML
  bool larger_is_better;

  double shown(double loss) const { return larger_is_better ? -loss : loss; }
  std::string text(double loss) const {
    return std::isfinite(loss) ? fixed_text(shown(loss), full_decimals) : "not finite";
  }
};

double first_loss(const ReportedTrial& trial) { return trial.loss_after.begin()->second; }

// The axis of the best `share_in_scale` of these losses.
Axis loss_axis(const Scale& scale, std::vector<double> losses) {
  std::erase_if(losses, [](double loss) { return !std::isfinite(loss); });
  std::sort(losses.begin(), losses.end());
  const auto last = static_cast<std::size_t>(share_in_scale * static_cast<double>(losses.size() - 1));
  const double best = scale.shown(losses.front()), worst = scale.shown(losses[last]);
  return make_axis(scale.name, std::min(best, worst), std::max(best, worst), 5, TickStyle::number);
}

double within(const Axis& axis, const Scale& scale, double loss) {
  if (!std::isfinite(loss)) return scale.larger_is_better ? axis.low : axis.high;
  return std::clamp(scale.shown(loss), axis.low, axis.high);
}

std::string settings_of(const ReportedTrial& trial) { return html_text(settings_text(trial.settings)); }

std::string title_of(const ReportedTrial& trial, const Scale& scale, double loss) {
  return "trial " + std::to_string(trial.number) + ": " + scale.text(loss) + "; " + settings_of(trial);
}

// How many trials are drawn.
std::size_t drawn_of(const SearchReport& report) { return std::min(most_drawn, report.trials.size()); }

Figure course_figure(const SearchReport& report, const Scale& scale) {
  std::vector<std::uint64_t> rungs;
  std::vector<double> losses;
  for (const ReportedTrial& trial : report.trials)
    for (const auto& [epochs, loss] : trial.loss_after) {
      rungs.push_back(epochs);
      losses.push_back(loss);
    }
  std::sort(rungs.begin(), rungs.end());
  rungs.erase(std::unique(rungs.begin(), rungs.end()), rungs.end());
  const auto place = [&](std::uint64_t epochs) {
    return static_cast<double>(std::lower_bound(rungs.begin(), rungs.end(), epochs) - rungs.begin());
  };
  Axis epochs{"epochs", -0.2, static_cast<double>(rungs.size()) - 0.8, {}};
  for (const std::uint64_t rung : rungs) epochs.ticks.push_back({place(rung), count_text(rung)});
  const Axis axis = loss_axis(scale, losses);
  Chart chart("Best " + scale.name + " of each trial by epochs", epochs, axis);
  for (std::size_t t = drawn_of(report); t-- > 0;) {  // the kept one above the others
    const bool kept = t == 0;
    std::vector<Point> line;
    for (const auto& [rung, loss] : report.trials[t].loss_after)
      line.push_back({place(rung), within(axis, scale, loss)});
    if (line.size() > 1) chart.line(line, kept ? "s2" : "s1 thin");
    for (const auto& [rung, loss] : report.trials[t].loss_after)
      chart.dot({place(rung), within(axis, scale, loss)}, kept ? 4 : 2.5, kept ? "s2 ring" : "s1 place",
                title_of(report.trials[t], scale, loss));
  }
  return {"The course of the search",
          "the better third of the trials goes on; the worst are drawn at the edge",
          {{"s1", "a trial"}, {"s2", "kept"}},
          chart.svg()};
}

// None where there are too few trials to tell.
std::optional<Figure> effects_figure(const SearchReport& report, const std::string& after) {
  std::vector<const ReportedSetting*> effects;
  for (const ReportedSetting& setting : report.settings)
    if (setting.share) effects.push_back(&setting);
  if (effects.empty()) return std::nullopt;
  std::sort(effects.begin(), effects.end(), [](auto a, auto b) { return *a->share > *b->share; });
  Axis settings{"", -0.6, static_cast<double>(effects.size()) - 0.4, {}};
  for (std::size_t e = 0; e < effects.size(); ++e)
    settings.ticks.push_back({static_cast<double>(effects.size() - 1 - e), html_text(effects[e]->flag)});
  double most = 0.1;
  for (const ReportedSetting* effect : effects) most = std::max(most, *effect->share);
  Chart chart("What mattered", make_axis("share of the differences", 0, most, 5, TickStyle::share), settings,
              80 + 26 * static_cast<double>(effects.size()));
  for (std::size_t e = 0; e < effects.size(); ++e) {
    const double y = static_cast<double>(effects.size() - 1 - e);
    chart.bar(0, *effects[e]->share, y - 0.35, y + 0.35, "s1",
              html_text(effects[e]->flag) + ": " + share_text(*effects[e]->share) +
                  "; best on average: " + html_text(effects[e]->best));
  }
  return Figure{"What mattered",
                "how much of the differences between the trials after " + after + " each setting explains",
                {},
                chart.svg()};
}

Figure setting_figure(const SearchReport& report, const Scale& scale, const ReportedSetting& setting) {
  Axis values{html_text("--" + setting.flag), -0.5, static_cast<double>(setting.values.size()) - 0.5, {}};
  for (std::size_t v = 0; v < setting.values.size(); ++v)
    values.ticks.push_back({static_cast<double>(v), html_text(setting.values[v], 12)});
  std::vector<double> losses;
  for (const ReportedTrial& trial : report.trials) losses.push_back(first_loss(trial));
  const Axis axis = loss_axis(scale, losses);
  Chart chart(scale.name + " by " + html_text(setting.flag), values, axis, 190);
  for (std::size_t t = drawn_of(report); t-- > 0;) {
    const ReportedTrial& trial = report.trials[t];
    const double loss = first_loss(trial);
    if (trial.settings.empty()) {
      const double y = within(axis, scale, loss);
      const Point ends[] = {{values.low, y}, {values.high, y}};
      chart.line(ends, "s0 dash thin");
    }
    const auto found = trial.settings.find(setting.flag);
    if (found == trial.settings.end()) continue;
    const auto value = std::find(setting.values.begin(), setting.values.end(), found->second);
    // Spread sideways, each trial by the same amount in every figure.
    const double spread = static_cast<double>(trial.number * 37 % 51) / 100 - 0.25;
    const bool kept = t == 0;
    chart.dot({static_cast<double>(value - setting.values.begin()) + spread, within(axis, scale, loss)},
              kept ? 4 : 3, kept ? "s2 ring" : "s1 place", title_of(report.trials[t], scale, loss));
  }
  return {html_text("--" + setting.flag),
          setting.share ? "best on average: " + html_text(setting.best) : "",
          {},
          chart.svg()};
}

std::string trials_table(const SearchReport& report, const Scale& scale) {
  std::string rows;
  for (std::size_t i = 0; i < std::min(most_listed, report.trials.size()); ++i) {
    const ReportedTrial& trial = report.trials[i];
    const auto& [epochs, loss] = *trial.loss_after.rbegin();
    rows += element("tr", "<th scope=\"row\">" + settings_of(trial) + "</th>" +
                              element("td", std::to_string(trial.number)) + element("td", count_text(epochs)) +
                              element("td", scale.text(loss), i == 0 ? "best" : "")) +
            "\n";
  }
  return figures_table({"settings", "trial", "epochs", scale.name}, rows);
}

}  // namespace

std::string settings_text(const std::map<std::string, std::string>& settings) {
  std::string text;
  for (const auto& [flag, value] : settings) text += (text.empty() ? "--" : " --") + flag + " " + value;
  return text.empty() ? "the defaults" : text;
}

std::string search_report_html(const SearchReport& report) {
  const Scale scale{"validation " + column_name(report.figure, TableStyle::markdown),
                    larger_is_better(report.figure)};
  const ReportedTrial& kept = report.trials[0];
  const auto epochs_text = [](std::uint64_t epochs) {
    return count_text(epochs) + (epochs == 1 ? " epoch" : " epochs");
  };
  const std::string after_first = epochs_text(kept.loss_after.begin()->first);

  std::string body =
      "<header>\n" + element("h1", "Search for " + html_text(report.model) + ", " + html_text(report.task)) + "\n";
  body +=
      element("p",
              count_text(report.trials.size()) + (report.trials.size() == 1 ? " trial" : " trials") + "; kept " +
                  settings_of(kept) + ": " + scale.name + " " + scale.text(kept.loss_after.rbegin()->second) +
                  " after at most " + epochs_text(kept.loss_after.rbegin()->first) + ". <a href=\"" +
                  html_text(report.best_report) + "\">Its own report</a>",
              "lead") +
      "\n</header>\n";
  std::vector<Figure> overview = {course_figure(report, scale)}, by_setting;
  if (auto effects = effects_figure(report, after_first)) overview.push_back(std::move(*effects));
  body += section("Trials", figures(overview));
  for (const ReportedSetting& setting : report.settings)
    by_setting.push_back(setting_figure(report, scale, setting));
  std::string settings = figures(by_setting);
  if (!settings.empty())
    settings +=
        element("p",
                "Each dot is a trial after " + after_first +
                    ", the ring the one that was kept, the broken line the defaults." +
                    (report.trials.size() > most_drawn ? " The best " + std::to_string(most_drawn) + " are drawn."
                                                       : ""),
                "note") +
        "\n";
  body += section("By setting", settings);
  body += section("The best trials", trials_table(report, scale));
  body += section("Train the best again", command_block(report.command));
  body += element("footer", "anirec " + html_text(report.version)) + "\n";
  return page("Search – anirec", body);
}

}  // namespace anirec
