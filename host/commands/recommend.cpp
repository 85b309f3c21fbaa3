#include <algorithm>
#include <cstdio>
#include <unistd.h>

#include "commands/command_table.h"
#include "commands/item_table.h"
#include "commands/load_data.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "dataset/seen_items.h"
#include "formats/atomic_file.h"
#include "interrupt.h"

namespace anirec {
namespace {

// Users are ranked and written in blocks: memory does not grow with their number.
constexpr std::uint32_t users_a_block = 4096;

class Recommendations {
 public:
  Recommendations(const Arguments& arguments, int top)
      : top_(top),
        folder_(arguments.only("run folder")),
        open_(open_run(folder_.path())),
        titles_(titles_of(arguments)),
        device_(choose_device(device_flag(arguments))) {
    const TrainConfig options = options_to_look(open_.config.options, arguments);
    const Samples samples = split_dataset(read_dataset_of(open_, folder_), config_split(open_.config.options));
    seen_ = items_by_user(samples, {0, samples.rows.size()});
    engine_ = open_engine_to_look(device_, open_.model.config, open_.model.parameters, options.threads);
  }

  void show(const std::string& user_id) const {
    const std::uint32_t user = find_id(open_.model.users, user_id, "user");
    const Ranked ranked = rank({user});
    std::printf("For user %s (%zu items known, none of them below):\n", printable(user_id).c_str(), seen_.of(user).size());
    ItemTable table(score_name(), titles_);
    for (std::size_t place = 0; place < ranked.item.size() && ranked.item[place] != unknown_index; ++place)
      table.add(open_.model.items.id(ranked.item[place]), shown_score(ranked.score[place]));
    table.print();
  }

  void write(const std::vector<std::uint32_t>& users, const std::string& path) const {
    AtomicFile out(path);
    const bool titled = titles_.size() > 0, to_terminal = path == "/dev/stdout" && isatty(STDOUT_FILENO) != 0;
    out.write(titled ? "user_id,rank,item_id,score,title\n" : "user_id,rank,item_id,score\n");
    for (std::size_t first = 0; first < users.size(); first += users_a_block) {
      throw_if_interrupted();
      const std::vector<std::uint32_t> block(users.begin() + static_cast<std::ptrdiff_t>(first),
                                             users.begin() + static_cast<std::ptrdiff_t>(std::min(users.size(), first + users_a_block)));
      const Ranked ranked = rank(block);
      for (std::size_t u = 0; u < block.size(); ++u) write_user(block[u], ranked, u * static_cast<std::size_t>(top_), titled, to_terminal, out);
    }
    out.commit();
    if (path != "/dev/stdout") std::printf("wrote %s: %zu users\n", printable(path).c_str(), users.size());
  }

  const IdMap& users() const { return open_.model.users; }

 private:
  static std::string device_flag(const Arguments& arguments) { return arguments.text("device", "auto"); }

  Ranked rank(const std::vector<std::uint32_t>& users) const {
    Ranked ranked;
    engine_->rank(users, top_, &seen_, nullptr, ranked);
    return ranked;
  }

  const Head& head() const { return open_.model.config.heads[open_.model.config.ranking_head()]; }
  const char* score_name() const { return head().target == Target::rating ? "rating" : "score"; }
  float shown_score(float score) const { return activate(head().activation, score, open_.model.config.bounds); }

  void write_user(std::uint32_t user, const Ranked& ranked, std::size_t first, bool titled, bool to_terminal,
                  AtomicFile& out) const {
    const auto field = [&](const std::string& text) { return csv_field(to_terminal ? printable(text) : text); };
    const std::string user_id = field(open_.model.users.id(user));
    for (std::size_t place = 0; place < static_cast<std::size_t>(top_); ++place) {
      const std::uint32_t item = ranked.item[first + place];
      if (item == unknown_index) return;
      const std::string item_id = open_.model.items.id(item);
      std::string line = user_id + "," + std::to_string(place + 1) + "," + field(item_id) + "," +
                         float_text(shown_score(ranked.score[first + place]));
      if (titled) {
        const Title* title = titles_.find(item_id);
        line += "," + (title == nullptr ? std::string() : field(title->name));
      }
      out.write(line + "\n");
    }
  }

  const int top_;
  const RunFolder folder_;
  const OpenRun open_;
  const Titles titles_;
  const DeviceChoice device_;
  ItemLists seen_;
  std::unique_ptr<Engine> engine_;
};

ExitCode run(const Arguments& arguments) {
  const bool all = arguments.has("for-all-users");
  if (all == arguments.has("user")) throw UsageError("give either --user ID or --for-all-users");
  const int top = static_cast<int>(arguments.number("top", 10, 1, 1000000));
  const Recommendations recommendations(arguments, top);
  if (all) {
    std::vector<std::uint32_t> users(recommendations.users().size());
    for (std::uint32_t u = 0; u < users.size(); ++u) users[u] = u;
    recommendations.write(users, arguments.text("out", "/dev/stdout"));
  } else if (arguments.has("out")) {
    recommendations.write({find_id(recommendations.users(), arguments.text("user"), "user")}, arguments.text("out"));
  } else {
    recommendations.show(arguments.text("user"));
  }
  return ExitCode::ok;
}

}  // namespace

CommandSpec recommend_command() {
  std::vector<OptionSpec> options = {{"user", "ID", "recommend for this user", ""},
                                     {"for-all-users", "", "recommend for every user, as CSV", ""},
                                     {"top", "N", "items a user", "10"},
                                     {"titles", "FILE", "add titles from here (anime.csv, movies.csv)", ""},
                                     {"out", "FILE", "write user_id,rank,item_id,score[,title]", ""}};
  for (const OptionSpec& option : look_flags()) options.push_back(option);
  return {"recommend",
          "anirec recommend RUN --user ID | --for-all-users",
          "the best items that a user does not have yet",
          options,
          {"anirec recommend runs/hybrid --user 7 --titles anime.csv",
           "anirec recommend runs/hybrid --for-all-users --top 20 --out recommendations.csv"},
          run,
          "Items that the user has in the dataset, in any split, are left out. The order is that of the score before "
          "its activation."};
}

}  // namespace anirec
