#include <cstdio>

#include "commands/command_table.h"
#include "evaluate/text_table.h"
#include "formats/atomic_file.h"
#include "ratings/synthetic.h"
#include "terminal.h"

namespace anirec {
namespace {

ExitCode run_generate(const Arguments& arguments) {
  if (!arguments.positional.empty())
    throw UsageError(printable(arguments.positional[0], 60) +
                     ": generate takes options only (anirec help generate)");
  if (!arguments.has("out")) throw UsageError("--out is missing; name the file to write");
  SyntheticOptions options;
  options.users = arguments.number("users", options.users, 1, 4000000000);
  options.items = arguments.number("items", options.items, 1, 4000000000);
  options.rows = arguments.number("rows", options.rows, 1, 100000000000);
  options.seed = arguments.number("seed", options.seed, 0, UINT64_MAX);

  const std::string path = arguments.text("out");
  AtomicFile out(path);
  generate_animelist(options, [&](std::string_view text) { out.write(text); });
  out.commit();
  if (arguments.has("titles-out")) {
    AtomicFile titles(arguments.text("titles-out"));
    generate_titles(options, [&](std::string_view text) { titles.write(text); });
    titles.commit();
  }
  if (path != "/dev/stdout")
    print_wrapped("wrote " + printable(path) + ": " + count_text(options.rows) + " rows, " +
                  count_text(options.users) + " users, " + count_text(options.items) + " items");
  return ExitCode::ok;
}

}  // namespace

CommandSpec generate_command() {
  const SyntheticOptions standard;
  return {"generate",
          "anirec generate --users N --items N --rows N --out FILE.csv",
          "a synthetic animelist.csv with a structure that can be learned",
          {{"users", "N", "how many users", std::to_string(standard.users)},
           {"items", "N", "how many items", std::to_string(standard.items)},
           {"rows", "N", "how many rows; no user has an item twice", std::to_string(standard.rows)},
           {"seed", "N", "another seed, other data; the same seed, the same bytes", std::to_string(standard.seed)},
           {"out", "FILE", "the ratings, in the form of animelist.csv", ""},
           {"titles-out", "FILE", "titles and genres, in the form of anime.csv", ""}},
          {"anirec generate --users 2000 --items 500 --rows 100000 --out sample.csv --titles-out titles.csv"},
          run_generate,
          ""};
}

}  // namespace anirec
