#include "commands/own_ratings.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "evaluate/text_table.h"
#include "ratings/byte_source.h"
#include "ratings/title_index.h"

namespace anirec {
namespace {

constexpr std::size_t most_lines = 20;  // of what was not found; the rest is counted

class OwnRatingsReader {
 public:
  OwnRatingsReader(const std::string& path, const TaskRules& rules, const Model& model, const Titles& titles)
      : name_(printable(source_name(path))), rules_(rules), model_(model), titles_(titles) {
    for (std::uint32_t item = 0; item < model.items.size(); ++item)
      if (const Title* title = titles.find(model.items.id(item))) index_.add(item, title->name);
  }

  OwnRatings read(const OwnList& list, const std::string& run_titles) {
    if (titles_.size() == 0 && std::all_of(list.ratings.begin(), list.ratings.end(),
                                           [](const OwnRating& each) { return each.id.empty(); }))
      throw UsageError(name_ + ": its items are titles; say with --titles FILE which ids they have");
    std::map<std::uint32_t, const OwnRating*> by_item;  // a later row replaces an earlier one
    std::size_t found = 0;
    for (const OwnRating& rating : list.ratings) {
      const auto item = find(rating);
      found += item.has_value();
      if (item) by_item[*item] = &rating;
    }
    if (by_item.empty())
      throw DataError(name_ + ": " +
                      (list.ratings.size() == 1
                           ? "its one item is not known"
                           : "none of its " + count_text(list.ratings.size()) + " items is known") +
                      " to this run" + first_missing());

    OwnRatings own;
    own.user = list.user.empty() ? "me" : list.user;
    RuleCounts counts;
    for (const auto& [item, rating] : by_item) {
      own.items.push_back(item);
      const Outcome outcome = apply_rules(rules_, list.has_status, rating->rating, rating->status, counts);
      if (!outcome.kept) continue;
      check_scale(*rating);
      own.rated.push_back({item, rating->rating, static_cast<float>(outcome.label)});
    }
    if (own.rated.empty())
      throw DataError(name_ + ": nothing in it says what you like (" + dropped(counts) + "); rate some of it");
    own.report = "reading " + name_ + ": " + list.described + "\n" + counted(list.ratings.size(), "item") + ", " +
                 count_text(found) + " known to this run";
    if (found > by_item.size())
      own.report += ", " + count_text(found - by_item.size()) + " given again (the last counts)";
    own.report += ", " + count_text(own.rated.size()) + " to learn from" +
                  (counts.kept < by_item.size() ? " (" + dropped(counts) + ")" : "") + "\n";
    own.report += missing_lines() + other_catalogue(list, run_titles);
    return own;
  }

 private:
  std::optional<std::uint32_t> find(const OwnRating& rating) {
    if (!rating.id.empty())
      if (const auto item = model_.items.find(rating.id)) return item;
    const std::string& title = rating.title.empty() ? rating.id : rating.title;
    const std::vector<std::uint32_t> items = index_.find(title);
    if (items.size() == 1) return items[0];
    if (items.size() > 1) {
      missing_.push_back("'" + printable(title, 60) + "' is the title of several; give the id: " + named(items));
      return std::nullopt;
    }
    const std::vector<std::uint32_t> near = index_.nearest(title, 3);
    missing_.push_back("'" + printable(title, 60) + "'" +
                       (near.empty() ? " is not known" : " is not known; nearest: " + named(near)));
    return std::nullopt;
  }

  std::string named(const std::vector<std::uint32_t>& items) const {
    std::string text;
    for (const std::uint32_t item : items) {
      const std::string id = model_.items.id(item);
      text += (text.empty() ? "" : ", ") + printable(titles_.find(id)->name, 60) + " (" + printable(id, 40) + ")";
    }
    return text;
  }

  std::string first_missing() const {
    return ": " + missing_.front() +
           (index_.size() > 0 ? "" : "; give ids of the training data, or titles and --titles FILE");
  }

  std::string missing_lines() const {
    std::string lines;
    for (std::size_t i = 0; i < std::min(missing_.size(), most_lines); ++i) lines += "  " + missing_[i] + "\n";
    if (missing_.size() > most_lines)
      lines += "  and " + count_text(missing_.size() - most_lines) + " more that are not known\n";
    return lines;
  }

  // A line for who gives ids of another catalogue, which here are those of other things; "" where titles agree, or
  // there is nothing to compare.
  std::string other_catalogue(const OwnList& list, const std::string& run_titles) const {
    const auto names_both = [](const OwnRating& each) { return !each.id.empty() && !each.title.empty(); };
    if (std::none_of(list.ratings.begin(), list.ratings.end(), names_both)) return "";
    const Titles of_run = titles_.size() > 0 ? Titles() : titles_if_readable(run_titles);
    std::size_t compared = 0, other = 0;
    std::string example;
    for (const OwnRating& rating : list.ratings) {
      if (!names_both(rating) || !model_.items.find(rating.id)) continue;
      const Title* here = (titles_.size() > 0 ? titles_ : of_run).find(rating.id);
      if (here == nullptr || here->name.empty()) continue;
      ++compared;
      if (are_alike(rating.title, here->name)) continue;
      if (++other == 1) example = "'" + printable(rating.title, 60) + "' is '" + printable(here->name, 60) + "'";
    }
    if (2 * other <= compared) return "";
    return "note: " + count_text(other) + " of " + counted(compared, "title") + " in " + name_ +
           " are not those of their ids here (" + example + "): are these ids of another catalogue?\n";
  }

  static Titles titles_if_readable(const std::string& path) {
    std::error_code ignored;
    if (path.empty() || !std::filesystem::is_regular_file(path, ignored)) return {};
    try {
      return read_titles(path);
    } catch (const DataError&) {
      return {};  // it is a check, and no more
    }
  }

  static std::string dropped(const RuleCounts& counts) {
    std::string text;
    for (const DropRule& rule : drop_rules)
      if (counts.*rule.count > 0)
        text += (text.empty() ? "" : ", ") + count_text(counts.*rule.count) + " " + rule.reason;
    return text;
  }

  // The training data may lack the ends of its scale, but what lies its whole width outside is of another one.
  void check_scale(const OwnRating& rating) const {
    const Bounds bounds = model_.config.bounds;
    const float width = bounds.high - bounds.low;
    if (!task_has_rating(rules_.task) ||
        (rating.rating >= bounds.low - width && rating.rating <= bounds.high + width))
      return;
    throw DataError(name_ + ": rating " + float_text(rating.rating) + " of '" +
                    printable(rating.title.empty() ? rating.id : rating.title, 60) + "' is far outside the " +
                    float_text(bounds.low) + " to " + float_text(bounds.high) +
                    " of the training data; bring it to that scale");
  }

  const std::string name_;
  const TaskRules rules_;
  const Model& model_;
  const Titles& titles_;
  TitleIndex index_;
  std::vector<std::string> missing_;
};

}  // namespace

OwnRatings read_own_ratings(const std::string& path, const FormatOptions& format, const TaskRules& rules,
                            const Model& model, const Titles& titles, const std::string& run_titles) {
  return OwnRatingsReader(path, rules, model, titles).read(read_own_list(path, format), run_titles);
}

}  // namespace anirec
