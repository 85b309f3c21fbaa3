#include "commands/command_table.h"
#include "commands/item_table.h"
#include "commands/load_data.h"
#include "model/similar_items.h"
#include "terminal.h"

namespace anirec {
namespace {

ExitCode run_similar(const Arguments& arguments) {
  const std::string path = arguments.only("run folder");
  if (!arguments.has("item")) throw UsageError("--item is missing; give the id of an item");
  const std::size_t top = arguments.number("top", 10, 1, 1000000);
  const OpenRun open = open_run(path);
  const Titles titles = titles_of(arguments);
  const std::uint32_t item = find_id(open.model.items, arguments.text("item"), "item");
  const std::string id = open.model.items.id(item);
  const Title* title = titles.find(id);
  print_wrapped("Like " + printable(id) + (title == nullptr ? "" : " " + printable(title->name)) + ":");
  ItemTable table("cosine", titles);
  for (const SimilarItem& similar : similar_items(open.model.config, open.model.parameters, item, top))
    table.add(open.model.items.id(similar.item), similar.cosine);
  table.print();
  return ExitCode::ok;
}

}  // namespace

CommandSpec similar_command() {
  return {"similar",
          "anirec similar RUN --item ID [--top 10] [--titles anime.csv]",
          "items whose embeddings point the same way",
          {{"item", "ID", "the item to compare with", ""},
           {"top", "N", "how many", "10"},
           {"titles", "FILE", "show titles from here", ""}},
          {"anirec similar runs/hybrid --item 5114 --titles anime.csv"},
          run_similar,
          ""};
}

}  // namespace anirec
