#include <unistd.h>
#include <algorithm>
#include <cstdio>

#include "commands/command_table.h"
#include "commands/item_table.h"
#include "commands/load_data.h"
#include "commands/open_engine.h"
#include "commands/own_ratings.h"
#include "commands/run_config.h"
#include "dataset/seen_items.h"
#include "evaluate/text_table.h"
#include "formats/atomic_file.h"
#include "interrupt.h"
#include "ratings/fields.h"
#include "terminal.h"

namespace anirec {
namespace {

// Users are ranked and written in blocks: memory does not grow with their number.
constexpr std::uint32_t users_a_block = 4096;

constexpr std::size_t reasons = 3;  // own items that --explain names

std::string device_flag(const Arguments& arguments) { return arguments.text("device", "auto"); }

class Recommendations {
 public:
  // For users of the run, or with --ratings for somebody who is not in the data.
  Recommendations(const Arguments& arguments, int top)
      : top_(top),
        folder_(arguments.only("run folder")),
        open_(open_run(folder_.path())),
        titles_(titles_of(arguments)) {
    top_ = static_cast<int>(std::min<std::int64_t>(top_, open_.model.config.items));
    const DeviceChoice device = choose_device(device_flag(arguments));
    const TrainConfig options = options_to_look(open_.config.options, arguments);
    if (arguments.has("ratings"))
      open_for_newcomer(arguments, device, options);
    else
      open_for_users(device, options);
  }

  void show(std::uint32_t user) const {
    const Ranked ranked = rank({user});
    const std::vector<Reasons> why = reasons_of(ranked);
    if (own_) print_wrapped(own_->report);
    print_wrapped("For " + (own_ ? std::string("you") : "user " + printable(user_id(user))) + " (" +
                  counted(seen_.of(user).size(), "item") + " known, none of them below):");
    ItemTable table(score_name(), titles_);
    for (std::size_t place = 0; place < ranked.item.size() && ranked.item[place] != unknown_index; ++place)
      table.add(open_.model.items.id(ranked.item[place]), shown_score(ranked.score[place]),
                explain_ ? described(why[place]) : std::string());
    table.print();
  }

  void write(const std::vector<std::uint32_t>& users, const std::string& path) const {
    AtomicFile out(path);
    if (own_) std::fputs(own_->report.c_str(), path == "/dev/stdout" ? stderr : stdout);
    out.write(std::string("user_id,rank,item_id,score") + (is_titled() ? ",title" : "") +
              (explain_ ? ",because_1,because_2,because_3" : "") + "\n");
    for (std::size_t first = 0; first < users.size(); first += users_a_block) {
      throw_if_interrupted();
      const std::vector<std::uint32_t> block(
          users.begin() + static_cast<std::ptrdiff_t>(first),
          users.begin() + static_cast<std::ptrdiff_t>(std::min(users.size(), first + users_a_block)));
      const Ranked ranked = rank(block);
      const std::vector<Reasons> why = reasons_of(ranked);
      for (std::size_t u = 0; u < block.size(); ++u)
        write_user(block[u], ranked, why, u * static_cast<std::size_t>(top_),
                   path == "/dev/stdout" && isatty(STDOUT_FILENO) != 0, out);
    }
    out.commit();
    if (path != "/dev/stdout") print_wrapped("wrote " + printable(path) + ": " + counted(users.size(), "user"));
  }

  const IdMap& users() const { return open_.model.users; }

 private:
  void open_for_users(const DeviceChoice& device, const TrainConfig& options) {
    const Samples samples = split_dataset(read_dataset_of(open_, folder_), config_split(open_.config.options));
    seen_ = items_by_user(samples, {0, samples.rows.size()});
    engine_ = open_engine_to_look(device, open_.model.config, open_.model.parameters, options.threads);
  }

