#include "formats/safetensors.h"

#include <doctest/doctest.h>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "error.h"
#include "fixtures/temporary_folder.h"

namespace anirec {
namespace {

std::string with_length(const std::string& header, const std::string& data) {
  std::string file(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  return file + header + data;
}

// The message of the DataError that opening gives, "" where it opens.
std::string fault_of_bytes(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::string path = folder.file("t.safetensors", bytes);
  try {
    const SafetensorsReader reader(path);
  } catch (const DataError& error) {
    CHECK(std::string(error.what()).find("t.safetensors") != std::string::npos);
    return error.what();
  }
  return "";
}

std::string fault_of(const std::string& header, const std::string& data) {
  return fault_of_bytes(with_length(header, data));
}

bool says(const std::string& fault, const std::string& part) {
  INFO(fault);
  const bool found = fault.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

template <class Work>
std::string data_error(const Work& work) {
  try {
    work();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("what is written is read back") {
  const TemporaryFolder folder;
  const std::string path = folder.path("t.safetensors");
  const std::vector<std::uint8_t> bytes = {1, 2, 255};
  const std::vector<std::uint32_t> words = {0, 0xffffffffu};
  const std::vector<std::int64_t> longs = {std::numeric_limits<std::int64_t>::min(), -1, 5};
  const std::vector<float> floats = {1.5f, -0.0f, 3.25e-30f, 4, 5, 6};
  const std::vector<double> doubles = {0.1};
  const std::vector<float> nothing;
  SafetensorsWriter writer;
  writer.add("bytes", bytes);
  writer.add("words", words);
  writer.add("nothing", std::span<const float>(nothing), {0, 64});
  writer.add("longs", longs);
  writer.add("matrix", std::span<const float>(floats), {2, 3});
  writer.add("doubles", doubles);
  writer.add("scalar", std::span<const float>(floats).first(1), {});
  writer.set_metadata({{"task", "rating"}, {"titre", "Épée \"1\"\n"}});
  writer.write(path);

  const SafetensorsReader reader(path);
  CHECK(reader.read<std::uint8_t>("bytes", {3}) == bytes);
  CHECK(reader.read<std::uint32_t>("words", {-1}) == words);
  CHECK(reader.read<std::int64_t>("longs", {-1}) == longs);
  CHECK(reader.read<float>("matrix", {-1, 3}) == floats);
  CHECK(reader.read<double>("doubles", {1}) == doubles);
  CHECK(reader.read<float>("nothing", {0, 64}).empty());
  CHECK(reader.read<float>("scalar", {}) == std::vector<float>{1.5f});
  CHECK(reader.shape("matrix") == std::vector<std::int64_t>{2, 3});
  CHECK(reader.metadata() == FileMetadata{{"task", "rating"}, {"titre", "Épée \"1\"\n"}});
  CHECK(reader.names().size() == 7);
  CHECK(reader.has("words"));
  CHECK_FALSE(reader.has("word"));
  CHECK_FALSE(reader.has("__metadata__"));
}

TEST_CASE("the layout is the format's: padded header, every tensor aligned to its elements") {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> bytes = {1, 2, 3};
  const std::vector<float> floats = {1, 2, 3};
  const std::vector<std::int64_t> longs = {7, 8};
  for (std::size_t name_length = 1; name_length <= 9; ++name_length) {
    SafetensorsWriter writer;
    writer.add(std::string(name_length, 'b'), bytes);
    writer.add("f", floats);
    writer.add("l", longs);
    writer.write(folder.path("t"));
    const std::string file = TemporaryFolder::read(folder.path("t"));
    std::uint64_t length;
    std::memcpy(&length, file.data(), 8);
    CHECK(length % 8 == 0);
    REQUIRE(file.size() == 8 + length + 16 + 12 + 3);
    const auto header = nlohmann::json::parse(file.substr(8, length));
    CHECK(header["l"] == nlohmann::json::parse(R"({"dtype":"I64","shape":[2],"data_offsets":[0,16]})"));
    CHECK(header["f"] == nlohmann::json::parse(R"({"dtype":"F32","shape":[3],"data_offsets":[16,28]})"));
    CHECK(header[std::string(name_length, 'b')]["data_offsets"] == nlohmann::json({28, 31}));
    CHECK_FALSE(header.contains("__metadata__"));
    CHECK(std::memcmp(file.data() + 8 + length + 16, floats.data(), 12) == 0);
  }
}

TEST_CASE("a writer with a wrong shape or a name twice is a mistake in the program") {
  const std::vector<float> values(6);
  SafetensorsWriter writer;
  CHECK_THROWS_AS(writer.add("x", std::span<const float>(values), {2, 2}), std::logic_error);
  writer.add("x", values);
  CHECK_THROWS_AS(writer.add("x", values), std::logic_error);
}

TEST_CASE("metadata that is no UTF-8 gives a file that others can read") {
  const TemporaryFolder folder;
  SafetensorsWriter writer;
  writer.set_metadata({{"name", "caf\xe9"}});
  writer.write(folder.path("t"));
  CHECK(SafetensorsReader(folder.path("t")).metadata().at("name") == "caf\xef\xbf\xbd");
}

TEST_CASE("files that are none are told so") {
  says(fault_of_bytes(""), "has only 0 bytes");
  says(fault_of_bytes("user,item"), "no safetensors file");
  says(fault_of_bytes("user_id,anime_id,rating\n1,2,3\n"), "no safetensors file");
  std::string huge = with_length("{}", "");
  const std::uint64_t length = 100'000'001;
  std::memcpy(huge.data(), &length, 8);
  says(fault_of_bytes(huge), "over 100 MB");
  const std::uint64_t beyond = 3;
  std::memcpy(huge.data(), &beyond, 8);
  says(fault_of_bytes(huge), "cut off");
  says(fault_of_bytes(std::string(8, '\xff') + "{}"), "over 100 MB");
  says(fault_of_bytes(std::string(8, '\0') + "{}"), "no valid JSON");
  const TemporaryFolder folder;
  says(data_error([&] { SafetensorsReader reader(folder.path("missing")); }), "No such file");
  says(data_error([&] { SafetensorsReader reader(folder.path("")); }), "is a folder");
  says(data_error([&] { SafetensorsReader reader("/dev/null"); }), "a pipe or a device");
}

TEST_CASE("damaged headers are told by their fault") {
  CHECK(fault_of("{}", "") == "");
  CHECK(fault_of("{}   \n ", "") == "");
  says(fault_of("{", ""), "has only 9 bytes");
  says(fault_of("{\"a\":", ""), "no valid JSON");
  says(fault_of("{} x", ""), "no valid JSON");
  says(fault_of("{\"\xff\":1}", ""), "no valid JSON");
  says(fault_of(R"({"a":1})", ""), "is no object");
  says(fault_of(R"({"__metadata__":{"a":1}})", ""), "metadata 'a' is no string");
  says(fault_of(R"({"__metadata__":[]})", ""), "is no object");
  says(fault_of(R"({"a":)" + std::string(100'000, '['), ""), "nested too deep");
  std::string objects = "{";
  for (int i = 0; i < 100'000; ++i) objects += "\"a\":{";
  says(fault_of(objects, ""), "nested too deep");
}

TEST_CASE("a name given twice is a fault, in the header, a tensor and the metadata") {
  const std::string a = R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  CHECK(fault_of("{" + a + "}", "x") == "");
  says(fault_of("{" + a + "," + a + "}", "x"), "'a' is there twice");
  says(fault_of(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "x"),
       "'dtype' is there twice");
  says(fault_of(R"({"__metadata__":{"k":"1","k":"2"}})", ""), "'k' is there twice");
}

TEST_CASE("tensors must have the fields, and bytes that fit them") {
  const auto one = [](const std::string& fields, const std::string& data) {
    return fault_of("{\"a\":" + fields + "}", data);
  };
  says(one(R"({"shape":[1],"data_offsets":[0,1]})", "x"), "no 'dtype'");
  says(one(R"({"dtype":8,"shape":[1],"data_offsets":[0,1]})", "x"), "no 'dtype'");
  says(one(R"({"dtype":"U8","data_offsets":[0,1]})", "x"), "no list 'shape'");
  says(one(R"({"dtype":"U8","shape":[1]})", "x"), "no list 'data_offsets'");
  says(one(R"({"dtype":"U8","shape":[1],"data_offsets":[0]})", "x"), "two 'data_offsets'");
  says(one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1,1]})", "x"), "two 'data_offsets'");
  says(one(R"({"dtype":"U8","shape":[-1],"data_offsets":[0,1]})", "x"), "negative, too large");
  says(one(R"({"dtype":"U8","shape":[1.0],"data_offsets":[0,1]})", "x"), "no whole number");
  says(one(R"({"dtype":"U8","shape":["1"],"data_offsets":[0,1]})", "x"), "no whole number");
  says(one(R"({"dtype":"U8","shape":[1],"data_offsets":[-1,1]})", "x"), "negative");
  says(one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551616]})", "x"), "too large");
  says(one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]})", "x"), "too large");
  says(one(R"({"dtype":"U8","shape":[1],"data_offsets":[1,0]})", "x"), "ends before it begins");
  says(one(R"({"dtype":"U8","shape":[2],"data_offsets":[0,2]})", "x"), "1 bytes beyond the end");
  says(one(R"({"dtype":"U8","shape":[2],"data_offsets":[0,1]})", "x"), "[2] of U8 needs 2");
  says(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,1]})", "x"), "needs 4");
  says(one(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]})", ""), "too large to be true");
  says(one(R"({"dtype":"I64","shape":[4611686018427387904],"data_offsets":[0,0]})", ""), "too large to be true");
  says(one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})", "xy"), "1 bytes behind its last tensor");
}

TEST_CASE("tensors may neither overlap nor leave holes") {
  const auto two = [](const std::string& a, const std::string& b) {
    const auto tensor = [](const std::string& name, const std::string& range, const std::string& shape) {
      return "\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[" + shape + "],\"data_offsets\":[" + range + "]}";
    };
    return fault_of("{" + tensor("a", a, "2") + "," + tensor("b", b, "2") + "}", "1234");
  };
  CHECK(two("0,2", "2,4") == "");
  CHECK(two("2,4", "0,2") == "");
  says(two("0,2", "0,2"), "overlap, or leave a hole");
  says(two("0,2", "1,3"), "overlap, or leave a hole");
  says(fault_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "xx"), "overlap, or leave a hole");
  CHECK(
      fault_of(
          R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
          "x") == "");
}

