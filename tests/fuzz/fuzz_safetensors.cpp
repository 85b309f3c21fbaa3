// A safetensors file, read as what it may be: a dataset, a model, a checkpoint. An input that begins with '{' is
// the header (one line) and the data behind it, so that no length has to be guessed; any other is the file itself.
#include <cmath>
#include <cstring>

#include "dataset/dataset_file.h"
#include "dataset/split.h"
#include "fuzz/fuzz_target.h"
#include "model/model_file.h"
#include "train/run_folder.h"

using namespace anirec;

namespace {

std::string file_of(std::string_view input) {
  if (!input.starts_with('{')) return std::string(input);
  const std::string_view header = take_line(input);
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file.append(header).append(input);
}

// A model that the checkpoint seeds are of.
ModelConfig checkpoint_model() {
  ModelConfig model;
  model.name = "mf";
  model.dim = 2;
  model.heads = make_heads("mf", Task::rating, Activation::identity, 1, 1);
  model.bounds = {1, 5};
  model.users = 2;
  model.items = 1;
  return model;
}

void require_sound(Dataset dataset) {
  const std::size_t rows = dataset.size();
  for (std::size_t row = 0; row < rows; ++row)
    require(dataset.user[row] < dataset.users.size() && dataset.item[row] < dataset.items.size(),
            "indices are below the number of ids");
  Team one(1);
  require(!describe_dataset(dataset, one).empty(), "a dataset can be described");
  const Samples samples = split_dataset(std::move(dataset), {});
  require(samples.rows.size() == rows, "a split keeps the rows");
}

void require_sound(const Model& model) {
  require(model.users.size() == model.config.users && model.items.size() == model.config.items,
          "ids for all rows");
  require(model.parameters.user_embedding.size() ==
              std::size_t{model.config.users} * static_cast<std::size_t>(model.config.dim),
          "a table has its size");
  for (const float value : model.parameters.dense) require(std::isfinite(value), "values are finite");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TemporaryFolder folder;
  const std::string path =
      folder.file("optimizer.safetensors", file_of({reinterpret_cast<const char*>(data), size}));
  is_dataset_file(path);
  const bool dataset = accepts([&] { require_sound(read_dataset(path)); });
  const bool model = accepts([&] { require_sound(read_model(path)); });
  const bool checkpoint =
      accepts([&] { RunFolder(folder.path("")).read_checkpoint(checkpoint_model(), Optimizer::adam); });
  input_was_accepted = dataset || model || checkpoint;
  return 0;
}
