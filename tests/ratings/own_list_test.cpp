#include <doctest/doctest.h>
#include <zlib.h>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "ratings/own_list.h"

using namespace anirec;

namespace {

const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n";

std::string anime(const std::string& fields) { return "<anime>" + fields + "</anime>\n"; }

std::string listed(const std::string& inside) {
  return head +
         "<!-- exported -->\n<myanimelist>\n<myinfo><user_id>7</user_id><user_name>Ann</user_name></myinfo>\n" +
         inside + "</myanimelist>\n";
}

// What reading `content` says is wrong; "" where nothing is.
std::string fault_in(const std::string& content, const std::string& name = "list.xml") {
  const TemporaryFolder folder;
  try {
    read_own_list(folder.file(name, content), {});
  } catch (const Error& fault) {
    CHECK(fault.code() == ExitCode::data);
    const std::string text = fault.what();
    CHECK(text.find('\n') == text.npos);
    return text.substr(text.find(name) + name.size());
  }
  return "";
}

bool says(const std::string& fault, const std::string& part) {
  INFO(fault);
  return fault.find(part) != fault.npos;
}

}  // namespace

TEST_CASE("one person's file needs no user, and may have titles") {
  struct Case {
    std::string content, user;
    bool titles;
  };
  for (const Case& each :
       std::vector<Case>{{"anime_id,rating\n1,9\n\"20\",-1\n", "", false},
                         {"item_id;rating\n1;9\n20;-1\n", "", false},
                         {"id,rating\n1,9\n20,-1\n", "", false},
                         {"Score;ID\n9;1\n-1;20\n", "", false},
                         {"ID,Title,Score\n7,1,9\n8,20,-1\n", "", true},
                         {"id,anime_id,rating\n7,1,9\n8,20,-1\n", "", false},
                         {"Rating\tMAL_ID\n9\t1\n-1\t20\n", "", false},
                         {"title,rating\n1,9\n20,-1\n", "", true},
                         {"rating,Name\n9,1\n-1,20\n", "", true},
                         {"user_id,anime_id,rating\n7,1,9\n7,20,-1\n", "7", false},
                         {"series_animedb_id,series_title,my_score\n1,x,9\n20,y,-1\n", "", false},
                         {"1,9\n20,-1\n", "", false},
                         {"7,1,9\n7,20,-1\n", "7", false},
                         {"7::1::9::100\n7::20::-1::101\n", "7", false},
                         {"\xef\xbb\xbf"
                          "anime_id,rating\r\n1,9\r\n20,-1\r\n",
                          "", false}}) {
    CAPTURE(each.content);
    const TemporaryFolder folder;
    const OwnList list = read_own_list(folder.file("mine.csv", each.content), {});
    CHECK(list.user == each.user);
    CHECK_FALSE(list.has_status);
    REQUIRE(list.ratings.size() == 2);
    CHECK((each.titles ? list.ratings[0].title : list.ratings[0].id) == "1");
    CHECK((each.titles ? list.ratings[0].id : list.ratings[0].title) == "");
    CHECK((each.titles ? list.ratings[1].title : list.ratings[1].id) == "20");
    CHECK(list.ratings[0].rating == 9);
    CHECK(list.ratings[1].rating == -1);
  }
}

TEST_CASE("titles may hold commas and quotes, a status is taken, and --columns chooses") {
  const TemporaryFolder folder;
  const OwnList quoted =
      read_own_list(folder.file("a.csv", "title,my_score,my_status\n\"Oh, \"\"so\"\"\",8,2\n"), {});
  CHECK(quoted.ratings.at(0).title == "Oh, \"so\"");
  CHECK(quoted.ratings[0].status == 2);
  CHECK(quoted.has_status);
  const std::string path = folder.file("b.csv", "when|what|stars\nx|1|9\n");
  CHECK(read_own_list(path, {"item=what,rating=3", "|"}).ratings.at(0).id == "1");
  CHECK(read_own_list(path, {"item=2,rating=stars", ""}).ratings.at(0).rating == 9);
  CHECK_THROWS_WITH_AS(read_own_list(path, {"user=1,item=2", ""}), doctest::Contains("'rating' is missing"),
                       UsageError);
}

