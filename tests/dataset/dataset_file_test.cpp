#include "dataset/dataset_file.h"

#include <doctest/doctest.h>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "formats/safetensors.h"

namespace anirec {
namespace {

Dataset small(Task task) {
  Dataset dataset;
  dataset.rules = {.task = task, .unrated = Unrated::drop, .positive_from = 3.5f};
  dataset.labelled_by_status = task == Task::hybrid;
  dataset.counts = {
      .kept = 3, .unrated = 10, .watching = 20, .other_status = 30, .unlabelled = 40, .users_with_few_rows = 50};
  dataset.sources = {{"list \"1\".csv", "animelist.csv", "crc32:00000001"}, {"-", "u.data", "crc32:ffffffff"}};
  dataset.duplicate_pairs = 1;
  dataset.user = {1, 0, 1};
  dataset.item = {0, 2, 0};
  if (task_has_rating(task)) dataset.rating = {7, 8.5f, 9};
  if (task_has_label(task)) dataset.label = {1, 0, 1};
  dataset.users = IdMap::of_integers({-5, 1'000'000'000'000});
  dataset.items = IdMap::of_strings({'a', 'b', 'b', 'c'}, {0, 1, 3, 4});
  return dataset;
}

void check_equal(const Dataset& a, const Dataset& b) {
  CHECK(a.rules.task == b.rules.task);
  CHECK(a.rules.unrated == b.rules.unrated);
  CHECK(a.rules.positive_from == b.rules.positive_from);
  CHECK(a.labelled_by_status == b.labelled_by_status);
  CHECK(a.counts.kept == b.counts.kept);
  for (const DropRule& rule : drop_rules) CHECK(a.counts.*rule.count == b.counts.*rule.count);
  REQUIRE(a.sources.size() == b.sources.size());
  for (std::size_t i = 0; i < a.sources.size(); ++i) {
    CHECK(a.sources[i].name == b.sources[i].name);
    CHECK(a.sources[i].format == b.sources[i].format);
    CHECK(a.sources[i].hash == b.sources[i].hash);
  }
  CHECK(a.duplicate_pairs == b.duplicate_pairs);
  CHECK(a.user == b.user);
  CHECK(a.item == b.item);
  CHECK(a.rating == b.rating);
  CHECK(a.label == b.label);
  CHECK(a.time == b.time);
  CHECK(a.users == b.users);
  CHECK(a.items == b.items);
}

std::string error_of(const std::string& path) {
  try {
    read_dataset(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

// The message after `change` was written over a good dataset's tensors or metadata.
std::string error_with(const std::function<void(Dataset&)>& change) {
  const TemporaryFolder folder;
  Dataset dataset = small(Task::hybrid);
  change(dataset);
  write_dataset(dataset, folder.path("d"));
  return error_of(folder.path("d"));
}

std::string error_with_metadata(const std::string& key, const std::string& value) {
  const TemporaryFolder folder;
  const Dataset dataset = small(Task::rating);
  write_dataset(dataset, folder.path("good"));
  FileMetadata metadata = SafetensorsReader(folder.path("good")).metadata();
  metadata[key] = value;
  SafetensorsWriter writer;
  writer.add("user", dataset.user);
  writer.add("item", dataset.item);
  writer.add("rating", dataset.rating);
  dataset.users.add_to(writer, "user_ids");
  dataset.items.add_to(writer, "item_ids");
  writer.set_metadata(metadata);
  writer.write(folder.path("d"));
  return error_of(folder.path("d"));
}

void says(const std::string& error, const std::string& part) {
  INFO(error);
  CHECK(error.find(part) != std::string::npos);
}

TEST_CASE("a dataset goes through a file unchanged") {
  const TemporaryFolder folder;
  for (const Task task : {Task::rating, Task::interaction, Task::hybrid}) {
    Dataset dataset = small(task);
    for (const bool with_time : {false, true}) {
      if (with_time) dataset.time = {std::numeric_limits<std::int64_t>::min(), 0, 5};
      write_dataset(dataset, folder.path("d.anirec.safetensors"));
      CHECK(is_dataset_file(folder.path("d.anirec.safetensors")));
      check_equal(read_dataset(folder.path("d.anirec.safetensors")), dataset);
    }
  }
}

TEST_CASE("tensors and metadata have the names and types of the contract") {
  const TemporaryFolder folder;
  Dataset dataset = small(Task::hybrid);
  dataset.time = {1, 2, 3};
  write_dataset(dataset, folder.path("d"));
  const SafetensorsReader reader(folder.path("d"));
  CHECK(reader.names() == std::vector<std::string>{"item", "item_ids", "item_ids.offsets", "label", "rating",
                                                   "time", "user", "user_ids"});
  CHECK(reader.read<std::int64_t>("user_ids", {2}) == std::vector<std::int64_t>{-5, 1'000'000'000'000});
  CHECK(reader.read<std::uint8_t>("item_ids", {4}) == std::vector<std::uint8_t>{'a', 'b', 'b', 'c'});
  CHECK(reader.read<std::int64_t>("item_ids.offsets", {4}) == std::vector<std::int64_t>{0, 1, 3, 4});
  CHECK(reader.read<std::uint32_t>("item", {3}) == std::vector<std::uint32_t>{0, 2, 0});
  using nlohmann::json;
  const FileMetadata& metadata = reader.metadata();
  CHECK(metadata.at("format") == "anirec-dataset");
  CHECK(metadata.at("format_version") == "1");
  CHECK(metadata.at("task") == "hybrid");
  CHECK(metadata.at("duplicate_pairs") == "1");
  CHECK(json::parse(metadata.at("rules")) ==
        json::parse(R"({"unrated":"drop","positive_from":3.5,"labelled_by_status":true})"));
  CHECK(
      json::parse(metadata.at("rows")) ==
      json::parse(
          R"({"read":153,"kept":3,"unrated":10,"watching":20,"other_status":30,"unlabelled":40,"users_with_few_rows":50})"));
  CHECK(json::parse(metadata.at("sources"))[0] ==
        json::parse(R"({"name":"list \"1\".csv","format":"animelist.csv","hash":"crc32:00000001"})"));
  CHECK(json::parse(metadata.at("split")) ==
        json::parse(R"({"seed":42,"train":[0,2],"validation":[2,2],"test":[2,3]})"));
}

TEST_CASE("a dataset is told by its first bytes") {
  const TemporaryFolder folder;
  CHECK_FALSE(is_dataset_file(folder.path("missing")));
  CHECK_FALSE(is_dataset_file(folder.path("")));
  CHECK_FALSE(is_dataset_file("-"));
  CHECK_FALSE(is_dataset_file("/dev/null"));
  CHECK_FALSE(is_dataset_file(folder.file("empty", "")));
  CHECK_FALSE(is_dataset_file(folder.file("csv", "user_id,anime_id,rating\n")));
  CHECK_FALSE(is_dataset_file(folder.file("brace", "12345678{}")));
  CHECK_FALSE(is_dataset_file(folder.file("zeros", std::string(100, '\0'))));
  CHECK(is_dataset_file(folder.file("cut", std::string("\x50\0\0\0\0\0\0\0{\"us", 12))));
}

TEST_CASE("other files are refused by what they are") {
  const TemporaryFolder folder;
  const std::vector<float> values(4);
  SafetensorsWriter model;
  model.add("user_embedding.weight", values);
  model.set_metadata({{"format", "anirec-model"}});
  model.write(folder.path("model"));
  says(error_of(folder.path("model")), "is a model, not a dataset");
  SafetensorsWriter foreign;
  foreign.add("x", values);
  foreign.write(folder.path("foreign"));
  says(error_of(folder.path("foreign")), "no dataset of anirec");
  says(error_of(folder.path("missing")), "No such file");
  says(error_with_metadata("format_version", "2"), "format version 2, this anirec reads up to 1");
  says(error_with_metadata("format_version", "one"), "'format_version'");
}

TEST_CASE("damaged metadata is refused") {
  CHECK(error_with_metadata("comment", "free") == "no error");
  for (const char* key : {"task", "rules", "rows", "sources", "duplicate_pairs"}) {
    CAPTURE(key);
    for (const char* value : {"", "{", "{}", "7.5", "[1]", "\"text\"", "null"}) {
      CAPTURE(value);
      says(error_with_metadata(key, value), "the file is damaged");
    }
  }
  says(error_with_metadata("rows", R"({"kept":-3})"), "no whole number");
  says(error_with_metadata("duplicate_pairs", "4"), "more duplicates than rows");
}

TEST_CASE("columns that the program could not rely on are refused") {
  CHECK(error_with([](Dataset&) {}) == "no error");
  says(error_with([](Dataset& d) { d.user[2] = 2; }), "user of row 2 is 2, there are 2 ids");
  says(error_with([](Dataset& d) { d.item[0] = 0xFFFFFFFFu; }), "item of row 0 is 4294967295");
  says(error_with([](Dataset& d) { d.label[1] = 2; }), "label of row 1 is neither 0 nor 1");
  says(error_with([](Dataset& d) { d.rating[1] = NAN; }), "rating of row 1 is not finite");
  says(error_with([](Dataset& d) { d.rating[2] = INFINITY; }), "rating of row 2 is not finite");
  says(error_with([](Dataset& d) { d.item.pop_back(); }), "tensor 'item' has the shape [2], expected [3]");
  says(error_with([](Dataset& d) { d.label.clear(); }), "tensor 'label'");
  says(error_with([](Dataset& d) { d.time = {1}; }), "tensor 'time'");
  says(error_with([](Dataset& d) { d.counts.kept = 4; }), "another number of rows");
  says(error_with([](Dataset& d) { d.users = IdMap::of_integers({2, 1}); }), "ascending");
}

}  // namespace
}  // namespace anirec
