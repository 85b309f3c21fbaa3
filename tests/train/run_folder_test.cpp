#include "train/run_folder.h"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <filesystem>
#include <limits>
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

void append(const RunFolder& run, std::uint64_t step) { run.metrics().append({{"epoch", step}, {"step", step}}); }

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
  RunFolder run(folder.path(""));
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
  RunFolder run(folder.path(""));
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
  OptimizerState damaged = state_of(mf, Optimizer::adam, parameters);
  damaged.second.item_bias[1] = std::numeric_limits<float>::quiet_NaN();
  run.write_checkpoint(mf, parameters, damaged, progress_at_41());
  CHECK_THROWS_AS(run.read_checkpoint(mf, Optimizer::adam), DataError);
  Progress beyond = progress_at_41();
  beyond.step = std::uint64_t{1} << 40;
  run.write_checkpoint(mf, parameters, state_of(mf, Optimizer::adam, parameters), beyond);
  CHECK_THROWS_AS(run.read_checkpoint(mf, Optimizer::adam), DataError);
}

TEST_CASE("metrics are cut back to a step, with a torn last line") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  run.metrics().cut(5);
  CHECK_FALSE(std::filesystem::exists(run.file("metrics.jsonl")));
  for (const std::uint64_t step : {10, 10, 20, 30}) append(run, step);
  run.metrics().cut(20);
  const std::string kept = "{\"epoch\":10,\"step\":10}\n{\"epoch\":10,\"step\":10}\n{\"epoch\":20,\"step\":20}\n";
  CHECK(TemporaryFolder::read(run.file("metrics.jsonl")) == kept);
  folder.file("metrics.jsonl", kept + "{\"epoch\":30,\"st");
  run.metrics().cut(30);
  CHECK(TemporaryFolder::read(run.file("metrics.jsonl")) == kept);
  folder.file("metrics.jsonl", "nonsense\n" + kept);
  CHECK_THROWS_AS(run.metrics().cut(30), DataError);
  CHECK(TemporaryFolder::read(run.file("metrics.jsonl")) == "nonsense\n" + kept);
}

TEST_CASE("damage in config.json is told by the field, and whatever stands there is no more than a refusal") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  run.write_config(stored_config());
  const std::string whole = TemporaryFolder::read(run.file("config.json"));
  const auto fault_with = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
    folder.file("config.json", text);
    try {
      run.read_config();
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  struct Example {
    std::string from, to, part;
  };
  const Example examples[] = {
      {"\"dim\": 64", "\"dim\": 1e300", "'dim' is no whole number"},
      {"\"dim\": 64", "\"dim\": -1", "'dim' is no whole number"},
      {"\"dim\": 64", "\"dim\": 64.5", "'dim' is no whole number"},
      {"\"dim\": 64", "\"dim\": \"64\"", "'dim' is no whole number"},
      {"\"dim\": 64", "\"width\": 64", "there is no 'dim'"},
      {"\"batch_size\": 256", "\"batch_size\": 0", "'batch_size' is no whole number"},
      {"\"threads\": 0", "\"threads\": 1000000000000", "'threads' is no whole number"},
      {"\"lr\": 0.1", "\"lr\": -1", "'lr' is no number"},
      {"\"lr\": 0.1", "\"lr\": null", "'lr' is no number"},
      {"\"lr_decay\": 0.1", "\"lr_decay\": 0", "'lr_decay' is too small"},
      {"\"no_shuffle\": true", "\"no_shuffle\": 1", "'no_shuffle' is neither true nor false"},
      {"\"model\": \"nn\"", "\"model\": [[]]", "'model' is no text"},
      {"\"options\": {", "\"options\": 3, \"x\": {", "there is no 'model'"},
      {"\"rows\": 10", "\"rows\": -10", "'rows' is no whole number"},
      {"\"sources\": [", "\"sources\": 7, \"x\": [", "'sources' is no list"},
      {"\"sources\": [", "\"sources\": [" + std::string(100'000, '[') + std::string(100'000, ']') + ",",
       "no 'name'"},
      {"\"format_version\": 1", "\"format_version\": \"1\"", "'format_version' is no whole number"},
      {"anirec-run", "a\x1b[2J", "parse error"},
  };
  for (const Example& example : examples) {
    CAPTURE(example.to.substr(0, 60));
    const std::string fault = fault_with(example.from, example.to);
    CAPTURE(fault);
    CHECK(fault.find(run.file("config.json") + ": the configuration is damaged (") == 0);
    CHECK(fault.find(example.part) != std::string::npos);
    CHECK(fault.find("[json") == std::string::npos);
    CHECK(fault.find('\x1b') == std::string::npos);
  }
  // Of another version it may be whole.
  CHECK(fault_with("\"format_version\": 1", "\"format_version\": 7, \"new\": {}") ==
        run.file("config.json") +
            ": run format 7 is not the one this anirec reads (1); use the anirec that wrote it");
  folder.file("config.json", whole + std::string(17 << 20, ' '));
  CHECK_THROWS_WITH_AS(run.read_config(),
                       (run.file("config.json") + ": is larger than 16 MB, which none that anirec "
                                                  "writes is; put the right one there")
                           .c_str(),
                       DataError);
  std::filesystem::remove(run.file("config.json"));
  std::filesystem::create_symlink("/dev/zero", run.file("config.json"));
  CHECK_THROWS_AS(run.read_config(), DataError);
}

TEST_CASE("a name that is no UTF-8 is refused where config.json would have to hold it") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  StoredConfig config = stored_config();
  config.dataset.path = "caf\xe9.safetensors";
  CHECK_THROWS_AS(run.write_config(config), DataError);
  CHECK_FALSE(std::filesystem::exists(run.file("config.json")));
  Dataset dataset;
  dataset.sources = {{"caf\xe9.csv", "", ""}};
  CHECK(reference_to(dataset, "x").sources == "[{\"name\":\"caf\xef\xbf\xbd.csv\",\"hash\":\"\"}]");
}

