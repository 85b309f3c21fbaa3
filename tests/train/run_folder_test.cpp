#include "train/run_folder.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "error.h"
#include "fixtures/temporary_folder.h"

using namespace anirec;

namespace {

StoredConfig stored_config() {
  StoredConfig config;
  config.options.model = "nn";
  config.options.task = "rating";
  config.options.seed = 18446744073709551615u;
  config.options.lr = 0.1;
  config.options.no_shuffle = true;
  config.dataset = {"/some/where.safetensors", 10, 3, 4, R"([{"name":"a.csv","hash":"1"}])"};
  return config;
}

ModelConfig model_config(const std::string& name) {
  ModelConfig model;
  model.name = name;
  model.task = Task::rating;
  model.dim = 2;
  if (name == "nn") model.hidden = {3};
  model.heads = make_heads(name, Task::rating, Activation::identity, 1, 1);
  model.users = 3;
  model.items = 4;
  return model;
}

// A state as an engine of this optimizer gives it, with every number another.
OptimizerState state_of(const ModelConfig& model, Optimizer optimizer, const Parameters& like) {
  OptimizerState state;
  state.step = 41;
  const bool adams = optimizer == Optimizer::adam || optimizer == Optimizer::lazy_adam;
  if (adams) state.first = like;
  if (optimizer != Optimizer::sgd) state.second = like;
  if (optimizer == Optimizer::rowwise_adagrad) {
    state.second.user_embedding = {1, 2, 3};
    state.second.item_embedding = {4, 5, 6, 7};
  }
  if (optimizer == Optimizer::adam) {
    state.user_last_step = {0, 41, 7};
    state.item_last_step.assign(model.items, 3);
  }
  return state;
}

Progress progress_at_41() {
  Progress progress;
  progress.epoch = 4;
  progress.step = 41;
  progress.seconds = 0.1;
  progress.sums.samples = 96;
  progress.sums.loss = 1.0 / 3;
  progress.sums.true_negative = 5;
  progress.sums.false_negative = 6;
  progress.best = {0.7, 3, 1};
  return progress;
}

void append(const RunFolder& run, std::uint64_t step) { run.append_metrics({{"epoch", step}, {"step", step}}); }

}  // namespace

TEST_CASE("a configuration comes back from config.json as it was") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  const StoredConfig config = stored_config();
  run.write_config(config);
  const StoredConfig back = run.read_config();
  CHECK(back.dataset == config.dataset);
  CHECK(back.options.seed == config.options.seed);
  CHECK(back.options.lr == 0.1);
  CHECK(back.options.no_shuffle);
  CHECK(back.options.model == "nn");
  CHECK_THROWS_AS(RunFolder(folder.path("none")).read_config(), DataError);
}

TEST_CASE("a checkpoint comes back bit for bit, for every model and optimizer") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  for (const char* name : {"mf", "nn"})
    for (const Optimizer optimizer :
         {Optimizer::adam, Optimizer::lazy_adam, Optimizer::adagrad, Optimizer::rowwise_adagrad, Optimizer::sgd}) {
      CAPTURE(name);
      CAPTURE(static_cast<int>(optimizer));
      const ModelConfig model = model_config(name);
      const Parameters parameters = initial_parameters(model, 9, InitBias::mean, {7, 0.5});
      const OptimizerState state =
          state_of(model, optimizer, initial_parameters(model, 10, InitBias::mean, {3, 0.5}));
      run.write_checkpoint(model, parameters, state, progress_at_41());
      const auto back = run.read_checkpoint(model, optimizer);
      REQUIRE(back);
      CHECK(back->parameters == parameters);
      CHECK(back->state == state);
      CHECK(back->progress.epoch == 4);
      CHECK(back->progress.step == 41);
      CHECK(back->progress.sums.loss == 1.0 / 3);
      CHECK(back->progress.sums.samples == 96);
      CHECK(back->progress.sums.true_negative == 5);
      CHECK(back->progress.sums.false_negative == 6);
      CHECK(back->progress.seconds == 0.1);
      CHECK(back->progress.best.value == 0.7);
      CHECK(back->progress.best.epoch == 3);
      CHECK(back->progress.best.bad_epochs == 1);
    }
}

