#include "train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "dataset/dataset_file.h"
#include "error.h"
#include "formats/atomic_file.h"
#include "formats/json_file.h"
#include "formats/safetensors.h"
#include "formats/system_call.h"
#include "formats/text_file.h"

namespace anirec {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// The optimizer's file comes first: a run without it is none that could go on.
constexpr const char* run_files[] = {
    "optimizer.safetensors", "config.json", "model.safetensors",         "metrics.jsonl",
    "evaluation.json",       "report.html", "dataset.anirec.safetensors"};
constexpr const char* aside = "replaced";  // the folder inside a run's that holds the old run for a while

// Options into JSON and back, by name.
struct ToJson {
  ordered_json& json;
  template <class Field, class... Rest>
  void operator()(const char* name, const Field& field, Rest&&...) const {
    json[name] = field;
  }
};

struct FromJson {
  const ordered_json& json;
  void operator()(const char* name, std::string& field, const char*) const { field = json_string(json, name); }
  void operator()(const char* name, bool& field, const char*) const { field = json_flag(json, name); }
  void operator()(const char* name, std::uint64_t& field, const char*, Limits limits) const {
    const bool all = limits.high >= 0x1p64;
    const std::uint64_t high =
        all ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(limits.high);
    field = json_whole_number(json, name, static_cast<std::uint64_t>(limits.low), high);
  }
  void operator()(const char* name, double& field, const char*, Limits limits) const {
    field = json_number(json, name, limits.low, limits.high);
    if (limits.open_low && field == limits.low)
      throw std::runtime_error("'" + std::string(name) + "' is too small");
  }
};

// What cannot be looked at is not there: the call that needs it says why.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string read_text(const std::string& path) {
  return read_text_file(path, "is it a run folder that anirec train wrote?");
}

// Moves one file of a run; what is not there needs no moving.
void move_file(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT)
    throw DataError("cannot move " + system_error_text(from, errno) + "; choose another --out");
}

std::string resume_advice(const std::string& path) {
  return "; train it again with --overwrite --out " + printable(path);
}

// Names and hashes, nothing else: whatever depth a hostile file has stays out of it.
std::string sources_text(const ordered_json& sources) {
  ordered_json plain = ordered_json::array();
  if (!sources.is_array()) throw std::runtime_error("'sources' is no list");
  for (const ordered_json& source : sources)
    plain.push_back({{"name", json_string(source, "name")}, {"hash", json_string(source, "hash")}});
  return plain.dump();
}

ordered_json progress_json(const Progress& progress) {
  ordered_json json = {{"epoch", progress.epoch},
                       {"step", progress.step},
                       {"seconds", progress.seconds},
                       {"best_epoch", progress.best.epoch},
                       {"bad_epochs", progress.best.bad_epochs}};
  if (progress.best.value) json["best_value"] = *progress.best.value;
  return json;
}

std::vector<double> sums_vector(const TrainSums& s) {
  return {s.samples,       s.loss,           s.squared_error, s.absolute_error, s.cross_entropy,
          s.true_positive, s.false_positive, s.true_negative, s.false_negative};
}

TrainSums sums_from(const std::vector<double>& v) {
  TrainSums s;
  s.samples = v[0];
  s.loss = v[1];
  s.squared_error = v[2];
  s.absolute_error = v[3];
  s.cross_entropy = v[4];
  s.true_positive = v[5];
  s.false_positive = v[6];
  s.true_negative = v[7];
  s.false_negative = v[8];
  return s;
}

std::vector<double> finite_check(std::vector<double> values, const std::string& path) {
  for (const double value : values)
    if (!std::isfinite(value)) throw DataError(printable(path) + ": its sums are not finite; the file is damaged");
  return values;
}

}  // namespace

RunFolder::~RunFolder() {
  try {
    if (old_is_aside_) restore();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a destructor has nobody to tell
    // The next lock() tries again.
  }
  if (lock_ >= 0) close(lock_);
  std::error_code ignored;
  for (const std::string& folder : made_) fs::remove(folder, ignored);  // only what is empty
}

bool RunFolder::holds_run() const {
  for (const char* name : run_files)
    if (is_there(file(name)) || is_there(file(aside) + "/" + name)) return true;
  return false;
}

void RunFolder::refuse_unusable() const {
  if (access((path_ + "/.").c_str(), F_OK) == 0 || errno == ENOENT) return;
  const int fault = errno;
  if (fault == ENOTDIR && is_there(path_))
    throw DataError(printable(path_) + ": is a file, not a run folder; give the folder that anirec train wrote");
  throw DataError(system_error_text(path_, fault) + "; give a run folder that this user may read");
}

void RunFolder::require_run() const {
  refuse_unusable();
  if (!is_there(path_))
    throw DataError(printable(path_) + ": there is no such run folder; anirec train --out " + printable(path_) +
                    " makes one");
  if (!is_there(model_file()))
    throw DataError(printable(path_) + ": the folder holds no trained model; give one that anirec train wrote");
}