TEST_CASE("epochs are counted in metrics.jsonl; a damaged line but the last is named") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  CHECK(run.metrics().epochs_trained() == 0);
  const std::string epoch = "{\"step\":1,\"split\":\"train\"}\n{\"step\":1,\"split\":\"validation\"}\n";
  folder.file("metrics.jsonl", epoch + epoch + "{\"step\":2,\"spl");
  CHECK(run.metrics().epochs_trained() == 2);
  for (const std::string& line :
       {std::string("\x00\xff\x1b[2J", 6), std::string("{\"step\":1,\"split\":3}"), std::string("{\"step\":-1}"),
        std::string("[]"), std::string(), std::string(2 << 20, '[')}) {
    CAPTURE(line.substr(0, 20));
    folder.file("metrics.jsonl", epoch + line + "\n" + epoch);
    const std::string fault = run.file("metrics.jsonl") + ":3:1: the line is damaged; correct or remove it";
    CHECK_THROWS_WITH_AS(run.metrics().epochs_trained(), fault.c_str(), DataError);
    CHECK_THROWS_WITH_AS(run.metrics().cut(9), fault.c_str(), DataError);
  }
  std::filesystem::remove(run.file("metrics.jsonl"));
  std::filesystem::create_symlink("/dev/zero", run.file("metrics.jsonl"));
  CHECK_THROWS_AS(run.metrics().epochs_trained(), DataError);
}

TEST_CASE("the ratings' variance is that of the best validation, else of the last epoch of training") {
  const TemporaryFolder folder;
  const RunFolder run(folder.path(""));
  CHECK(run.metrics().rating_variance() == 1);
  const auto line = [](const std::string& split, const std::string& rmse) {
    return "{\"step\":1,\"split\":\"" + split + "\",\"rmse\":" + rmse + "}\n";
  };
  folder.file("metrics.jsonl", line("train", "4") + line("train", "3"));
  CHECK(run.metrics().rating_variance() == 9);
  folder.file("metrics.jsonl", line("train", "1") + line("validation", "5") + line("validation", "2") +
                                   line("validation", "3") + line("validation", "0") +
                                   line("validation", "\"1\""));
  CHECK(run.metrics().rating_variance() == 4);
  folder.file("metrics.jsonl", "{\"step\":1,\"split\":\"train\",\"bce\":0.5}\n");
  CHECK(run.metrics().rating_variance() == 1);
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
    std::filesystem::remove(run.file(name));
    CHECK_FALSE(run.holds_run());
  }
}

TEST_CASE("an old run put aside leaves the dataset the next one is trained on, and what is no part of it") {
  const TemporaryFolder folder;
  RunFolder run(folder.path(""));
  folder.file("dataset.anirec.safetensors", "x");
  folder.file("config.json", "x");
  folder.file("notes.txt", "mine");
  run.set_aside(folder.path("dataset.anirec.safetensors"));
  CHECK(std::filesystem::exists(run.dataset_file()));
  CHECK(TemporaryFolder::read(folder.path("notes.txt")) == "mine");
  CHECK_FALSE(std::filesystem::exists(run.file("config.json")));
  CHECK(run.holds_run());
}

TEST_CASE("an old run is there again where the new one came to no checkpoint, and gone where it did") {
  const ModelConfig mf = model_config("mf");
  const Parameters parameters = initial_parameters(mf, 1, InitBias::zero, {});
  const TemporaryFolder folder;
  const std::vector<std::string> names = {"config.json", "metrics.jsonl", "model.safetensors",
                                          "optimizer.safetensors"};
  const auto begin_anew = [&](RunFolder& run) {
    for (const std::string& name : names) folder.file(name, "old " + name);
    run.lock();
    run.set_aside("");
    for (const std::string& name : {names[0], names[1], names[2]}) folder.file(name, "new");
  };
  const auto old_is_back = [&] {
    for (const std::string& name : names)
      if (TemporaryFolder::read(folder.path(name)) != "old " + name) return false;
    return !std::filesystem::exists(folder.path("replaced"));
  };
  {
    RunFolder run(folder.path(""));
    begin_anew(run);
    CHECK_FALSE(old_is_back());
  }
  CHECK(old_is_back());

  for (const bool while_putting_back : {false, true}) {
    const pid_t killed = fork();
    if (killed == 0) {
      RunFolder run(folder.path(""));
      begin_anew(run);
      if (while_putting_back)
        for (const std::string& name : {names[0], names[2]})
          std::filesystem::rename(folder.path("replaced/" + name), folder.path(name));
      _exit(0);
    }
    REQUIRE(waitpid(killed, nullptr, 0) == killed);
    CHECK_FALSE(old_is_back());
    RunFolder next(folder.path(""));
    next.lock();
    CHECK(next.put_back());
    CHECK(old_is_back());
  }
  {
    RunFolder run(folder.path(""));
    begin_anew(run);
    run.write_checkpoint(mf, parameters, state_of(mf, Optimizer::adam, parameters), progress_at_41());
  }
  CHECK(TemporaryFolder::read(folder.path("config.json")) == "new");
  CHECK_FALSE(std::filesystem::exists(folder.path("replaced")));
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
