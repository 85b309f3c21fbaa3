// Every engine against TensorFlow's Keras: from the same start over the same samples, 300 steps without dropout.
// tests/golden/ was written by tools/keras_reference.py.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "dataset/dataset_file.h"
#include "engines/engines.h"
#include "engines/small_problem.h"
#include "model/model_file.h"

using namespace anirec;

namespace {

const std::string golden = ANIREC_SOURCE_DIR "/tests/golden/";

struct Golden {
  Problem problem;
  Parameters trained;
  std::vector<double> losses;  // of each step
};

Golden read_golden(const std::string& name) {
  const nlohmann::json made = nlohmann::json::parse(std::ifstream(golden + "keras.json")).at("models").at(name);
  const Model start = read_model(golden + name + ".start.safetensors");
  Golden g;
  g.problem.model = start.config;
  g.problem.start = start.parameters;
  g.problem.settings.batch_size = made.at("batch_size");
  g.problem.settings.rate.base = made.at("learning_rate");
  g.problem.settings.class_weight[0] = made.at("class_weight").at(0);
  g.problem.settings.class_weight[1] = made.at("class_weight").at(1);
  g.problem.settings.dropout = dropout_rate(0);
  g.problem.settings.shuffle = false;
  g.problem.settings.math = Math::fp32;
  const std::string data = golden + made.at("task").get<std::string>() + ".anirec.safetensors";
  g.problem.samples = split_dataset(read_dataset(data), {.shares = "1,0,0", .shuffle = false});
  g.trained = read_model(golden + name + ".trained.safetensors").parameters;
  g.losses = made.at("losses").get<std::vector<double>>();
  return g;
}

// The largest difference as a share of the largest movement.
double largest_to_movement(std::span<const float> a, std::span<const float> b, std::span<const float> start) {
  double difference = 0, movement = 1e-300;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    movement = std::max(movement, std::abs(static_cast<double>(b[i]) - static_cast<double>(start[i])));
  }
  return difference / movement;
}

void check_moved_alike(std::span<const float> ours, std::span<const float> keras, std::span<const float> start) {
  REQUIRE(ours.size() == keras.size());
  CHECK(relative_to_movement(ours, keras, start) < 1e-4);
  CHECK(largest_to_movement(ours, keras, start) < 1e-4);
}

void check_against_keras(const std::string& name) {
  CAPTURE(name);
  const Golden g = read_golden(name);
  const Problem& p = g.problem;
  REQUIRE(g.losses.size() == 300);
  for (const PresentEngine& present : present_engines()) {
    CAPTURE(present.name);
    const std::unique_ptr<Engine> engine = present.make(p.model, p.settings);
    engine->load(p.start, nullptr);
    engine->attach(p.samples);
    for (std::uint64_t step = 1; step <= g.losses.size(); ++step) {
      CAPTURE(step);
      TrainSums sums;
      engine->train({step_begin(step, p.samples.train.size(), p.settings.batch_size),
                     step_begin(step + 1, p.samples.train.size(), p.settings.batch_size)},
                    sums);
      REQUIRE(sums.loss / sums.samples == doctest::Approx(g.losses[step - 1]).epsilon(1e-5));
    }
    Parameters trained;
    engine->read(trained);
    check_moved_alike(trained.user_embedding, g.trained.user_embedding, p.start.user_embedding);
    check_moved_alike(trained.item_embedding, g.trained.item_embedding, p.start.item_embedding);
    check_moved_alike(trained.user_bias, g.trained.user_bias, p.start.user_bias);
    check_moved_alike(trained.item_bias, g.trained.item_bias, p.start.item_bias);
    for (const DenseTensor& tensor : dense_tensors(p.model)) {
      CAPTURE(tensor.name);
      const auto part = [&](const Parameters& parameters) {
        return std::span(parameters.dense).subspan(tensor.offset, tensor.size());
      };
      check_moved_alike(part(trained), part(g.trained), part(p.start));
    }
  }
}

}  // namespace

TEST_CASE("matrix factorization trains as Keras' does") {
  check_against_keras("mf_rating");
  check_against_keras("mf_interaction");  // class weights 2.5, 1
}

TEST_CASE("neural models train as Keras' do") {
  check_against_keras("nn_rating");
  check_against_keras("nn_interaction");  // class weights 2.5, 1
  check_against_keras("hybrid");          // loss weights 1, 5
}