  // User 0 of a model of one user.
  void open_for_newcomer(const Arguments& arguments, const DeviceChoice& device, const TrainConfig& options) {
    // Columns of the training data say nothing of this file.
    const FormatOptions format = {arguments.text("columns"), arguments.text("separator")};
    own_ = read_own_ratings(arguments.text("ratings"), format, config_rules(options), open_.model, titles_,
                            open_.config.titles);
    const TrainSettings trained = config_settings(options, 1);
    const NewUserSettings settings = {
        trained.l2, {trained.class_weight[0], trained.class_weight[1]}, folder_.metrics().rating_variance()};
    new_user_ = std::make_unique<NewUser>(open_.model.config, open_.model.parameters, own_->rated, settings);
    explain_ = arguments.has("explain");
    seen_ = {{0, own_->items.size()}, own_->items};
    const OneUserModel one = one_user_model(open_.model.config, open_.model.parameters, *new_user_);
    engine_ = open_engine_to_look(device, one.config, one.parameters, options.threads);
  }

  // Places in own_->rated and what they add to a score, most first.
  using Reasons = std::vector<std::pair<double, std::size_t>>;

  Ranked rank(const std::vector<std::uint32_t>& users) const {
    Ranked ranked;
    engine_->rank(users, top_, &seen_, nullptr, ranked);
    return ranked;
  }

  const Head& head() const { return open_.model.config.heads[open_.model.config.ranking_head()]; }
  const char* score_name() const { return head().target == Target::rating ? "rating" : "score"; }
  float shown_score(float score) const { return activate(head().activation, score, open_.model.config.bounds); }
  bool is_titled() const { return titles_.size() > 0; }
  std::string user_id(std::uint32_t user) const { return own_ ? own_->user : open_.model.users.id(user); }

  // A newcomer's name is whatever their list says, and no id of the run.
  std::string user_field(const std::string& user) const {
    return own_ && !to_float(user) ? csv_text(user) : csv_field(user);
  }

  // Of every place of a ranking; nothing without --explain.
  std::vector<Reasons> reasons_of(const Ranked& ranked) const {
    if (!explain_) return {};
    std::vector<std::uint32_t> items;
    for (const std::uint32_t item : ranked.item)
      if (item != unknown_index) items.push_back(item);
    std::vector<Reasons> all;
    for (const std::vector<double>& contributions : new_user_->contributions(items)) {
      Reasons of_item;
      for (std::size_t i = 0; i < contributions.size(); ++i)
        if (contributions[i] > 0) of_item.emplace_back(contributions[i], i);
      std::sort(of_item.begin(), of_item.end(), [](const auto& a, const auto& b) {
        return a.first > b.first || (a.first == b.first && a.second < b.second);
      });
      if (of_item.size() > reasons) of_item.resize(reasons);
      all.push_back(std::move(of_item));
    }
    return all;
  }

  std::string own_item(std::size_t place) const { return open_.model.items.id(own_->rated[place].item); }

  std::string described(const Reasons& why) const {
    std::string text;
    for (const auto& [amount, place] : why) {
      const std::string id = own_item(place);
      const Title* title = titles_.find(id);
      char added[32];
      std::snprintf(added, sizeof added, " %+.2f", amount);
      text += (text.empty() ? "because of " : ", ") + printable(title == nullptr ? id : title->name, 40) + added;
    }
    return text;
  }

  void write_user(std::uint32_t user, const Ranked& ranked, const std::vector<Reasons>& why, std::size_t first,
                  bool to_terminal, AtomicFile& out) const {
    const auto shown = [&](const std::string& text) { return to_terminal ? printable(text) : text; };
    for (std::size_t place = 0; place < static_cast<std::size_t>(top_); ++place) {
      const std::uint32_t item = ranked.item[first + place];
      if (item == unknown_index) return;
      const std::string item_id = open_.model.items.id(item);
      std::string line = user_field(shown(user_id(user))) + "," + std::to_string(place + 1) + "," +
                         csv_field(shown(item_id)) + "," + float_text(shown_score(ranked.score[first + place]));
      if (is_titled()) {
        const Title* title = titles_.find(item_id);
        line += "," + (title == nullptr ? std::string() : csv_text(shown(title->name)));
      }
      for (std::size_t i = 0; explain_ && i < reasons; ++i)
        line += "," + (i < why[place].size() ? csv_field(shown(own_item(why[place][i].second))) : std::string());
      out.write(line + "\n");
    }
  }

