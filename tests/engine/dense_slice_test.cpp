#include "engine/dense_slice.h"

#include <doctest/doctest.h>

using namespace anirec;

namespace {

std::uint32_t slice_of(int dim, std::vector<int> hidden) {
  ModelConfig model;
  model.name = "nn";
  model.dim = dim;
  model.hidden = std::move(hidden);
  model.heads = make_heads("nn", Task::rating, Activation::identity, 1, 1);
  return dense_slice_samples(model);
}

}  // namespace

TEST_CASE("a slice's activations fit, and its gradient is no larger than they are") {
  CHECK(slice_of(64, {64}) == 16384);
  CHECK(slice_of(64, {65}) == 15360);      // rounded down
  CHECK(slice_of(64, {64, 64}) == 10240);  // of 384 floats a sample: a second layer, and a second error
  CHECK(slice_of(512, {1024, 512}) == 1024);
  CHECK(slice_of(512, {8192}) == 1024);        // at least that, though it does not fit
  CHECK(slice_of(512, {8192, 8192}) == 3072);  // a gradient of 75.5 M floats, 33,792 floats a sample
}
