#include "model/model_file.h"

#include <doctest/doctest.h>

#include <limits>

#include "error.h"
#include "fixtures/temporary_folder.h"

using namespace anirec;

namespace {

Model make_model(const std::string& name, Task task, std::vector<std::int64_t> users,
                 std::vector<std::int64_t> items, std::uint64_t seed) {
  Model model;
  model.config.name = name;
  model.config.task = task;
  model.config.dim = 3;
  if (name != "mf") model.config.hidden = {4, 2};
  model.config.heads = make_heads(name, task, Activation::identity, 1, 5);
  model.config.users = static_cast<std::uint32_t>(users.size());
  model.config.items = static_cast<std::uint32_t>(items.size());
  model.users = IdMap::of_integers(std::move(users));
  model.items = IdMap::of_integers(std::move(items));
  model.parameters = initial_parameters(model.config, seed, InitBias::mean, {7, 0.8});
  return model;
}

void write(const Model& model, const std::string& path) {
  write_model(path, model.config, model.parameters, model.users, model.items);
}

std::string file_error(const std::string& path) {
  try {
    read_model(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

std::vector<float> row(const std::vector<float>& table, std::size_t i, std::size_t width) {
  const auto begin = table.begin() + static_cast<std::ptrdiff_t>(i * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

}  // namespace

TEST_CASE("a model comes back from its file as it was") {
  const TemporaryFolder folder;
  for (const auto& [name, task] : {std::pair{"mf", Task::rating},
                                   {"mf", Task::interaction},
                                   {"nn", Task::rating},
                                   {"hybrid", Task::hybrid}}) {
    CAPTURE(name);
    const Model model = make_model(name, task, {2, 5, 9}, {-1, 7}, 3);
    write(model, folder.path("model"));
    const Model back = read_model(folder.path("model"));
    CHECK(back.parameters == model.parameters);
    CHECK(back.users == model.users);
    CHECK(back.items == model.items);
    CHECK(model_config_json(back.config) == model_config_json(model.config));
  }
}

TEST_CASE("string ids are kept") {
  const TemporaryFolder folder;
  Model model = make_model("mf", Task::rating, {1, 2}, {3}, 3);
  const std::string blob = "a,b猫";
  model.users = IdMap::of_strings({blob.begin(), blob.end()}, {0, 3, static_cast<std::int64_t>(blob.size())});
  write(model, folder.path("model"));
  CHECK(read_model(folder.path("model")).users.id(1) == "猫");
}

TEST_CASE("files that are no model, cut short or of wrong sizes are refused by name") {
  const TemporaryFolder folder;
  const Model model = make_model("hybrid", Task::hybrid, {2, 5, 9}, {1, 7}, 3);
  write(model, folder.path("model"));
  const std::string bytes = TemporaryFolder::read(folder.path("model"));
  CHECK(file_error(folder.path("none")).find("none") != std::string::npos);
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{60}, bytes.size() - 4}) {
    CAPTURE(size);
    CHECK(file_error(folder.file("cut", bytes.substr(0, size))).find("cut") != std::string::npos);
  }
  SafetensorsWriter other;
  other.set_metadata({{"format", "anirec-dataset"}});
  other.write(folder.path("other"));
  CHECK(file_error(folder.path("other")).find("no anirec model") != std::string::npos);

  Model wrong = model;
  wrong.users = IdMap::of_integers({1, 2});
  write(wrong, folder.path("wrong"));
  CHECK(file_error(folder.path("wrong")).find("wrong") != std::string::npos);

  // A configuration of other sizes over the same tensors.
  for (const std::pair<const char*, const char*>& change : {std::pair{"\\\"dim\\\":3", "\\\"dim\\\":4"},
                                                            {"\\\"users\\\":3", "\\\"users\\\":4"},
                                                            {"\\\"hidden\\\":[4,2]", "\\\"hidden\\\":[4,3]"}}) {
    std::string changed = bytes;
    const std::size_t at = changed.find(change.first);
    REQUIRE(at != std::string::npos);
    changed.replace(at, std::string(change.first).size(), change.second);
    CAPTURE(change.second);
    CHECK(file_error(folder.file("changed", changed)).find("changed") != std::string::npos);
  }
}

TEST_CASE("values that are not finite are refused") {
  const TemporaryFolder folder;
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Model model = make_model("mf", Task::rating, {2, 5}, {1, 7}, 3);
    model.parameters.item_bias[1] = value;
    write(model, folder.path("model"));
    CHECK(file_error(folder.path("model")).find("not finite") != std::string::npos);
  }
}

TEST_CASE("a start from another model takes rows by id and leaves new ids their initial values") {
  const Model from = make_model("mf", Task::rating, {10, 20, 30}, {1, 2}, 3);
  const Model to = make_model("mf", Task::rating, {20, 25, 30, 40}, {2, 3}, 4);
  const Parameters start = start_from(from, to.config, to.parameters, to.users, to.items, "file");
  const auto &a = from.parameters, &b = to.parameters;
  CHECK(row(start.user_embedding, 0, 3) == row(a.user_embedding, 1, 3));
  CHECK(row(start.user_embedding, 1, 3) == row(b.user_embedding, 1, 3));
  CHECK(row(start.user_embedding, 2, 3) == row(a.user_embedding, 2, 3));
  CHECK(row(start.user_embedding, 3, 3) == row(b.user_embedding, 3, 3));
  CHECK(row(start.item_embedding, 0, 3) == row(a.item_embedding, 1, 3));
  CHECK(row(start.item_embedding, 1, 3) == row(b.item_embedding, 1, 3));
  CHECK(start.user_bias == std::vector<float>{a.user_bias[1], b.user_bias[1], a.user_bias[2], b.user_bias[3]});
  CHECK(start.item_bias == std::vector<float>{a.item_bias[1], b.item_bias[1]});
  CHECK(start.dense == a.dense);
}

TEST_CASE("a start from a model of another kind is refused") {
  const Model from = make_model("nn", Task::rating, {1}, {1}, 3);
  const auto refused = [&](const ModelConfig& config) {
    CHECK_THROWS_AS(require_same_kind(from, config, "file"), DataError);
  };
  CHECK_NOTHROW(require_same_kind(from, from.config, "file"));
  refused(make_model("mf", Task::rating, {1}, {1}, 3).config);
  refused(make_model("nn", Task::interaction, {1}, {1}, 3).config);
  ModelConfig config = from.config;
  config.dim = 4;
  refused(config);
  config = from.config;
  config.hidden = {4};
  refused(config);
  CHECK_THROWS_AS(start_from(from, config, from.parameters, from.users, from.items, "file"), DataError);
}