bool RunFolder::lock() {
  for (fs::path folder = path_; !folder.empty() && !is_there(folder); folder = folder.parent_path())
    made_.push_back(folder.string());
  std::error_code fault;
  fs::create_directories(path_, fault);
  if (fault)
    throw DataError(printable(path_) + ": the folder cannot be made (" + fault.message() +
                    "); choose another --out");
  lock_ = retrying([&] { return open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (lock_ < 0) throw DataError(system_error_text(path_, errno) + "; choose another --out");
  const int locked = retrying([&] { return flock(lock_, LOCK_EX | LOCK_NB); });
  const int why = errno;
  if (locked != 0 && why == EWOULDBLOCK)
    throw DataError(printable(path_) +
                    ": another anirec is training in this folder; wait for it, or choose another --out");
  if (access(path_.c_str(), W_OK) != 0)
    throw DataError(system_error_text(path_, errno) + "; choose another --out");
  if (locked != 0 && why != ENOLCK && why != ENOSYS && why != ENOTSUP && why != EINVAL)
    throw DataError("cannot lock " + system_error_text(path_, why) + "; choose another --out");
  remove_left_over_files(path_);
  fs::remove(dataset_file() + ".new", fault);
  if (is_there(file(aside))) {
    put_back_ = !is_committed();
    put_back_ ? restore() : drop_old();
  }
  return locked == 0;
}

bool RunFolder::is_committed() const { return is_there(file("optimizer.safetensors")); }

void RunFolder::set_aside(const std::string& kept) {
  if (!holds_run()) return;
  std::error_code fault;
  fs::create_directory(file(aside), fault);
  if (fault)
    throw DataError(printable(file(aside)) + ": the folder cannot be made (" + fault.message() +
                    "); choose another --out");
  old_is_aside_ = true;
  for (const char* name : run_files) {
    std::error_code ignored;
    if (kept.empty() || !fs::equivalent(file(name), kept, ignored))
      move_file(file(name), file(aside) + "/" + name);
  }
}

// The optimizer's file comes back last: until then the next lock() goes on with it.
void RunFolder::restore() const {
  for (std::size_t i = std::size(run_files); i-- > 0;)
    move_file(file(aside) + "/" + run_files[i], file(run_files[i]));
  drop_old();
}

void RunFolder::drop_old() const {
  std::error_code ignored;
  fs::remove_all(file(aside), ignored);
}

void RunFolder::write_config(const StoredConfig& config) const {
  ordered_json options;
  visit_options(config.options, ToJson{options});
  const DatasetReference& data = config.dataset;
  ordered_json json = {{"format", "anirec-run"},
                       {"format_version", 1},
                       {"options", options},
                       {"dataset",
                        {{"path", data.path},
                         {"rows", data.rows},
                         {"users", data.users},
                         {"items", data.items},
                         {"sources", ordered_json::parse(data.sources)}}}};
  if (!config.titles.empty()) json["titles"] = config.titles;
  try {
    write_file_atomically(file("config.json"), json.dump(2) + "\n");
  } catch (const ordered_json::type_error&) {
    throw DataError(printable(data.path) +
                    ": this name, or that of a column, of --init or of --titles, is no UTF-8, which config.json "
                    "needs; rename it");
  }
}

StoredConfig RunFolder::read_config() const {
  const std::string path = file("config.json");
  require_small_file(path);
  const std::string text = read_text(path);
  try {
    const ordered_json json = ordered_json::parse(text);
    if (json_string(json, "format") != "anirec-run") throw std::runtime_error("it is none of anirec's");
    require_format_version(json, 1, path, "run");
    StoredConfig config;
    visit_options(config.options, FromJson{json_field(json, "options")});
    const ordered_json& data = json_field(json, "dataset");
    constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
    config.dataset = {json_string(data, "path"), json_whole_number(data, "rows", 0, any),
                      json_whole_number(data, "users", 0, any), json_whole_number(data, "items", 0, any),
                      sources_text(json_field(data, "sources"))};
    if (json.contains("titles")) config.titles = json_string(json, "titles");
    check_config(config.options);
    return config;
  } catch (const DataError&) {
    throw;
  } catch (const std::exception& fault) {
    throw DataError(printable(path) + ": the configuration is damaged (" + json_fault(fault) + ")" +
                    resume_advice(path_));
  }
}

Dataset RunFolder::read_dataset_of_run(const StoredConfig& config) const {
  const std::string& named = config.dataset.path;
  // A run folder and its dataset may have moved together.
  std::string path = fs::path(named).is_absolute() ? named : file(named);
  const std::string beside = (fs::path(path_) / ".." / fs::path(named).filename()).string();
  if (!is_there(path) && is_there(beside)) path = beside;
  if (!is_there(path))
    throw DataError(printable(path) + ": the dataset of this run is gone; put it back, or beside the run folder");
  Dataset dataset = read_dataset(path);
  DatasetReference found = reference_to(dataset, named);
  if (!(found == config.dataset))
    throw DataError(printable(path) + ": this is not the dataset the run was trained on; put that one back");
  return dataset;
}

void RunFolder::take_dataset(const std::string& from) const { move_file(from, dataset_file()); }

void RunFolder::write_checkpoint(const ModelConfig& model, const Parameters& parameters,
                                 const OptimizerState& state, const Progress& progress) {
  metrics().sync();  // what a checkpoint stands for is on the disk before it
  SafetensorsWriter writer;
  writer.set_metadata({{"format", "anirec-optimizer"},
                       {"format_version", "1"},
                       {"model", model_config_json(model)},
                       {"progress", progress_json(progress).dump()}});
  add_parameters(writer, model, parameters, "");
  add_parameters(writer, model, state.first, "first_moment.");
  add_parameters(writer, model, state.second, "second_moment.");
  if (!state.user_last_step.empty()) writer.add("user_last_step", state.user_last_step);
  if (!state.item_last_step.empty()) writer.add("item_last_step", state.item_last_step);
  const std::vector<double> sums = sums_vector(progress.sums);
  writer.add("epoch_sums", sums);
  writer.write(file("optimizer.safetensors"));
  if (!old_is_aside_) return;
  old_is_aside_ = false;
  drop_old();
}

std::optional<RunFolder::Checkpoint> RunFolder::read_checkpoint(const ModelConfig& model,
                                                                Optimizer optimizer) const {
  const std::string path = file("optimizer.safetensors");
  if (!is_there(path)) return std::nullopt;
  const SafetensorsReader reader(path);
  const auto damaged = [&](const std::string& what) {
    throw DataError(printable(path) + ": the checkpoint does not fit this run (" + what + ")" +
                    resume_advice(path_));
  };
  const FileMetadata& metadata = reader.metadata();
  if (!metadata.contains("format") || metadata.at("format") != "anirec-optimizer")
    damaged("it is no anirec checkpoint");
  if (!metadata.contains("model") || metadata.at("model") != model_config_json(model)) damaged("another model");
  Checkpoint checkpoint;
  Progress& progress = checkpoint.progress;
  try {
    const ordered_json json = ordered_json::parse(metadata.at("progress"));
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    constexpr double finite = std::numeric_limits<double>::max();
    progress.epoch = json_whole_number(json, "epoch", 0, most);
    progress.step = json_whole_number(json, "step", 0, most);
    progress.seconds = json_number(json, "seconds", 0, finite);
    progress.best.epoch = json_whole_number(json, "best_epoch", 0, most);
    progress.best.bad_epochs = json_whole_number(json, "bad_epochs", 0, most);
    if (json.contains("best_value")) progress.best.value = json_number(json, "best_value", -finite, finite);
  } catch (const std::exception& fault) {
    damaged(json_fault(fault));
  }
  progress.sums = sums_from(finite_check(reader.read<double>("epoch_sums", {9}), path));
  checkpoint.parameters = read_parameters(reader, model, "");
  checkpoint.state.first = read_parameters(reader, model, "first_moment.");
  checkpoint.state.second = read_parameters(reader, model, "second_moment.");
  checkpoint.state.step = progress.step;

  const std::size_t dim = static_cast<std::size_t>(model.dim);
  const auto fits = [&](const Parameters& p, bool wanted, std::size_t width) {
    if (!wanted) return p == Parameters{};
    const std::size_t bias = model.has_row_bias() ? 1 : 0;
    return p.user_embedding.size() == model.users * width && p.item_embedding.size() == model.items * width &&
           p.user_bias.size() == model.users * bias && p.item_bias.size() == model.items * bias &&
           p.dense.size() == dense_tensors(model).back().offset + dense_tensors(model).back().size();
  };
  const bool adams = optimizer == Optimizer::adam || optimizer == Optimizer::lazy_adam;
  if (!fits(checkpoint.parameters, true, dim) || !fits(checkpoint.state.first, adams, dim) ||
      !fits(checkpoint.state.second, optimizer != Optimizer::sgd,
            optimizer == Optimizer::rowwise_adagrad ? 1 : dim))
    damaged("sizes of its tensors");
  for (const Parameters* p : {&checkpoint.parameters, &checkpoint.state.first, &checkpoint.state.second})
    if (!is_finite(*p)) damaged("values that are not finite");
  if (optimizer == Optimizer::adam) {
    checkpoint.state.user_last_step = reader.read<std::uint32_t>("user_last_step", {model.users});
    checkpoint.state.item_last_step = reader.read<std::uint32_t>("item_last_step", {model.items});
    for (const auto* steps : {&checkpoint.state.user_last_step, &checkpoint.state.item_last_step})
      for (const std::uint32_t step : *steps)
        if (step > progress.step) damaged("a row's last step lies ahead");
  }
  return checkpoint;
}

DatasetReference reference_to(const Dataset& dataset, const std::string& path) {
  ordered_json sources = ordered_json::array();
  for (const DatasetSource& source : dataset.sources)
    sources.push_back({{"name", source.name}, {"hash", source.hash}});
  // Names of files may be no UTF-8; the dataset's file has them replaced too.
  const std::string text = sources.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return {path, dataset.size(), dataset.users.size(), dataset.items.size(), text};
}

}  // namespace anirec