TEST_CASE("types that anirec does not have are a fault only for the tensor that is read") {
  const TemporaryFolder folder;
  const std::string path = folder.file(
      "t",
      with_length(R"({"half":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"new":{"dtype":"F4","shape":[5],)"
                  R"("data_offsets":[2,5]},"ours":{"dtype":"U8","shape":[1],"data_offsets":[5,6]}})",
                  "xxyyy\x07"));
  const SafetensorsReader reader(path);
  CHECK(reader.read<std::uint8_t>("ours", {1}) == std::vector<std::uint8_t>{7});
  says(data_error([&] { reader.read<float>("half", {1}); }), "'half' is F16, expected F32");
  says(data_error([&] { reader.read<float>("new", {5}); }), "'new' is F4, expected F32");
}

TEST_CASE("reading a tensor that is missing or of another form") {
  const TemporaryFolder folder;
  const std::vector<float> values(6);
  SafetensorsWriter writer;
  writer.add("x", std::span<const float>(values), {2, 3});
  writer.write(folder.path("t"));
  const SafetensorsReader reader(folder.path("t"));
  says(data_error([&] { reader.read<float>("y", {2, 3}); }), "has no tensor 'y'");
  says(data_error([&] { reader.read<std::uint32_t>("x", {2, 3}); }), "is F32, expected U32");
  says(data_error([&] { reader.read<float>("x", {3, 2}); }), "has the shape [2,3], expected [3,2]");
  says(data_error([&] { reader.read<float>("x", {-1}); }), "has the shape [2,3], expected [any]");
}

TEST_CASE("a file cut off at any byte, or with any byte of its header changed, never passes for another") {
  const TemporaryFolder folder;
  const std::vector<float> values = {1, 2, 3};
  const std::vector<std::uint8_t> bytes = {1, 2, 3, 4};
  SafetensorsWriter writer;
  writer.add("values", values);
  writer.add("bytes", bytes);
  writer.set_metadata({{"k", "v"}});
  writer.write(folder.path("t"));
  const std::string file = TemporaryFolder::read(folder.path("t"));
  for (std::size_t size = 0; size < file.size(); ++size) CHECK(fault_of_bytes(file.substr(0, size)) != "");
  std::size_t opened = 0;
  for (std::size_t at = 0; at < file.size() - 16; ++at) {
    for (const char byte : {'\0', ' ', '"', '9', '{', '\xff'}) {
      std::string changed = file;
      changed[at] = byte;
      opened += fault_of_bytes(changed).empty() ? 1 : 0;  // a blank, or another name: no fault, and no crash
    }
  }
  CHECK(opened > 0);
}

}  // namespace
}  // namespace anirec
