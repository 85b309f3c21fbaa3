#include "dataset/id_numbering.h"

#include <doctest/doctest.h>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "dataset/id_range.h"

namespace anirec {
namespace {

// A column as the parser makes it from these texts: canonical integers by value alone.
IdColumn column_of(const std::vector<std::string>& texts) {
  IdColumn column;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    std::int64_t value = 0;
    bool is_integer = true;
    try {
      std::size_t used = 0;
      value = std::stoll(texts[row], &used);
      is_integer = used == texts[row].size();
    } catch (const std::exception&) {
      is_integer = false;
    }
    column.value.push_back(is_integer ? value : 0);
    if (!is_integer || std::to_string(value) != texts[row])
      column.text.push_back({static_cast<std::uint32_t>(row), texts[row], is_integer});
  }
  return column;
}

std::vector<std::uint32_t> all_rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

struct Numbered {
  IdMap map;
  std::vector<std::uint32_t> index;
};

Numbered number(const std::vector<std::vector<std::string>>& blocks, std::uint64_t least_rows = 1,
                int threads = 2) {
  IdNumbering numbering;
  std::vector<PackedIds> packed;
  for (const auto& block : blocks) packed.push_back(numbering.pack(column_of(block), all_rows(block.size())));
  std::vector<PackedIds*> pointers;
  for (PackedIds& ids : packed) pointers.push_back(&ids);
  Team team(threads);
  Numbered result{numbering.number(pointers, least_rows, team), {}};
  for (const PackedIds& ids : packed) result.index.insert(result.index.end(), ids.code.begin(), ids.code.end());
  return result;
}

std::vector<std::string> ids_of(const IdMap& map) {
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < map.size(); ++i) ids.push_back(map.id(i));
  return ids;
}

using Texts = std::vector<std::string>;
using Indices = std::vector<std::uint32_t>;

TEST_CASE("integers are numbered in ascending order over all blocks") {
  const Numbered result = number({{"30", "-5"}, {}, {"7", "30", "100"}});
  CHECK(result.map.is_integer());
  CHECK(ids_of(result.map) == Texts{"-5", "7", "30", "100"});
  CHECK(result.index == Indices{2, 0, 1, 2, 3});
}

TEST_CASE("the ends of the 64-bit range, in one block and in several") {
  const Texts expected = {std::to_string(lowest_id), "-1", "0", "4294967295", "4294967296",
                          std::to_string(highest_id)};
  for (const auto& blocks :
       {std::vector<Texts>{{expected[5], expected[0], "0", "-1", "4294967296", "4294967295"}},
        std::vector<Texts>{{expected[5]}, {expected[0]}, {"0", "-1"}, {"4294967296", "4294967295"}}}) {
    const Numbered result = number(blocks);
    CHECK(ids_of(result.map) == expected);
    CHECK(result.index == Indices{5, 0, 2, 1, 4, 3});
  }
}

TEST_CASE("while every id is an integer 007 is 7") {
  const Numbered result = number({{"007", "8"}, {"7", "+8"}});
  CHECK(result.map.is_integer());
  CHECK(ids_of(result.map) == Texts{"7", "8"});
  CHECK(result.index == Indices{0, 1, 0, 1});
}

TEST_CASE("one id that is no integer makes strings of all") {
  const Numbered result = number({{"007", "10", "9"}, {"7", "tt1"}, {"007", "10", "tt1", "-3"}});
  CHECK_FALSE(result.map.is_integer());
  CHECK(ids_of(result.map) == Texts{"-3", "007", "10", "7", "9", "tt1"});
  CHECK(result.index == Indices{1, 2, 4, 3, 5, 1, 2, 5, 0});
}

TEST_CASE("an id of a row that is not kept has no index, but decides on strings") {
  const IdColumn column = column_of({"007", "x", "7", "y"});
  IdNumbering numbering;
  PackedIds ids = numbering.pack(column, {0, 2});
  Team team(1);
  const IdMap map = numbering.number({&ids}, 1, team);
  CHECK(ids_of(map) == Texts{"007", "7"});
  CHECK(std::vector<std::uint32_t>(ids.code.begin(), ids.code.end()) == Indices{0, 1});
}

