#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <zlib.h>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "fixtures/text.h"
#include "interrupt.h"
#include "ratings/row_parser.h"

using namespace anirec;
using namespace std::string_literals;

namespace {

struct Read {
  RowBlock rows;  // of all blocks, in their order; the rows of text ids count over all
  std::vector<SourceSummary> sources;
  std::size_t blocks = 0;
};

void append(IdColumn& all, const IdColumn& block) {
  const auto before = static_cast<std::uint32_t>(all.value.size());
  all.value.insert(all.value.end(), block.value.begin(), block.value.end());
  for (const TextId& id : block.text) all.text.push_back({id.row + before, id.text, id.is_integer});
}

Read read_all(const std::vector<std::string>& paths, int threads = 2, const FormatOptions& options = {}) {
  Team team(threads);
  std::mutex mutex;
  std::map<std::size_t, RowBlock> blocks;
  Read read;
  read.sources = read_rows(paths, options, team, [&](std::size_t block, RowBlock& rows) {
    const std::lock_guard lock(mutex);
    CHECK(blocks.count(block) == 0);
    blocks[block] = std::move(rows);
  });
  read.blocks = blocks.size();
  for (const auto& [index, rows] : blocks) {
    CHECK(index < read.blocks);
    append(read.rows.user, rows.user);
    append(read.rows.item, rows.item);
    read.rows.rating.insert(read.rows.rating.end(), rows.rating.begin(), rows.rating.end());
    read.rows.status.insert(read.rows.status.end(), rows.status.begin(), rows.status.end());
    read.rows.time.insert(read.rows.time.end(), rows.time.begin(), rows.time.end());
  }
  return read;
}

std::string error_of(const std::vector<std::string>& paths, int threads = 2, const FormatOptions& options = {}) {
  try {
    read_all(paths, threads, options);
  } catch (const DataError& error) {
    return error.what();
  }
  return "(no error)";
}

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

// A few megabytes of rows after `header`, of lengths that vary.
std::string many_rows(std::string text, int count) {
  for (int i = 0; i < count; ++i)
    text += std::to_string(i * 37 % 100003) + "," + std::to_string(i % 977) + "," + std::to_string(i % 11) + "\n";
  return text;
}

}  // namespace

TEST_CASE("animelist rows: values of every column") {
  const TemporaryFolder folder;
  const Read read = read_all({folder.file("a.csv",
                                          "user_id,anime_id,rating,watching_status,watched_episodes\n"
                                          "0,67,9,1,1\n0,6702,10,2,4\n353404,1,0,6,0\n")});
  CHECK(read.rows.user.value == Ints{0, 0, 353404});
  CHECK(read.rows.item.value == Ints{67, 6702, 1});
  CHECK(read.rows.rating == Floats{9, 10, 0});
  CHECK(read.rows.status == std::vector<std::int32_t>{1, 2, 6});
  CHECK(read.rows.time.empty());
  CHECK(read.rows.user.text.empty());
  CHECK(read.sources.at(0).rows == 3);
  CHECK(read.sources.at(0).format.name == "animelist.csv");
}

