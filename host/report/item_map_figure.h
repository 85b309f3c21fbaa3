// The map of the items, coloured by genre.
#pragma once

#include <vector>

#include "report/page.h"
#include "report/run_report.h"

namespace anirec {

Figure item_map_figure(const ItemMap& map, const std::vector<MappedItem>& items);

// The genres that get a colour, most frequent first, and each item's among them: the rarest it has, so that the
// genre most items share does not paint over the others. -1 where it has none of them.
struct GenreColours {
  std::vector<std::string> genres;
  std::vector<int> of_item;
};
GenreColours colour_genres(const std::vector<MappedItem>& items);

}  // namespace anirec