TEST_CASE("a bad file of one's own is refused with the place of the fault") {
  CHECK(says(fault_in("anime_id,rating\n1,9\n2,good\n", "m.csv"), ":3:3: rating 'good' is no finite number"));
  CHECK(says(fault_in("user_id,anime_id,rating\n7,1,9\n9,2,8\n", "m.csv"), "more than one user (7 and 9)"));
  CHECK(says(fault_in("anime_id\n1\n", "m.csv"), "item or title, rating"));
  CHECK(says(fault_in("what,stars\nx,9\n", "m.csv"), "--columns item=...,rating=2"));
  CHECK(says(fault_in("anime_id,rating\n", "m.csv"), "no rows"));
  CHECK(says(fault_in("", "m.csv"), "empty"));
}

TEST_CASE("MyAnimeList's export is read: ids, titles, scores and statuses") {
  const TemporaryFolder folder;
  const std::string content = listed(
      anime(
          "<series_animedb_id>1</series_animedb_id><series_title><![CDATA[Cowboy <Bebop> & more]]></series_title>"
          "<series_type>TV</series_type><my_score> 9 "
          "</my_score><my_status>Completed</my_status><my_tags><![CDATA[]]></my_tags>") +
      anime("<series_animedb_id>5</series_animedb_id><series_title>A &amp; "
            "&#x42;</series_title><my_score>0</my_score><my_status>Plan to Watch</my_status>") +
      anime("<series_title>Only a title</series_title><my_score>3.5</my_score><my_status>On-Hold</my_status>") +
      anime("<series_animedb_id>7</series_animedb_id><my_status>Dropped</my_status>") +
      anime("<series_animedb_id>8</series_animedb_id><my_status>1</my_status>") +
      anime("<series_animedb_id>9</series_animedb_id><my_status>something</my_status>"));
  const OwnList list = read_own_list(folder.file("animelist.xml", content), {});
  CHECK(list.user == "Ann");
  CHECK(list.has_status);
  REQUIRE(list.ratings.size() == 6);
  CHECK(list.ratings[0].id == "1");
  CHECK(list.ratings[0].title == "Cowboy <Bebop> & more");
  CHECK(list.ratings[0].rating == 9);
  CHECK(list.ratings[1].title == "A & B");
  CHECK(list.ratings[1].rating == 0);
  CHECK(list.ratings[2].id == "");
  CHECK(list.ratings[2].rating == 3.5f);
  std::vector<int> statuses;
  for (const OwnRating& rating : list.ratings) statuses.push_back(rating.status);
  CHECK(statuses == std::vector<int>{2, 6, 3, 4, 1, -1});

  // .gz, and behind a byte-order mark and blank lines.
  const std::string path = folder.path("list.xml.gz");
  gzFile out = gzopen(path.c_str(), "wb");
  REQUIRE(out != nullptr);
  REQUIRE(gzwrite(out, content.data(), static_cast<unsigned>(content.size())) == static_cast<int>(content.size()));
  REQUIRE(gzclose(out) == Z_OK);
  CHECK(read_own_list(path, {}).ratings.size() == 6);
  CHECK(read_own_list(folder.file("bom.xml", "\xef\xbb\xbf" + content), {}).ratings.size() == 6);
}

TEST_CASE("long lists come in pieces") {
  std::string all;
  for (int i = 1; i <= 5000; ++i)
    all += anime("<series_animedb_id>" + std::to_string(i) + "</series_animedb_id><series_title><![CDATA[Title " +
                 std::to_string(i) + "]]></series_title><my_score>" + std::to_string(1 + i % 10) +
                 "</my_score><my_status>Completed</my_status>");
  const TemporaryFolder folder;
  const OwnList list = read_own_list(folder.file("list.xml", listed(all)), {});
  REQUIRE(list.ratings.size() == 5000);
  bool right = true;
  for (int i = 1; i <= 5000; ++i) {
    const OwnRating& rating = list.ratings[static_cast<std::size_t>(i - 1)];
    right = right && rating.id == std::to_string(i) && rating.title == "Title " + std::to_string(i) &&
            rating.rating == static_cast<float>(1 + i % 10);
  }
  CHECK(right);
}

