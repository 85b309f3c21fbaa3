#include "evaluate/comparison_sections.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "dataset/task_rules.h"
#include "error.h"
#include "evaluate/metrics.h"
#include "formats/json_file.h"

namespace anirec {
namespace {

using Json = nlohmann::ordered_json;

// The figure in which a baseline is hard to beat; a key that ends in '@' is followed by K.
struct Contest {
  std::string_view baseline, key;
};
constexpr Contest contests[] = {{"global mean", "rmse"},
                                {"user+item mean", "rmse"},
                                {"always positive", "accuracy"},
                                {"best constant", "bce"},
                                {"most popular", "ndcg@"}};

[[noreturn]] void fail(const ComparedRun& run, const std::string& what) {
  throw DataError(printable(run.name) + ": its evaluation.json is damaged (" + printable(what) +
                  "); write it again with `anirec evaluate`");
}

// One run with its evaluation, parsed and of the right form.
struct Judged {
  const ComparedRun& run;
  Json evaluation;
  Json baselines;  // an object, perhaps an empty one
};

Judged parse(const ComparedRun& run) {
  Judged judged{run, {}, Json::object()};
  try {
    judged.evaluation = Json::parse(run.evaluation);
  } catch (const Json::exception& error) {
    fail(run, json_fault(error));
  }
  const Json& evaluation = judged.evaluation;
  if (!evaluation.is_object()) fail(run, "no object");
  if (!evaluation.contains("split") || !evaluation["split"].is_string()) fail(run, "no split");
  if (!evaluation.contains("rows") || !evaluation["rows"].is_number_unsigned()) fail(run, "no number of rows");
  if (evaluation.contains("baselines")) judged.baselines = evaluation["baselines"];
  if (!judged.baselines.is_object()) fail(run, "baselines are no object");
  for (const auto& [name, figures] : judged.baselines.items())
    if (!figures.is_object()) fail(run, "baseline '" + name + "' is no object");
  return judged;
}

// Missing, or null where the figure was not finite: none.
std::optional<double> figure(const ComparedRun& run, const Json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!found->is_number()) fail(run, "'" + key + "' is no number");
  return found->get<double>();
}

SectionLine make_line(const ComparedRun& run, const std::string& name, const Json& object,
                      const std::vector<std::string>& keys) {
  SectionLine line{name, {}, {}};
  for (const std::string& key : keys) line.figures.push_back(figure(run, object, key));
  line.best.resize(keys.size());
  return line;
}

// The keys of one section; none where the run has no such figures.
std::vector<std::string> section_keys(SectionKind kind, const Judged& judged) {
  const Task task = parse_task(judged.run.task);
  if (kind == SectionKind::ratings && task_has_rating(task)) return {"loss", "rmse", "mae"};
  if (kind == SectionKind::interactions && task_has_label(task))
    return {"bce", "accuracy", "precision", "recall", "specificity", "auc"};
  if (kind == SectionKind::ranking)
    for (const auto& [key, value] : judged.evaluation.items())
      if (key.starts_with("hr@")) {
        const std::string k = key.substr(3);
        if (k.empty() || k.find_first_not_of("0123456789") != std::string::npos) fail(judged.run, "'" + key + "'");
        return {key, "recall@" + k, "ndcg@" + k, "mrr", "coverage"};
      }
  return {};
}

// Baselines that have figures of this kind.
std::vector<SectionLine> section_baselines(const Judged& judged, const std::vector<std::string>& keys) {
  std::vector<SectionLine> lines;
  for (const auto& [name, figures] : judged.baselines.items()) {
    // The second key tells the kinds apart: "rmse", "accuracy", "recall@10".
    if (figures.contains(keys[1])) lines.push_back(make_line(judged.run, name, figures, keys));
  }
  return lines;
}

// The loss depends on the model (a hybrid's is of both heads), every other figure on the rows alone.
bool same_figures(const std::vector<SectionLine>& a, const std::vector<SectionLine>& b,
                  const std::vector<std::string>& keys) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const SectionLine& x, const SectionLine& y) {
    if (x.name != y.name) return false;
    for (std::size_t k = 0; k < keys.size(); ++k)
      if (keys[k] != "loss" && x.figures[k] != y.figures[k]) return false;
    return true;
  });
}

// A mark says nothing with one run, nor on losses of differently weighted heads.
void mark_best(Section& section, bool losses_comparable) {
  if (section.runs.size() < 2) return;
  for (std::size_t k = 0; k < section.keys.size(); ++k) {
    if (section.keys[k] == "loss" && !losses_comparable) continue;
    const bool larger = larger_is_better(section.keys[k]);
    std::optional<double> best;
    for (const SectionLine& line : section.runs) {
      const std::optional<double>& value = line.figures[k];
      if (value && (!best || (larger ? *value > *best : *value < *best))) best = value;
    }
    for (SectionLine& line : section.runs) line.best[k] = best && line.figures[k] == best;
  }
}

void judge(Section& section) {
  for (const SectionLine& run : section.runs)
    for (const SectionLine& baseline : section.baselines)
      for (const Contest& contest : contests) {
        if (contest.baseline != baseline.name) continue;
        for (std::size_t k = 0; k < section.keys.size(); ++k) {
          const std::string& key = section.keys[k];
          if (contest.key.ends_with('@') ? !key.starts_with(contest.key) : key != contest.key) continue;
          const std::optional<double>&ours = run.figures[k], &theirs = baseline.figures[k];
          if (!ours || !theirs || (larger_is_better(key) ? *ours > *theirs : *ours < *theirs)) continue;
          section.not_beaten.push_back({run.name, baseline.name, k, *ours, *theirs});
        }
      }
}

}  // namespace

std::vector<Section> comparison_sections(const std::vector<ComparedRun>& runs) {
  std::vector<Judged> judged;
  for (const ComparedRun& run : runs) judged.push_back(parse(run));

  std::vector<Section> sections;
  for (const SectionKind kind : {SectionKind::ratings, SectionKind::interactions, SectionKind::ranking}) {
    const std::size_t first = sections.size();
    std::vector<bool> losses_comparable;  // of sections[first + i]
    for (const Judged& one : judged) {
      const std::vector<std::string> keys = section_keys(kind, one);
      if (keys.empty()) continue;
      Section fresh{kind, one.evaluation["split"], one.evaluation["rows"], keys, {}, {}, {}};
      fresh.baselines = section_baselines(one, keys);
      const auto home = std::find_if(
          sections.begin() + static_cast<std::ptrdiff_t>(first), sections.end(), [&](const Section& section) {
            return section.split == fresh.split && section.rows == fresh.rows && section.keys == keys &&
                   same_figures(section.baselines, fresh.baselines, keys);
          });
      const auto index = static_cast<std::size_t>(home - sections.begin());
      if (home == sections.end()) {
        sections.push_back(std::move(fresh));
        losses_comparable.push_back(true);
      }
      sections[index].runs.push_back(make_line(one.run, one.run.name, one.evaluation, keys));
      if (parse_task(one.run.task) == Task::hybrid) losses_comparable[index - first] = false;
    }
    for (std::size_t i = first; i < sections.size(); ++i) {
      mark_best(sections[i], losses_comparable[i - first]);
      judge(sections[i]);
    }
  }
  return sections;
}

}  // namespace anirec
