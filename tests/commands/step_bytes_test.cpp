#include "commands/step_bytes.h"

#include <doctest/doctest.h>

#include <string>

using namespace anirec;

namespace {

// Of a sample, all phases of a step but the plan, which runs beside them; `only`: of that one.
double bytes_of(const std::string& name, std::vector<int> hidden, const std::string& only = "") {
  ModelConfig model;
  model.name = name;
  model.dim = 64;
  model.hidden = std::move(hidden);
  model.users = 310000;
  model.items = 17000;
  model.heads = make_heads(name, Task::rating, Activation::identity, 1, 1);
  StepShape shape;
  shape.batch = 65536;
  shape.users = 0.83 * shape.batch;
  shape.items = 0.234 * shape.batch;
  shape.long_items = 0.15;
  shape.mask_bytes = 16;
  double bytes = 0;
  for (const PhaseBytes& phase : step_bytes(model, shape))
    if (only.empty() ? std::string(phase.name) != "plan" : phase.name == only) bytes += phase.bytes;
  return bytes / shape.batch;
}

}  // namespace

TEST_CASE("nn moves at most 2.5 times mf's bytes, as its activations stay in L2 from layer to layer") {
  CHECK(bytes_of("nn", {64}) < 2.5 * bytes_of("mf", {}));
  CHECK(bytes_of("nn", {64}, "mlp forward") == 0);
  CHECK(bytes_of("nn", {64}, "mlp backward") == 4 * 128);  // dX
  // 1,024 samples of 6,128 floats are more than 16 MiB: X and h by the first product, error and X by dW, error by
  // dX.
  CHECK(bytes_of("nn", {3000}, "mlp forward") == 4 * (128 + 3000));
  CHECK(bytes_of("nn", {3000}, "mlp backward") == 4 * (128 + 2 * 3000 + 128));
}
