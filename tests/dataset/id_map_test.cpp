#include "dataset/id_map.h"

#include <doctest/doctest.h>

#include "dataset/id_range.h"
#include "error.h"
#include "fixtures/temporary_folder.h"

namespace anirec {
namespace {

IdMap strings(const std::vector<std::string>& ascending) {
  std::vector<std::uint8_t> blob;
  std::vector<std::int64_t> offsets = {0};
  for (const std::string& text : ascending) {
    blob.insert(blob.end(), text.begin(), text.end());
    offsets.push_back(static_cast<std::int64_t>(blob.size()));
  }
  return IdMap::of_strings(blob, offsets);
}

IdMap through_file(const IdMap& map) {
  const TemporaryFolder folder;
  SafetensorsWriter writer;
  map.add_to(writer, "user_ids");
  writer.write(folder.path("t"));
  return IdMap::read_from(SafetensorsReader(folder.path("t")), "user_ids");
}

TEST_CASE("integer ids are found by value and by any text of it") {
  const IdMap map = IdMap::of_integers({lowest_id, -3, 0, 7, highest_id});
  CHECK(map.is_integer());
  CHECK(map.size() == 5);
  for (std::uint32_t i = 0; i < 5; ++i) CHECK(map.find(map.id(i)) == i);
  CHECK(map.find(std::int64_t{7}) == 3u);
  CHECK(map.find(std::int64_t{8}) == std::nullopt);
  CHECK(map.find(lowest_id) == 0u);
  CHECK(map.find(highest_id) == 4u);
  CHECK(map.find("007") == 3u);
  CHECK(map.find("+7") == 3u);
  CHECK(map.find("-0") == 2u);
  CHECK(map.find("-03") == 1u);
  for (const char* text : {"", "+", "-", "+-7", "7a", "7.0", " 7", "7 ", "9223372036854775808"}) {
    CAPTURE(text);
    CHECK(map.find(text) == std::nullopt);
  }
  CHECK(map.id(0) == "-9223372036854775808");
  CHECK_THROWS_AS(map.id(5), std::logic_error);
}

TEST_CASE("string ids are found bytewise") {
  const IdMap map = strings({"", "007", "7", "B00", "b", "\xc3\xa9"});
  CHECK_FALSE(map.is_integer());
  CHECK(map.size() == 6);
  for (std::uint32_t i = 0; i < 6; ++i) CHECK(map.find(map.id(i)) == i);
  CHECK(map.find("007") == 1u);
  CHECK(map.find("7") == 2u);
  CHECK(map.find("07") == std::nullopt);
  CHECK(map.find("\xff") == std::nullopt);
  CHECK(map.find(std::int64_t{7}) == std::nullopt);
}

TEST_CASE("no ids at all") {
  CHECK(IdMap().size() == 0);
  CHECK(IdMap().find("1") == std::nullopt);
  CHECK(strings({}).size() == 0);
  CHECK_FALSE(strings({}).is_integer());
  CHECK(strings({}).find("1") == std::nullopt);
}

TEST_CASE("maps go through a file unchanged") {
  for (const IdMap& map :
       {IdMap(), IdMap::of_integers({lowest_id, 5, highest_id}), strings({}), strings({"", "a", "b\n"})})
    CHECK(through_file(map) == map);
}

TEST_CASE("damaged maps are refused") {
  const TemporaryFolder folder;
  const auto read = [&](const SafetensorsWriter& writer) {
    writer.write(folder.path("t"));
    return IdMap::read_from(SafetensorsReader(folder.path("t")), "ids");
  };
  const auto integers = [&](const std::vector<std::int64_t>& values) {
    SafetensorsWriter writer;
    writer.add("ids", values);
    read(writer);
  };
  CHECK_NOTHROW(integers({1, 2}));
  CHECK_THROWS_AS(integers({1, 1}), DataError);
  CHECK_THROWS_AS(integers({2, 1}), DataError);
  const auto texts = [&](const std::vector<std::uint8_t>& blob, const std::vector<std::int64_t>& offsets) {
    SafetensorsWriter writer;
    writer.add("ids", blob);
    writer.add("ids.offsets", offsets);
    read(writer);
  };
  CHECK_NOTHROW(texts({'a', 'b'}, {0, 1, 2}));
  CHECK_THROWS_AS(texts({'a', 'b'}, {}), DataError);
  CHECK_THROWS_AS(texts({'a', 'b'}, {0, 1}), DataError);
  CHECK_THROWS_AS(texts({'a', 'b'}, {1, 2}), DataError);
  CHECK_THROWS_AS(texts({'a', 'b'}, {0, 3, 2}), DataError);
  CHECK_THROWS_AS(texts({'a', 'b'}, {0, -1, 2}), DataError);
  CHECK_THROWS_AS(texts({'b', 'a'}, {0, 1, 2}), DataError);
  CHECK_THROWS_AS(texts({'a', 'a'}, {0, 1, 2}), DataError);
  const std::vector<float> floats = {1};
  SafetensorsWriter wrong_type;
  wrong_type.add("ids", floats);
  CHECK_THROWS_AS(read(wrong_type), DataError);
  CHECK_THROWS_AS(read(SafetensorsWriter()), DataError);
}

}  // namespace
}  // namespace anirec
