#include <doctest/doctest.h>

#include <string>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "fixtures/text.h"
#include "ratings/titles.h"

using namespace anirec;
using namespace std::string_literals;

namespace {

std::string titles_error(const std::string& path) {
  try {
    read_titles(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "(no error)";
}

std::string name_of(const Titles& titles, std::string_view id) {
  const Title* title = titles.find(id);
  return title == nullptr ? "(unknown)" : title->name;
}
std::string genres_of(const Titles& titles, std::string_view id) {
  const Title* title = titles.find(id);
  return title == nullptr ? "(unknown)" : title->genres;
}

}  // namespace

TEST_CASE("anime.csv in both forms, with all of CSV's quoting") {
  const TemporaryFolder folder;
  const Titles new_form = read_titles(folder.file("new.csv",
                                                  "\xef\xbb\xbfMAL_ID,Name,Score,Genres,Type\r\n"
                                                  "1,Plain Name,7.5,\"Action, Sci-Fi\",TV\r\n"
                                                  "5,\"Commas, and \"\"quotes\"\"\",8.1,Drama,Movie\r\n"
                                                  "\r\n"
                                                  "6,\"Two\nlines\",8.1,\"\",Movie\r\n"
                                                  "7,Caf\xc3\xa9 \xe2\x99\xa5,1,Comedy,TV"));
  CHECK(new_form.size() == 4);
  CHECK(name_of(new_form, "1") == "Plain Name");
  CHECK(genres_of(new_form, "1") == "Action, Sci-Fi");
  CHECK(name_of(new_form, "5") == "Commas, and \"quotes\"");
  CHECK(name_of(new_form, "6") == "Two\nlines");
  CHECK(genres_of(new_form, "6").empty());
  CHECK(name_of(new_form, "7") == "Caf\xc3\xa9 \xe2\x99\xa5");
  CHECK(new_form.find("2") == nullptr);

  const Titles old_form = read_titles(folder.file(
      "old.csv", "anime_id,name,genre,type\n9,It&#039;s A &amp; B,\"Drama, School\",TV\n10,No genre,,TV\n"));
  CHECK(name_of(old_form, "9") == "It's A & B");
  CHECK(genres_of(old_form, "9") == "Drama, School");
  CHECK(genres_of(old_form, "10").empty());
}

TEST_CASE("HTML entities are decoded once, and what is none stays") {
  const TemporaryFolder folder;
  const Titles titles = read_titles(folder.file("e.csv",
                                                "id\ttitle\n"
                                                "1\tnone\n"
                                                "2\t&lt;&gt;&quot;&apos;&#39;&#x27;&#X41;\n"));
  CHECK(name_of(titles, "2") == "<>\"'''A");
  const Titles more =
      read_titles(folder.file("f.csv",
                              "id,title\n1,&amp;lt;\n2,a&nbsp;b\n3,R&D; & Q&A &#0; &#xD800; &#; &\n"
                              "4,&#9829;&#x1F600;\n"));
  CHECK(name_of(more, "1") == "&lt;");
  CHECK(name_of(more, "2") ==
        "a\xc2\xa0"
        "b");
  CHECK(name_of(more, "3") == "R&D; & Q&A &#0; &#xD800; &#; &");
  CHECK(name_of(more, "4") == "\xe2\x99\xa5\xf0\x9f\x98\x80");
}

TEST_CASE("the three MovieLens forms") {
  const TemporaryFolder folder;
  const Titles csv = read_titles(folder.file("movies.csv",
                                             "movieId,title,genres\n"
                                             "11,\"American President, The (1995)\",Comedy|Drama\n"
                                             "12,None,(no genres listed)\n"));
  CHECK(name_of(csv, "11") == "American President, The (1995)");
  CHECK(genres_of(csv, "11") == "Comedy|Drama");
  CHECK(genres_of(csv, "12").empty());

  const Titles dat = read_titles(
      folder.file("movies.dat", "1::Mis\xe9rables, Les (1995)::Drama|Musical\n2::\"Open: A Title::Drama\n"));
  CHECK(name_of(dat, "1") == "Mis\xc3\xa9rables, Les (1995)");
  CHECK(genres_of(dat, "1") == "Drama|Musical");
  CHECK(name_of(dat, "2") == "\"Open: A Title");

  const Titles item =
      read_titles(folder.file("u.item",
                              "1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
                              "2|Caf\xe9|||http://x|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|1\n"));
  CHECK(name_of(item, "1") == "Toy Story (1995)");
  CHECK(genres_of(item, "1") == "Animation|Children's|Comedy");
  CHECK(name_of(item, "2") == "Caf\xc3\xa9");
  CHECK(genres_of(item, "2") == "Western");
}

TEST_CASE("columns without end cost nothing in a record and are refused in a header") {
  const TemporaryFolder folder;
  const std::string commas(300'000, ',');
  CHECK(name_of(read_titles(folder.file("row.csv", "id,title\n1,x" + commas + "\n2,y\n")), "2") == "y");
  CHECK(contains(titles_error(folder.file("header.csv", "id,title" + commas + "\n1,x\n")), "not recognised"));
}

TEST_CASE("faults in titles files have a place and a way out") {
  const TemporaryFolder folder;
  const std::string wrong = titles_error(folder.file("wrong.csv", "a,b,c\n1,2,3\n"));
  CHECK(contains(wrong, folder.path("wrong.csv")));
  CHECK(contains(wrong, "MAL_ID"));
  CHECK(contains(wrong, "movieId,title,genres"));
  const std::string open_quote =
      titles_error(folder.file("q.csv", "id,title\n1,\"two\nlines\"\n2,\"never\nclosed\n"));
  CHECK(contains(open_quote, folder.path("q.csv") + ":4:3: "));
  CHECK(contains(titles_error(folder.file("after.csv", "id,title\n1,\"a\" b\n")),
                 folder.path("after.csv") + ":2:7: "));
  CHECK(contains(titles_error(folder.file("few.csv", "id,title,genres\n1,x,y\n2,x\n")),
                 folder.path("few.csv") + ":3:1: "));
  CHECK(contains(titles_error(folder.file("no_id.csv", "id,title\n,x\n")), folder.path("no_id.csv") + ":2:1: "));
  CHECK(contains(titles_error(folder.file("nul.csv", "id,title\n1,x\0y\n"s)), folder.path("nul.csv") + ":2:4: "));
  CHECK(contains(titles_error(folder.file("empty.csv", "")), "is empty"));
  CHECK(contains(titles_error(folder.file("header.csv", "id,title\n")), "holds no titles"));
}
