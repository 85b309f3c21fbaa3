#include <doctest/doctest.h>

#include "ratings/title_index.h"

using namespace anirec;

namespace {

using Items = std::vector<std::uint32_t>;

TitleIndex index_of(const std::vector<std::string>& titles) {
  TitleIndex index;
  for (std::uint32_t i = 0; i < titles.size(); ++i) index.add(i, titles[i]);
  return index;
}

}  // namespace

TEST_CASE("titles of one thing are alike, those of two are not") {
  CHECK(are_alike("Cowboy Bebop", "cowboy bebop"));
  CHECK(are_alike("Cowboy Bebop: The Movie", "Cowboy Bebop"));
  CHECK(are_alike("Matrix, The (1999)", "The Matrix"));
  CHECK(are_alike("Fullmetal Alchemist: Brotherhood", "Full Metal Alchemist (Brotherhood)"));
  CHECK_FALSE(are_alike("Cowboy Bebop", "Uncharted Isles"));
  CHECK_FALSE(are_alike("Monster", "Trigun"));
}

TEST_CASE("spelling does not count in a plain title") {
  for (const char* title : {"The Ghost in the Shell", "ghost in the shell", "  GHOST  in-the_Shell!",
                            "Ghost in the Shell, The", "Ｇhost in the Shell", "Ghost in&nbsp;the Shell"}) {
    CAPTURE(title);
    CHECK(plain_title(title) == "ghostintheshell");
  }
  CHECK(plain_title("Pok\u00e9mon") == plain_title("Pokemon"));
  CHECK(plain_title("Gintama&#039;") == plain_title("Gintama"));
  CHECK(plain_title("Rosario &amp; Vampire") == plain_title("Rosario and Vampire"));
  CHECK(plain_title("Steins;Gate") == plain_title("Steins Gate"));
  CHECK(plain_title("Kimi no Na wa\u3002") == plain_title("Kimi no Na wa."));
  CHECK(plain_title("Fate\u2019s \u201cEnd\u201d") == plain_title("Fates End"));
  CHECK(plain_title("鋼の錬金術師") == "鋼の錬金術師");
  CHECK(plain_title("The") == "the");
  CHECK(plain_title("A") == "a");
  CHECK(plain_title("...") == "...");
}

TEST_CASE("a title is found however it is written") {
  const TitleIndex index =
      index_of({"Cowboy Bebop", "Matrix, The (1999)", "&#039;Tis Time for &quot;Torture&quot;", "Heat (1995)"});
  CHECK(index.find("cowboy  bebop!") == Items{0});
  CHECK(index.find("The Matrix") == Items{1});
  CHECK(index.find("Matrix, The (1999)") == Items{1});
  CHECK(index.find("'Tis Time for \"Torture\"") == Items{2});
  CHECK(index.find("Cowboy Bebop (1998)") == Items{0});
  CHECK(index.find("Cowboy Beebop").empty());
  CHECK(index.find("").empty());
}

TEST_CASE("titles that are spelled alike are told apart by what differs, or all are named") {
  const TitleIndex index = index_of(
      {"K", "K!", "Hellsing", "hellsing", "Gintama", "Gintama'", "Emma (1996)", "Emma (2009)", "Twin", "Twin"});
  CHECK(index.find("K!") == Items{1});
  CHECK(index.find("k") == Items{0});
  CHECK(index.find("hellsing") == Items{3});
  CHECK(index.find("Gintama'") == Items{5});
  CHECK(index.find("gintama") == Items{4});
  CHECK(index.find("Emma") == Items{6, 7});
  CHECK(index.find("emma (2009)") == Items{7});
  CHECK(index.find("Twin") == Items{8, 9});
  CHECK(index.find("twin").size() == 2);
}

TEST_CASE("the nearest titles come first, and far ones not at all") {
  const TitleIndex index =
      index_of({"Cowboy Bebop: Tengoku no Tobira", "Cowboy Bebop", "Naruto", "Neon Genesis Evangelion"});
  CHECK(index.nearest("Cowboy Bebop", 3) == Items{1, 0});
  CHECK(index.nearest("Cowboy Beebop", 1) == Items{1});
  CHECK(index.nearest("Evangelion Neon Genesis", 3) == Items{3});
  CHECK(index.nearest("Zzz", 3).empty());
}