TEST_CASE("rows taken out after packing take their ids with them") {
  for (const Texts& texts : {Texts{"a", "5", "007", "a", "b", "6"}, Texts{"1", "5", "007", "1", "2", "6"},
                             Texts{"1", "5", "007", "1", std::to_string(highest_id), "6"}}) {
    IdNumbering numbering;
    PackedIds ids = numbering.pack(column_of(texts), all_rows(6));
    ids.keep_rows({false, true, true, false, false, true});
    CHECK(ids.code.size() == 3);
    Team team(1);
    const IdMap map = numbering.number({&ids}, 1, team);
    CHECK(map.size() == 3);
    CHECK(map.id(ids.code[0]) == "5");
    CHECK(map.id(ids.code[1]) == (map.is_integer() ? "7" : "007"));
    CHECK(map.id(ids.code[2]) == "6");
  }
}

TEST_CASE("ids with too few rows get no index") {
  const Numbered integers = number({{"1", "2", "2"}, {"3", "2", "3"}}, 2);
  CHECK(ids_of(integers.map) == Texts{"2", "3"});
  CHECK(integers.index == Indices{no_index, 0, 0, 1, 0, 1});
  const Numbered late = number({{"007", "5", "5"}, {"+5", "7"}, {"007", "x"}}, 2);  // the string comes last
  CHECK(ids_of(late.map) == Texts{"007", "5"});
  CHECK(late.index == Indices{0, 1, 1, no_index, no_index, 0, no_index});
  const Numbered strings = number({{"a", "b", "b"}, {"c", "b", "c"}}, 3);
  CHECK(ids_of(strings.map) == Texts{"b"});
  CHECK(strings.index == Indices{no_index, 0, 0, no_index, 0, no_index});
  CHECK(number({{"1"}}, 2).map.size() == 0);
  CHECK(number({}).map.size() == 0);
}

// Narrow ranges take the bitmap, wide ones the interner; both must agree with a plain ordered map.
TEST_CASE("random columns agree with a sorted set, whatever the team's size") {
  std::mt19937_64 random(5);
  for (const std::int64_t spread :
       {std::int64_t{50}, std::int64_t{3'000'000}, std::int64_t{1} << 40, highest_id}) {
    for (const bool with_strings : {false, true}) {
      CAPTURE(spread);
      CAPTURE(with_strings);
      std::vector<Texts> blocks(9);
      std::vector<std::string> rows;
      for (Texts& block : blocks)
        for (std::size_t i = 0; i < 300; ++i) {
          const auto value = std::uniform_int_distribution<std::int64_t>(-spread, spread)(random);
          block.push_back((with_strings && value % 3 == 0 ? "s" : "") + std::to_string(value));
          if (i % 4 != 0) block.back() = block[i - 1];
          rows.push_back(block.back());
        }
      const Numbered one = number(blocks, 1, 1), three = number(blocks, 1, 3);
      CHECK(one.map == three.map);
      CHECK(one.index == three.index);
      Texts ascending;
      if (with_strings) {
        const std::set<std::string> distinct(rows.begin(), rows.end());
        ascending.assign(distinct.begin(), distinct.end());
      } else {
        std::set<long long> distinct;
        for (const std::string& row : rows) distinct.insert(std::stoll(row));
        for (const long long value : distinct) ascending.push_back(std::to_string(value));
      }
      CHECK(ids_of(one.map) == ascending);
      std::map<std::string, std::uint32_t> index;
      for (std::uint32_t i = 0; i < ascending.size(); ++i) index[ascending[i]] = i;
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) wrong += one.index[i] == index[rows[i]] ? 0 : 1;
      CHECK(wrong == 0);
    }
  }
}

}  // namespace
}  // namespace anirec