  int top_;  // at most the items there are
  const RunFolder folder_;
  const OpenRun open_;
  const Titles titles_;
  ItemLists seen_;
  std::unique_ptr<Engine> engine_;
  // With --ratings.
  std::optional<OwnRatings> own_;
  std::unique_ptr<NewUser> new_user_;
  bool explain_ = false;
};

void check_flags(const Arguments& arguments) {
  const int ways = arguments.has("for-all-users") + arguments.has("user") + arguments.has("ratings");
  if (ways != 1) throw UsageError("give one of --user ID, --ratings FILE and --for-all-users");
  if (arguments.has("ratings")) return;
  for (const char* flag : {"explain", "columns", "separator", "unrated", "positive-from"})
    if (arguments.has(flag)) throw UsageError(std::string("--") + flag + " goes with --ratings FILE");
}

ExitCode run_recommend(const Arguments& arguments) {
  check_flags(arguments);
  const int top = static_cast<int>(arguments.number("top", 10, 1, 1000000));
  const Recommendations recommendations(arguments, top);
  std::vector<std::uint32_t> users;
  if (arguments.has("ratings"))
    users.push_back(0);
  else if (arguments.has("user"))
    users.push_back(find_id(recommendations.users(), arguments.text("user"), "user"));
  else
    for (std::uint32_t u = 0; u < recommendations.users().size(); ++u) users.push_back(u);
  if (arguments.has("out") || arguments.has("for-all-users"))
    recommendations.write(users, arguments.text("out", "/dev/stdout"));
  else
    recommendations.show(users[0]);
  return ExitCode::ok;
}

}  // namespace

CommandSpec recommend_command() {
  constexpr const char *for_whom = "For whom", *shown = "What is shown";
  std::vector<OptionSpec> options = {
      {"user", "ID", "recommend for this user", "", for_whom},
      {"ratings", "FILE",
       "recommend for somebody who is not in the data: id,rating or title,rating a line, or MyAnimeList's "
       "animelist.xml",
       "", for_whom},
      {"for-all-users", "", "recommend for every user, as CSV", "", for_whom},
      {"top", "N", "items a user", "10", shown},
      {"titles", "FILE", "add titles from here (anime.csv, movies.csv), and find titles of --ratings there", "",
       shown},
      {"explain", "", "name the three items of --ratings that raise each score most, and by how much", "", shown},
      {"out", "FILE",
       "write CSV: user_id,rank,item_id,score, title with --titles, because_1 to because_3 (item ids) with "
       "--explain",
       "", shown}};
  for (const OptionSpec& option : config_flags({"columns", "separator", "unrated", "positive_from"}))
    options.push_back(option);
  for (const OptionSpec& option : look_flags()) options.push_back(option);
  return {
      "recommend",
      "anirec recommend RUN --user ID | --ratings FILE | --for-all-users",
      "the best items that a user does not have yet",
      options,
      {"anirec recommend runs/hybrid --user 7 --titles anime.csv",
       "anirec recommend runs/hybrid --ratings animelist.xml --titles anime.csv --explain",
       "anirec recommend runs/hybrid --for-all-users --top 20 --out recommendations.csv"},
      run_recommend,
      "Items that the user has in the dataset, in any split, or in FILE are left out. The order is that of the "
      "score "
      "before its activation. A new user is fitted to their ratings with everything else as trained; ratings "
      "become "
      "labels by the rules the run was trained with. --explain: by how much the score, before its activation, "
      "would "
      "fall without that rating. In FILE a title or a list's user name that begins with = + - or @ stands behind "
      "an apostrophe; ids, which can be "
      "looked up, and numbers are written as they are.",
      {{for_whom, "anirec recommend runs/hybrid --ratings mine.csv --titles anime.csv"},
       {shown, "anirec recommend runs/hybrid --user 7 --top 20 --out recommendations.csv"},
       {data_group, "anirec recommend runs/hybrid --ratings mine.txt --separator tab --columns item=1,rating=3"},
       {machine_group, "anirec recommend runs/hybrid --for-all-users --device cpu --threads 4"}}};
}

}  // namespace anirec
