// One person's ratings: MyAnimeList's XML, or columns.
#include "fuzz/fuzz_target.h"
#include "ratings/own_list.h"
#include "ratings/title_index.h"

using namespace anirec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TemporaryFolder folder;
  const std::string path = folder.file("list", {reinterpret_cast<const char*>(data), size});
  input_was_accepted = accepts([&] {
    const OwnList list = read_own_list(path, {});
    require(!list.ratings.empty(), "a list that is accepted has items");
    TitleIndex index;
    for (std::uint32_t i = 0; i < list.ratings.size() && i < 100; ++i) {
      const OwnRating& rating = list.ratings[i];
      require(!rating.id.empty() || !rating.title.empty(), "every item has an id or a title");
      require(rating.rating == rating.rating, "ratings are numbers");
      index.add(i, rating.title);
      require(!index.find(rating.title).empty(), "a title is found as it is written");
      index.nearest(rating.title, 3);
    }
  });
  return 0;
}