TEST_CASE("a checkpoint of another model, of another optimizer or from the future is refused; none is none") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  const ModelConfig mf = model_config("mf");
  CHECK_FALSE(run.read_checkpoint(mf, Optimizer::adam));
  const Parameters parameters = initial_parameters(mf, 9, InitBias::zero, {});
  run.write_checkpoint(mf, parameters, state_of(mf, Optimizer::adam, parameters), progress_at_41());
  CHECK_THROWS_AS(run.read_checkpoint(model_config("nn"), Optimizer::adam), DataError);
  CHECK_THROWS_AS(run.read_checkpoint(mf, Optimizer::sgd), DataError);
  CHECK_THROWS_AS(run.read_checkpoint(mf, Optimizer::adagrad), DataError);
  OptimizerState ahead = state_of(mf, Optimizer::adam, parameters);
  ahead.item_last_step[2] = 42;
  run.write_checkpoint(mf, parameters, ahead, progress_at_41());
  CHECK_THROWS_AS(run.read_checkpoint(mf, Optimizer::adam), DataError);
}

TEST_CASE("metrics are cut back to a step, with a torn last line") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  run.cut_metrics(5);
  CHECK_FALSE(std::filesystem::exists(run.file("metrics.jsonl")));
  for (const std::uint64_t step : {10, 10, 20, 30}) append(run, step);
  run.cut_metrics(20);
  const std::string kept = "{\"epoch\":10,\"step\":10}\n{\"epoch\":10,\"step\":10}\n{\"epoch\":20,\"step\":20}\n";
  CHECK(TemporaryFolder::read(run.file("metrics.jsonl")) == kept);
  folder.file("metrics.jsonl", kept + "{\"epoch\":30,\"st");
  run.cut_metrics(30);
  CHECK(TemporaryFolder::read(run.file("metrics.jsonl")) == kept);
  folder.file("metrics.jsonl", "nonsense\n" + kept);
  CHECK_THROWS_AS(run.cut_metrics(30), DataError);
  CHECK(TemporaryFolder::read(run.file("metrics.jsonl")) == "nonsense\n" + kept);
}

TEST_CASE("a folder holds a run as soon as one of its files is there, and none after it was removed") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path("run"));
  CHECK_FALSE(run.holds_run());
  CHECK_THROWS_AS(run.require_run(), DataError);
  std::filesystem::create_directories(run.path());
  CHECK_FALSE(run.holds_run());
  folder.file("run/notes.txt", "mine");
  CHECK_FALSE(run.holds_run());
  for (const char* name :
       {"config.json", "model.safetensors", "optimizer.safetensors", "metrics.jsonl", "evaluation.json"}) {
    folder.file(std::string("run/") + name, "x");
    CHECK(run.holds_run());
    run.remove_run("");
    CHECK_FALSE(run.holds_run());
  }
  CHECK(TemporaryFolder::read(folder.path("run/notes.txt")) == "mine");
}

TEST_CASE("removing a run leaves the dataset the next one is trained on") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  folder.file("dataset.anirec.safetensors", "x");
  folder.file("config.json", "x");
  run.remove_run(folder.path("dataset.anirec.safetensors"));
  CHECK(std::filesystem::exists(run.dataset_file()));
  CHECK_FALSE(std::filesystem::exists(run.file("config.json")));
}

TEST_CASE("only one holder at a time, and folders made for nothing go again") {
  const TemporaryFolder folder;
  {
    RunFolder first(folder.path("a/b/run")), second(folder.path("a/b/run"));
    first.lock();
    CHECK(std::filesystem::exists(folder.path("a/b/run")));
    CHECK_THROWS_AS(second.lock(), DataError);
  }
  CHECK_FALSE(std::filesystem::exists(folder.path("a")));
  {
    RunFolder run(folder.path("a/b/run"));
    run.lock();
    folder.file("a/b/run/x", "x");
  }
  CHECK(std::filesystem::exists(folder.path("a/b/run/x")));
  RunFolder again(folder.path("a/b/run"));
  CHECK_NOTHROW(again.lock());
}
