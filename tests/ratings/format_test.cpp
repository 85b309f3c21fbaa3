#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "error.h"
#include "fixtures/text.h"
#include "ratings/format.h"

using namespace anirec;

namespace {

// user, item, rating, status, time
using Columns = std::vector<int>;
Columns columns_of(const RatingsFormat& format) {
  return {format.user, format.item, format.rating, format.status, format.time};
}

RatingsFormat recognise(std::string_view line, const std::string& columns = "",
                        const std::string& separator = "") {
  return recognise_format(line, {columns, separator}, "file.csv");
}

template <class Kind>
std::string error_of(std::string_view line, const std::string& columns = "", const std::string& separator = "") {
  try {
    recognise(line, columns, separator);
  } catch (const Kind& error) {
    return error.what();
  }
  return "(no such error)";
}

}  // namespace

TEST_CASE("the formats of the contract are recognised and named") {
  struct Example {
    std::string line, name, separator;
    bool header;
    Columns columns;
  };
  const Example examples[] = {
      {"user_id,anime_id,rating,watching_status,watched_episodes", "animelist.csv", ",", true, {0, 1, 2, 3, -1}},
      {"user_id,anime_id,rating", "rating_complete.csv / rating.csv", ",", true, {0, 1, 2, -1, -1}},
      {"userId,movieId,rating,timestamp", "MovieLens ratings.csv", ",", true, {0, 1, 2, -1, 3}},
      {"1::1193::5::978300760", "MovieLens ratings.dat", "::", false, {0, 1, 2, -1, 3}},
      {"196\t242\t3\t881250949", "MovieLens u.data", "\t", false, {0, 1, 2, -1, 3}},
      {"1050 215 3", "3 columns separated by blanks", " ", false, {0, 1, 2, -1, -1}},
      {"  7   11  3.5 ", "3 columns separated by blanks", " ", false, {0, 1, 2, -1, -1}},
      {"72561,5,-1", "3 columns separated by ','", ",", false, {0, 1, 2, -1, -1}},
      {"A1B2,B00X,5.0,1400000000", "4 columns separated by ','", ",", false, {0, 1, 2, -1, 3}},
      {"User_ID\tAnime_ID\tFeedback", "3 columns separated by tabs", "\t", true, {0, 1, 2, -1, -1}},
      {"\"User-ID\";\"ISBN\";\"Book-Rating\"", "3 columns separated by ';'", ";", true, {0, 1, 2, -1, -1}},
      {"asin|overall|reviewerID|unixReviewTime", "4 columns separated by '|'", "|", true, {2, 0, 1, -1, 3}},
      {"username,anime_id,my_watched_episodes,my_score,my_status",
       "5 columns separated by ','",
       ",",
       true,
       {0, 1, 3, 4, -1}},
      {"user id, item id, stars", "3 columns separated by ','", ",", true, {0, 1, 2, -1, -1}},
  };
  for (const Example& example : examples) {
    CAPTURE(example.line);
    const RatingsFormat format = recognise(example.line);
    CHECK(format.name == example.name);
    CHECK(format.separator == example.separator);
    CHECK(format.has_header == example.header);
    CHECK(columns_of(format) == example.columns);
  }
}

TEST_CASE("describe says name, separator, header and columns") {
  CHECK(recognise("user_id,anime_id,rating,watching_status,watched_episodes").describe() ==
        "animelist.csv: separated by ',', with a header, user = column 1, item = column 2, rating = column 3, "
        "status = column 4");
  CHECK(recognise("1 2 3").describe() ==
        "3 columns separated by blanks: no header, user = column 1, item = column 2, rating = column 3");
}