TEST_CASE("every separator, and numbers as people write them") {
  const TemporaryFolder folder;
  const Read dat = read_all({folder.file("r.dat", "1::1193::5::978300760\n2::3::3.5::978300760.0\n")});
  CHECK(dat.rows.user.value == Ints{1, 2});
  CHECK(dat.rows.item.value == Ints{1193, 3});
  CHECK(dat.rows.rating == Floats{5, 3.5});
  CHECK(dat.rows.time == Ints{978300760, 978300760});
  const Read blanks = read_all({folder.file("b.txt", "  1   2 3\r\n4\t5  2.5 \r\n\r\n")});
  CHECK(blanks.rows.user.value == Ints{1, 4});
  CHECK(blanks.rows.item.value == Ints{2, 5});
  CHECK(blanks.rows.rating == Floats{3, 2.5});
  const Read odd = read_all({folder.file(
      "o.csv",
      "user,item,rating,status,time\n 1 , 2 , +4.25 , 2.0 , -5 \n3,4,-1,-2147483648,9223372036854775807\n"
      "5,6,1e1,+7,0\n7,8,.5,00012,-9223372036854775808\n9,10,0.1,6,1\n11,12,100,6,1\n")});
  CHECK(odd.rows.user.value == Ints{1, 3, 5, 7, 9, 11});
  CHECK(odd.rows.user.text.empty());
  CHECK(odd.rows.rating == Floats{4.25, -1, 10, 0.5, 0.1f, 100});
  CHECK(odd.rows.status == std::vector<std::int32_t>{2, std::numeric_limits<std::int32_t>::min(), 7, 12, 6, 6});
  const Read statuses = read_all(
      {folder.file("s.csv", "user,item,rating,status\n1,2,3,2.5\n1,2,3,99999999999\n1,2,3,-9e20\n1,2,3,2\n")});
  CHECK(statuses.rows.status == std::vector<std::int32_t>{-1, -1, -1, 2});
  CHECK(odd.rows.time ==
        Ints{-5, std::numeric_limits<std::int64_t>::max(), 0, std::numeric_limits<std::int64_t>::min(), 1, 1});
}

TEST_CASE("one decimal digit gives the float nearest to it") {
  const TemporaryFolder folder;
  std::string text;
  Floats wanted;
  for (int tens = 0; tens < 100; ++tens) {
    const std::string number = std::to_string(tens / 10) + "." + std::to_string(tens % 10);
    text += "1,2," + number + "\n";
    wanted.push_back(std::strtof(number.c_str(), nullptr));
  }
  CHECK(read_all({folder.file("d.csv", text)}).rows.rating == wanted);
}

TEST_CASE("line ends, byte-order mark, blank lines and a missing last line end") {
  const TemporaryFolder folder;
  const Read read = read_all(
      {folder.file("a.csv", "\xef\xbb\xbf\r\nuser_id,anime_id,rating\r\n1,2,3\r\n\r\n  \n4,5,6\n\n7,8,9")});
  CHECK(read.rows.user.value == Ints{1, 4, 7});
  CHECK(read.rows.rating == Floats{3, 6, 9});
  CHECK(read_all({folder.file("b.csv",
                              "\xef\xbb\xbf"
                              "1,2,3")})
            .rows.user.value == Ints{1});
  CHECK(read_all({folder.file("c.csv", "1,2,3\r\n4,5,6\r")}).rows.rating == Floats{3, 6});
}

TEST_CASE("quoted fields") {
  const TemporaryFolder folder;
  const Read read = read_all({folder.file("q.csv",
                                          "\"user\",\"item\",title,\"rating\",note\n"
                                          "\"1\",\"a,\"\"b\"\"\",\"x, \"\"y\"\"\",\"7\",\"last, one\"\r\n"
                                          "2,c\"d,in\"side,8,e\"nd\n")});
  CHECK(read.rows.user.value == Ints{1, 2});
  CHECK(read.rows.user.text.empty());
  REQUIRE(read.rows.item.text.size() == 2);
  CHECK(read.rows.item.text[0].text == "a,\"b\"");
  CHECK(read.rows.item.text[1].text == "c\"d");
  CHECK(read.rows.rating == Floats{7, 8});
  // A stray quote in tab-separated text belongs to a name.
  CHECK(read_all({folder.file("t.tsv", "user\tartist\tname\tscore\n1\t2\t\"Weird\t5\n")}).rows.rating ==
        Floats{5});
}

