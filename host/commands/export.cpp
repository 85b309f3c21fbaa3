#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands/command_table.h"
#include "commands/load_data.h"
#include "formats/atomic_file.h"
#include "formats/npy.h"
#include "model/named_tensors.h"
#include "model/onnx_model.h"
#include "terminal.h"

namespace anirec {
namespace {

namespace fs = std::filesystem;

class Export {
 public:
  Export(const Model& model, const std::string& folder) : model_(model), folder_(folder) {
    std::error_code fault;
    fs::create_directories(folder, fault);
    if (fault || !fs::is_directory(folder, fault))
      throw DataError(printable(folder) + ": the folder cannot be made (" +
                      (fault ? fault.message() : "a file has this name") + "); choose another --out");
  }

  void npy() {
    for (const NamedTensor& tensor : named_tensors(model_.config, model_.parameters)) {
      write_npy(file(tensor.name + ".npy"), tensor.values, tensor.shape);
      wrote(tensor.name + ".npy");
    }
    ids_and_config();
  }

  void onnx() {
    write_file_atomically(file("model.onnx"), onnx_model(model_.config, model_.parameters, OnnxUser::index));
    wrote("model.onnx");
    write_file_atomically(file("user_vector.onnx"),
                          onnx_model(model_.config, model_.parameters, OnnxUser::vector));
    wrote("user_vector.onnx");
    ids_and_config();
  }

  void report() const { print_wrapped("wrote " + printable(folder_) + ": " + written_); }

 private:
  std::string file(const std::string& name) const { return (fs::path(folder_) / name).string(); }
  void wrote(const std::string& name) { written_ += (written_.empty() ? "" : ", ") + name; }

  void ids_and_config() {
    ids(model_.users, "user_ids.npy");
    ids(model_.items, "item_ids.npy");
    write_file_atomically(file("model.json"),
                          nlohmann::ordered_json::parse(model_config_json(model_.config)).dump(2) + "\n");
    wrote("model.json");
  }

  void ids(const IdMap& map, const std::string& name) {
    std::vector<std::int64_t> numbers;
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < map.size(); ++i)
      if (map.is_integer())
        numbers.push_back(std::stoll(map.id(i)));
      else
        texts.push_back(map.id(i));
    if (map.is_integer())
      write_npy(file(name), numbers);
    else
      write_npy(file(name), texts);
    wrote(name);
  }

  const Model& model_;
  const std::string folder_;
  std::string written_;
};

ExitCode run_export(const Arguments& arguments) {
  const std::string path = arguments.only("run folder"), format = arguments.text("format");
  if (!arguments.has("format")) throw UsageError("--format is missing; choose npy or onnx");
  if (format != "npy" && format != "onnx")
    throw UsageError("--format " + printable(format, 40) + " is unknown; choose npy or onnx");
  if (!arguments.has("out")) throw UsageError("--out is missing; name the folder to write to");
  const OpenRun open = open_run(path);
  Export exported(open.model, arguments.text("out"));
  if (format == "npy")
    exported.npy();
  else
    exported.onnx();
  exported.report();
  return ExitCode::ok;
}

}  // namespace

CommandSpec export_command() {
  return {
      "export",
      "anirec export RUN --format npy|onnx --out DIR",
      "the model for other programs: NumPy arrays or ONNX graphs",
      {{"format", "NAME", "npy: a .npy a tensor; onnx: model.onnx and user_vector.onnx, weights inside", ""},
       {"out", "DIR", "the folder to write to; files of these names in it are replaced", ""}},
      {"anirec export runs/hybrid --format onnx --out exported"},
      run_export,
      "model.onnx has the inputs user and item (int64 [n], places in user_ids.npy and item_ids.npy), "
      "user_vector.onnx "
      "has user_vector (float [D], of mf [D + 1] with the bias last) and item; both have the outputs rating and "
      "interaction (float [n], activated), as the model has them. model.json says what the model is. See "
      "docs/python.md."};
}

}  // namespace anirec