TEST_CASE("--columns takes header names and positions") {
  const RatingsFormat named = recognise("who,what,how much,when", "user=WHO,item=what,rating=how_much,time=when");
  CHECK(named.has_header);
  CHECK(named.name == "custom columns");
  CHECK(columns_of(named) == Columns{0, 1, 2, -1, 3});
  CHECK(columns_of(recognise("9;x;7;8;2", "user=3,item=4,rating=1,status=5")) == Columns{2, 3, 0, 4, -1});
  CHECK_FALSE(recognise("9;x;7;8;2", "user=3,item=4,rating=1").has_header);
  CHECK(recognise("score;x;who;what", "user=3,item=4,rating=1").has_header);
  CHECK(columns_of(recognise("score;x;who;what", "user=3,item=what,rating=1")) == Columns{2, 3, 0, -1, -1});
  // A damaged number in the first line is no header.
  CHECK_FALSE(recognise("1,2,", "user=1,item=2,rating=3").has_header);
  CHECK_FALSE(recognise("1,2,3x", "user=1,item=2,rating=3").has_header);
  CHECK_FALSE(recognise("1,2,nan", "user=1,item=2,rating=3").has_header);
}

TEST_CASE("--separator takes characters, tab and space") {
  CHECK(recognise("1~2~3", "", "~").separator == "~");
  CHECK(recognise("1\t2\t3", "", "tab").separator == "\t");
  CHECK(recognise("1 \t2 3", "", "space").separator == " ");
  CHECK(recognise("a,b::c::4", "", "::").separator == "::");
  CHECK(contains(error_of<UsageError>("1,2,3", "", "comma"), "--separator comma"));
  CHECK(contains(error_of<UsageError>("1,2,3", "", "\""), "--separator"));
  CHECK(contains(error_of<DataError>("1,2,3", "", ";"), "1 column(s)"));
}

TEST_CASE("malformed --columns are usage errors that say why") {
  const std::string line = "user,item,rating";
  CHECK(contains(error_of<UsageError>(line, "user=1,item=2"), "'rating' is missing"));
  CHECK(contains(error_of<UsageError>(line, "item=1,rating=2"), "'user' is missing"));
  CHECK(contains(error_of<UsageError>(line, "user=1,item=2,rating=3,colour=4"), "unknown key 'colour'"));
  CHECK(contains(error_of<UsageError>(line, "user=1,item=1,rating=3"), "name the same column"));
  CHECK(contains(error_of<UsageError>(line, "user=user,item=User,rating=3"), "name the same column"));
  CHECK(contains(error_of<UsageError>(line, "user=user,item=1,rating=3"), "name the same column"));
  CHECK(contains(error_of<UsageError>(line, "user=0,item=1,rating=3"), "positions count from 1"));
  CHECK(contains(error_of<UsageError>(line, "user=1,user=2,item=2,rating=3"), "given twice"));
  CHECK(contains(error_of<UsageError>(line, "user,item,rating"), "key=column"));
  CHECK(contains(error_of<UsageError>(line, "user=,item=2,rating=3"), "key=column"));
  CHECK(contains(error_of<UsageError>(line, "user=1,item=2,rating=99999999999999999999"), "too large"));
  CHECK(contains(error_of<UsageError>(line, "user=1,\"item=2,rating=3"), "never closed"));
}

TEST_CASE("names and positions that the file does not have are data errors that list the columns") {
  const std::string missing = error_of<DataError>("who,what,score", "user=who,item=which,rating=score");
  CHECK(contains(missing, "file.csv: there is no column 'which'"));
  CHECK(contains(missing, "who, what, score"));
  CHECK(contains(error_of<DataError>("1,2,3", "user=1,item=2,rating=4"), "no column 4"));
}

TEST_CASE("an unrecognised first line says what was seen and what to do") {
  const std::string five = error_of<DataError>("1,2,3,4,5");
  CHECK(contains(five, "file.csv"));
  CHECK(contains(five, "'1,2,3,4,5' (5 columns separated by ',')"));
  CHECK(contains(five, "--columns user=1,item=2,rating=3"));
  CHECK(contains(error_of<DataError>("user_id,item_id,views"), "--columns user=1,item=2,rating=..."));
  CHECK(contains(error_of<DataError>("1,2,yes"), "--columns"));
  CHECK(contains(error_of<DataError>("1,2,3,2005-09-06"), "--columns"));
  CHECK(contains(error_of<DataError>("hello"), "1 column(s)"));
  CHECK(contains(error_of<DataError>("\x1b[31m,2"), "\\x1b[31m"));
}