TEST_CASE("ids: what cannot be told from the integer alone is kept as text") {
  const TemporaryFolder folder;
  const Read read = read_all({folder.file("i.csv",
                                          "007,tt01,5\n7,9223372036854775807,5\n+5,9223372036854775808,5\n"
                                          "-3,-9223372036854775808,5\n-0,1.5,5\n0,00,5\n\xc3\xa9,x y,5\n")});
  CHECK(read.rows.user.value == Ints{7, 7, 5, -3, 0, 0, 0});
  struct Expected {
    std::uint32_t row;
    std::string text;
    bool is_integer;
  };
  const auto check = [](const IdColumn& ids, const std::vector<Expected>& expected) {
    REQUIRE(ids.text.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(ids.text[i].row == expected[i].row);
      CHECK(ids.text[i].text == expected[i].text);
      CHECK(ids.text[i].is_integer == expected[i].is_integer);
    }
  };
  check(read.rows.user, {{0, "007", true}, {2, "+5", true}, {4, "-0", true}, {6, "\xc3\xa9", false}});
  check(read.rows.item, {{0, "tt01", false},
                         {2, "9223372036854775808", false},
                         {4, "1.5", false},
                         {5, "00", true},
                         {6, "x y", false}});
  CHECK(read.rows.item.value[1] == std::numeric_limits<std::int64_t>::max());
  CHECK(read.rows.item.value[3] == std::numeric_limits<std::int64_t>::min());
  const std::string long_id(65536, 'x');
  CHECK(read_all({folder.file("l.csv", long_id + ",2,5\n")}).rows.user.text.at(0).text == long_id);
  CHECK(contains(error_of({folder.file("m.csv", "1,2,5\n1,y" + long_id + ",5\n")}), "m.csv:2:3: item id"));
}

TEST_CASE("bad fields are errors with their place, column and content") {
  const TemporaryFolder folder;
  struct Example {
    std::string line, place, part;
  };
  const Example examples[] = {
      {"1,2,,2,5", "4:5", "rating is empty"},
      {"1,2,abc,2,5", "4:5", "rating 'abc'"},
      {"1,2, nan,2,5", "4:6", "rating 'nan'"},
      {"1,2,inf,2,5", "4:5", "rating 'inf'"},
      {"1,2,-inf,2,5", "4:5", "rating '-inf'"},
      {"1,2,1e99,2,5", "4:5", "rating '1e99'"},
      {"1,2,5 stars,2,5", "4:5", "rating '5 stars'"},
      {"1,2,5\x1b[1m,2,5", "4:5", "rating '5\\x1b[1m'"},
      {"1,2,0x10,2,5", "4:5", "rating '0x10'"},
      {"1,2,\"4,5\",2,5", "4:5", "write decimals with a point"},
      {"123,4567,8,watching,5", "4:12", "status 'watching'"},
      {"123,4567,8,,5", "4:12", "status is empty"},
      {"123,4567,8,2,99999999999999999999", "4:14", "time '99999999999999999999'"},
      {"123,4567,8,2,2005-09-06", "4:14", "seconds since 1970"},
      {"123,4567,8,2,", "4:14", "time is empty"},
      {",2,3,2,5", "4:1", "user id is empty"},
      {"1,  ,3,2,5", "4:5", "item id is empty"},
      {"1,\"\",3,2,5", "4:3", "item id is empty"},
      {"1,2,3", "4:6", "3 column(s), 5 are needed"},
      {"1", "4:2", "1 column(s), 5 are needed"},
      {"1,\"2,3,2,5", "4:3", "never closed"},
      {"1,2,3,2,5,\"open", "4:11", "never closed"},
      {"1,\"2\"x,3,2,5", "4:6", "closing quote"},
      {"1,2,3,2,5,a\0b"s, "4:12", "NUL byte"},
  };
  for (const Example& example : examples) {
    CAPTURE(example.line);
    for (const std::string& end : {"\n"s, "\r\n"s}) {
      const std::string path = folder.file("bad.csv", "user,item,rating,status,time,more" + end + "1,2,3,2,5,x" +
                                                          end + end + example.line + end + "also,bad" + end);
      const std::string message = error_of({path});
      CHECK(contains(message, path + ":" + example.place + ": "));
      CHECK(contains(message, example.part));
    }
  }
  CHECK(contains(error_of({folder.file("n.csv", "1,2,3\0\n"s)}), "n.csv:1:6: a NUL"));
  CHECK(contains(error_of({folder.file("mac.csv", "1,2,3\r4,5,6\r7,8,9")}), "carriage return alone"));
}

