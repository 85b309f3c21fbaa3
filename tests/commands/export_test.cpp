#include <doctest/doctest.h>

#include "commands/commands_fixture.h"
#include "model/model_file.h"
#include "model/onnx_model.h"

using namespace anirec;

TEST_CASE("export --format npy writes every tensor, the ids and what the model is") {
  const Workplace& work = trained_workplace();
  const ProgramResult result = work.run("export hybrid --format npy --out arrays/deep");
  CHECK(fault_of(result) == "");
  CHECK(listing(work.path("arrays/deep")) ==
        std::vector<std::string>{"hidden.0.bias.npy", "hidden.0.weight.npy", "interaction_head.bias.npy",
                                 "interaction_head.weight.npy", "item_embedding.weight.npy", "item_ids.npy",
                                 "model.json", "rating_head.bias.npy", "rating_head.weight.npy",
                                 "user_embedding.weight.npy", "user_ids.npy"});
  const Model model = read_model(work.path("hybrid/model.safetensors"));
  const std::string items = work.read("arrays/deep/item_embedding.weight.npy");
  const std::vector<float>& table = model.parameters.item_embedding;
  CHECK(contains(items, "'shape': (" + std::to_string(model.items.size()) + ",8,)"));
  CHECK(items.ends_with(std::string(reinterpret_cast<const char*>(table.data()), table.size() * sizeof(float))));
  CHECK(nlohmann::json::parse(work.read("arrays/deep/model.json"))["model"] == "hybrid");
  // Again, over what is there.
  CHECK(fault_of(work.run("export hybrid --format npy --out arrays/deep")) == "");
}

TEST_CASE("export --format onnx writes both graphs") {
  const Workplace& work = trained_workplace();
  for (const char* run : {"mf-rating", "nn-interaction", "hybrid"}) {
    CAPTURE(run);
    const std::string out = std::string("onnx-") + run;
    REQUIRE(fault_of(work.run({"export", run, "--format", "onnx", "--out", out})) == "");
    CHECK(listing(work.path(out)) == std::vector<std::string>{"item_ids.npy", "model.json", "model.onnx",
                                                              "user_ids.npy", "user_vector.onnx"});
    const Model model = read_model(work.path(std::string(run) + "/model.safetensors"));
    CHECK(work.read(out + "/model.onnx") == onnx_model(model.config, model.parameters, OnnxUser::index));
    CHECK(work.read(out + "/user_vector.onnx") == onnx_model(model.config, model.parameters, OnnxUser::vector));
  }
}

TEST_CASE("export refuses what it cannot do in one line") {
  const Workplace& work = trained_workplace();
  CHECK(fault_of(work.run("export hybrid --out x"), 2, {"--format", "npy or onnx"}) == "");
  CHECK(fault_of(work.run("export hybrid --format hdf5 --out x"), 2, {"hdf5", "npy or onnx"}) == "");
  CHECK(fault_of(work.run("export hybrid --format npy"), 2, {"--out"}) == "");
  CHECK(fault_of(work.run("export --format npy --out x"), 2, {"run folder"}) == "");
  CHECK(fault_of(work.run("export no-run --format npy --out x"), 3, {"no-run"}) == "");
  CHECK(fault_of(work.run("export hybrid --format onnx --out animelist.csv"), 3, {"animelist.csv"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("x")));
}