TEST_CASE("document types are refused before anything in them is looked at") {
  const std::string bomb =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n<!ENTITY a \"lol\">\n<!ENTITY b "
      "\"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
      "<!ENTITY c "
      "\"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\n]>\n<myanimelist><anime><series_title>&c;</series_title></anime></"
      "myanimelist>\n";
  CHECK(says(fault_in(bomb), ":2:"));
  CHECK(says(fault_in(bomb), "document type"));
  const TemporaryFolder folder;
  const std::string secret = folder.file("secret", "<anime><series_animedb_id>1</series_animedb_id></anime>");
  for (const std::string& type :
       {"<!DOCTYPE x [<!ENTITY s SYSTEM \"file://" + secret + "\">]>", "<!DOCTYPE x SYSTEM \"" + secret + "\">",
        "<!DOCTYPE x PUBLIC \"-//X\" \"" + secret + "\">", std::string("<!DOCTYPE myanimelist>")}) {
    CAPTURE(type);
    CHECK(says(fault_in(type + "<myanimelist>&s;</myanimelist>"), "document type"));
  }
  CHECK(says(fault_in(listed(anime("<series_title>&nbsp;</series_title>"))), "undefined entity"));
}

TEST_CASE("a web page is called one, also where it would pass for XML") {
  for (const std::string page :
       {"<!DOCTYPE html>\n<html lang=en><title>Anime list</title></html>", "<html><body>log in</body></html>",
        "\n <!-- saved from url=(0030)https://myanimelist.net/ -->\n<HTML>",
        "<?xml version=\"1.0\"?>\n<!doctype HTML PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"x\"><html/>"}) {
    CAPTURE(page);
    CHECK(says(fault_in(page, "animelist.html"), ": is a web page, not an exported list; export the anime list"));
  }
  CHECK(fault_in(listed(anime("<series_title><![CDATA[<html>]]></series_title>"))) == "");
}

TEST_CASE("bad XML is refused with the place of the fault") {
  CHECK(says(fault_in("<myanimelist>\n<anime></anim></myanimelist>"), ":2:"));
  CHECK(says(fault_in("<myanimelist>\n<anime></anim></myanimelist>"), "mismatched tag"));
  const std::string whole = listed(anime("<series_animedb_id>1</series_animedb_id>"));
  CHECK(fault_in(whole) == "");
  CHECK(says(fault_in(whole.substr(0, whole.size() - 5)), "the XML is damaged"));
  CHECK(says(fault_in(whole + "<again/>"), "junk after document element"));
  CHECK(says(fault_in("<rss><body>log in</body></rss>"), "begins with <rss>"));
  CHECK(says(fault_in("<a\x1b[31m/>"), "damaged"));
  CHECK(says(fault_in(listed("")), "no anime in it"));
  CHECK(says(fault_in(listed("<manga><manga_mangadb_id>1</manga_mangadb_id></manga>")), "manga list"));
  CHECK(says(fault_in(listed(anime("<my_score>9</my_score>"))), "neither series_animedb_id nor series_title"));
  CHECK(
      says(fault_in(listed(anime("<series_animedb_id>1</series_animedb_id>\n<my_score>nine</my_score>"))), ":6:"));
  CHECK(says(fault_in(listed(anime("<series_animedb_id>1</series_animedb_id><my_score>inf</my_score>"))),
             "my_score 'inf' is no number"));
  CHECK(says(fault_in("<?xml version=\"1.0\" encoding=\"EBCDIC-7\"?><myanimelist/>"), "unknown encoding"));
  CHECK(says(fault_in(listed(anime("<series_title>" + std::string(70000, 'x') + "</series_title>"))), "too long"));
  std::string deep = "<myanimelist>";
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  CHECK(says(fault_in(deep), "too deep"));
}