TEST_CASE("a carriage return alone is named wherever it stands, but in quotes that are passed over") {
  const TemporaryFolder folder;
  struct Example {
    std::string line, place;
  };
  const Example examples[] = {
      {"1\r2,3,4,5,6,x", "3:2"},     {"1,2\r3,4,5,6,x", "3:4"},  {"1,2,3\r4,5,6,x", "3:6"},
      {"1,2,3,4\r1,5,x", "3:8"},     {"1,2,3,4,5\r1,x", "3:10"}, {"1,2,3,4,5,x\r1", "3:12"},
      {"\"a\rb\",2,3,4,5,x", "3:2"},
  };
  for (const Example& example : examples) {
    CAPTURE(example.line);
    const std::string path = folder.file(
        "r.csv", "user,item,rating,status,time,more\r\n1,2,3,2,5,x\n" + example.line + "\n1,2,3,2,5,x\n");
    CHECK(contains(error_of({path}), path + ":" + example.place));
    CHECK(contains(error_of({path}), "carriage return alone"));
  }
  const std::string first = folder.file("f.csv", "more,user,item,rating\nx\ry,1,2,3\n");
  CHECK(contains(error_of({first}), first + ":2:2: a carriage return alone"));
  const Read read =
      read_all({folder.file("q.csv", "user,item,rating,more\r\n1,2,3,\"x\ry\"\n4,5,6,z\r\n7,8,9,\n")});
  CHECK(read.rows.user.value == Ints{1, 4, 7});
}

TEST_CASE("a million columns: read past where they are not wanted, refused in the first line") {
  const TemporaryFolder folder;
  std::string quoted, plain;
  for (int i = 0; i < 1'000'000; ++i) {
    quoted += ",\"1\"";
    plain += "::1";
  }
  CHECK(read_all({folder.file("q.csv", "user,item,rating\n1,2,3" + quoted + "\n4,5,6\n")}).rows.rating ==
        Floats{3, 6});
  CHECK(read_all({folder.file("p.dat", "1::2::3::4\n1::2::3::4" + plain + "\n")}).rows.rating == Floats{3, 3});
  CHECK(contains(error_of({folder.file("h.csv", "user,item,rating" + quoted + "\n1,2,3\n")}),
                 "more than 100000 columns"));
}

TEST_CASE("many blocks: the same rows, sum and order for any number of threads") {
  const TemporaryFolder folder;
  const int count = 400000;
  const std::string first = many_rows("user,item,rating\n", count), second = many_rows("", 1000);
  const std::vector<std::string> paths = {folder.file("a.csv", first), folder.file("b.csv", second)};
  for (const int threads : {1, 2, 5}) {
    const Read read = read_all(paths, threads);
    CHECK(read.blocks > 4);
    REQUIRE(read.rows.size() == static_cast<std::size_t>(count + 1000));
    bool same = true;
    for (int i = 0; i < count + 1000; ++i) {
      const int k = i < count ? i : i - count;
      const auto row = static_cast<std::size_t>(i);
      same = same && read.rows.user.value[row] == k * 37 % 100003 && read.rows.item.value[row] == k % 977 &&
             read.rows.rating[row] == static_cast<float>(k % 11);
    }
    CHECK(same);
    const auto sum = [](const std::string& text) {
      return crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
    };
    CHECK(read.sources[0].crc32 == sum(first));
    CHECK(read.sources[1].crc32 == sum(second));
    CHECK(read.sources[0].bytes == first.size());
    CHECK(read.sources[0].rows == static_cast<std::uint64_t>(count));
    CHECK(read.sources[1].rows == 1000);
  }
}

TEST_CASE("the first fault in file order wins, with its line, for any number of threads") {
  const TemporaryFolder folder;
  std::string text = many_rows("user,item,rating\n", 150000);
  text += "\n1,2,first\n";
  text = many_rows(text, 100) + "1,2,second\n";
  text = many_rows(text, 300000) + "1,2,third\n";
  const std::string path = folder.file("f.csv", text);
  const std::string other = folder.file("o.csv", many_rows("user,item,rating\n", 90000));
  for (int round = 0; round < 3; ++round)
    for (const int threads : {1, 2, 4}) {
      CHECK(contains(error_of({path}, threads), path + ":150003:5: rating 'first'"));
      CHECK(
          contains(error_of({other, path, other}, threads), path + ":150003:5: rating 'first'"));  // lines restart
      CHECK(contains(error_of({path, folder.path("missing.csv")}, threads), "'first'"));
    }
}

