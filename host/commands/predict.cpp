#include <unistd.h>
#include <cstdio>

#include "commands/command_table.h"
#include "commands/load_data.h"
#include "commands/open_engine.h"
#include "commands/run_config.h"
#include "evaluate/text_table.h"
#include "formats/atomic_file.h"
#include "ratings/byte_source.h"
#include "ratings/fields.h"
#include "ratings/row_parser.h"
#include "terminal.h"

namespace anirec {
namespace {

// Pairs in the order of the file.
struct Pairs {
  std::vector<std::uint32_t> user, item;          // in the model's indices
  std::vector<std::string> user_text, item_text;  // as in the file
};

Pairs read_pairs(const std::string& path, const FormatOptions& format, const Model& model) {
  Pairs pairs;
  Team one(1);  // blocks then come in the order of the file
  read_rows({path}, format, one, [&](std::size_t, RowBlock& rows) {
    std::size_t user_at = 0, item_at = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      pairs.user_text.push_back(id_text(rows.user, i, user_at));
      pairs.item_text.push_back(id_text(rows.item, i, item_at));
      pairs.user.push_back(model.users.find(pairs.user_text.back()).value_or(unknown_index));
      pairs.item.push_back(model.items.find(pairs.item_text.back()).value_or(unknown_index));
    }
  });
  return pairs;
}

// What the file's columns are: as this call's flags say; else as its header's names do; else as in the training
// data, where the file has all of those columns; else user and item are the first two.
FormatOptions pairs_format(const Arguments& arguments, const TrainConfig& trained, const std::string& path) {
  FormatOptions own = {arguments.text("columns"), arguments.text("separator"), Wanted::pairs};
  const bool told = !own.columns.empty() || !own.separator.empty();
  if (told || path == "-" || (trained.columns.empty() && trained.separator.empty()))
    return own;  // "-" is read once
  const std::string head = head_of(path, std::size_t{1} << 16);
  const std::string_view first_line = without_return(std::string_view(head).substr(0, head.find('\n')));
  const auto recognised = [&](const FormatOptions& options) -> std::optional<RatingsFormat> {
    try {
      return recognise_format(first_line, options, path);
    } catch (const DataError&) {
      return std::nullopt;
    }
  };
  if (const auto by_names = recognised(own); by_names && by_names->has_header) return own;
  FormatOptions as_trained = {trained.columns, trained.separator, Wanted::ratings};
  if (!recognised(as_trained)) return own;
  as_trained.wanted = Wanted::pairs;
  return as_trained;
}

ExitCode run_predict(const Arguments& arguments) {
  const std::string path = arguments.only("run folder");
  if (!arguments.has("data")) throw UsageError("--data is missing; name a file with a user and an item a line");
  if (!arguments.has("out")) throw UsageError("--out is missing; name the CSV file to write");
  OpenRun open = open_run(path);
  const TrainConfig options = options_to_look(open.config.options, arguments);
  const DeviceChoice device = choose_device(options.device);

  const std::string data = arguments.text("data");
  const Pairs pairs = read_pairs(data, pairs_format(arguments, open.config.options, data), open.model);
  const ModelConfig& model = open.model.config;
  const std::unique_ptr<Engine> engine =
      open_engine_to_look(device, model, open.model.parameters, options.threads);
  Scores scores;
  engine->predict(pairs.user, pairs.item, scores);

  const std::size_t shown = model.ranking_head();
  const bool both = model.heads.size() > 1;
  AtomicFile out(arguments.text("out"));
  out.write(both ? "user_id,item_id,score,rating\n" : "user_id,item_id,score\n");
  const auto activated = [&](std::size_t head, std::size_t i) {
    return float_text(activate(model.heads[head].activation, scores.by_head[head][i], model.bounds));
  };
  const bool to_terminal = arguments.text("out") == "/dev/stdout" && isatty(STDOUT_FILENO) != 0;
  const auto field = [&](const std::string& text) { return csv_field(to_terminal ? printable(text) : text); };
  std::uint64_t unknown = 0;
  for (std::size_t i = 0; i < pairs.user.size(); ++i) {
    unknown += pairs.user[i] == unknown_index || pairs.item[i] == unknown_index;
    out.write(field(pairs.user_text[i]) + "," + field(pairs.item_text[i]) + "," + activated(shown, i) +
              (both ? "," + activated(0, i) : "") + "\n");
  }
  out.commit();
  if (arguments.text("out") == "/dev/stdout") return ExitCode::ok;
  print_wrapped("wrote " + printable(arguments.text("out")) + ": " + counted(pairs.user.size(), "score") +
                (unknown > 0
                     ? ", " + count_text(unknown) + " of unknown users or items (scored with that side at zero)"
                     : ""));
  return ExitCode::ok;
}

}  // namespace

CommandSpec predict_command() {
  std::vector<OptionSpec> options = {
      {"data", "FILE", "pairs: a user and an item a line; further columns are ignored", ""},
      {"out", "FILE", "user_id,item_id,score (hybrid: its interaction score, and rating)", ""}};
  for (const OptionSpec& option : config_flags({"columns", "separator", "device", "threads"}))
    options.push_back(option);
  return {
      "predict",
      "anirec predict RUN --data PAIRS.csv --out FILE.csv",
      "a score for each given user,item pair",
      options,
      {"anirec predict runs/mf --data pairs.csv --out scores.csv"},
      run_predict,
      "Ids are written as they are, so that they can be looked up, also where a spreadsheet would take one for a "
      "formula."};
}

}  // namespace anirec