TEST_CASE("long lines grow the block, up to a limit") {
  const TemporaryFolder folder;
  const std::string wide(3 << 20, 'w');
  const Read read =
      read_all({folder.file("w.csv", "user,item,rating,review\n1,2,3,x\n4,5,6," + wide + "\n7,8,9,y\n")});
  CHECK(read.rows.user.value == Ints{1, 4, 7});
  const std::string endless(65 << 20, 'w');
  const std::string path = folder.file("e.csv", "user,item,rating,review\n1,2,3,x\n4,5,6," + endless);
  CHECK(contains(error_of({path}), path + ":3:1: this line is longer than 64 MB"));
}

TEST_CASE("several files: headers, columns that must agree, empty ones") {
  const TemporaryFolder folder;
  const std::string swapped = folder.file("a.csv", "movieId,userId,rating,timestamp\n10,1,5,100\n");
  const std::string tail = folder.file("b.csv", "20,2,4,200\n");
  const std::string other = folder.file("c.txt", "3\t30\t3\t300\n");
  const Read read = read_all({swapped, tail, other});
  CHECK(read.rows.user.value == Ints{1, 2, 3});  // the second takes the layout of the first
  CHECK(read.rows.item.value == Ints{10, 20, 30});
  CHECK(read.rows.time == Ints{100, 200, 300});
  CHECK_FALSE(read.sources[1].format.has_header);

  const std::string no_time = folder.file("d.csv", "user,item,rating\n1,2,3\n");
  const std::string with_status = folder.file("e.csv", "user,item,rating,status\n1,2,3,2\n");
  CHECK(contains(error_of({swapped, no_time}), no_time + ": has no time column, " + swapped + " has one"));
  CHECK(contains(error_of({no_time, with_status}), with_status + ": has a status column"));

  const std::string empty = folder.file("empty.csv", "");
  const std::string header = folder.file("header.csv", "user,item,rating\n");
  CHECK(contains(error_of({empty}), "empty.csv: is empty"));
  CHECK(contains(error_of({no_time, empty}), "empty.csv: is empty"));
  CHECK(contains(error_of({folder.file("blank.csv", "\n\n \n")}), "blank lines"));
  CHECK(contains(error_of({header}), "header.csv: holds a header and no rows"));
  CHECK(read_all({header, no_time}).rows.size() == 1);
  CHECK_THROWS_AS(read_all({}), UsageError);
}

TEST_CASE("--columns and --separator reach the rows, and formats are told in file order") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt", "x~9~1~2\ny~8~3~4\n");
  CHECK(read_all({path}, 2, {"user=3,item=4,rating=2", "~"}).rows.rating == Floats{9, 8});
  Team team(2);
  std::vector<std::string> told;
  read_rows(
      {path, path}, {"user=1,item=3,rating=2", "~"}, team, [](std::size_t, RowBlock&) {},
      [&](const std::string& file, const RatingsFormat& format) { told.push_back(file + " " + format.name); });
  CHECK(told == std::vector<std::string>{path + " custom columns", path + " custom columns"});
}

TEST_CASE("what the sink throws comes out, and an interrupt stops the reading") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.csv", many_rows("user,item,rating\n", 400000));
  for (const int threads : {1, 3}) {
    Team team(threads);
    CHECK_THROWS_WITH_AS(read_rows({path}, {}, team,
                                   [](std::size_t block, RowBlock&) {
                                     if (block == 2) throw std::runtime_error("full");
                                   }),
                         "full", std::runtime_error);
    std::atomic<std::size_t> seen{0};
    CHECK_THROWS_AS(read_rows({path}, {}, team,
                              [&](std::size_t, RowBlock&) {
                                ++seen;
                                set_interrupt_requested(true);
                              }),
                    Interrupted);
    set_interrupt_requested(false);
    CHECK(seen <= static_cast<std::size_t>(threads));
  }
}
