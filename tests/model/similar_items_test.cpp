#include "model/similar_items.h"

#include <doctest/doctest.h>

using namespace anirec;

namespace {

struct Fixture {
  ModelConfig model;
  Parameters parameters;
  explicit Fixture(std::vector<float> embeddings) {
    model.name = "mf";
    model.dim = 2;
    model.items = static_cast<std::uint32_t>(embeddings.size() / 2);
    parameters.item_embedding = std::move(embeddings);
  }
  std::vector<SimilarItem> of(std::uint32_t item, std::size_t k) const {
    return similar_items(model, parameters, item, k);
  }
};

std::vector<std::uint32_t> items_of(const std::vector<SimilarItem>& similar) {
  std::vector<std::uint32_t> items;
  for (const SimilarItem& each : similar) items.push_back(each.item);
  return items;
}

}  // namespace

TEST_CASE("items are ranked by the cosine, whatever their length, without the item itself") {
  const Fixture f({1, 0, 0, 5, 100, 1, -3, 0, 1, 1});
  const auto similar = f.of(0, 10);
  CHECK(items_of(similar) == std::vector<std::uint32_t>{2, 4, 1, 3});
  CHECK(similar[0].cosine == doctest::Approx(0.99995));
  CHECK(similar[1].cosine == doctest::Approx(0.70711));
  CHECK(similar[2].cosine == doctest::Approx(0.0));
  CHECK(similar[3].cosine == doctest::Approx(-1.0));
}

TEST_CASE("ties go to the lower index, and only as many as asked for are given") {
  const Fixture f({1, 0, 2, 0, 3, 0, 4, 0});
  CHECK(items_of(f.of(2, 2)) == std::vector<std::uint32_t>{0, 1});
  CHECK(items_of(f.of(0, 99)) == std::vector<std::uint32_t>{1, 2, 3});
}

TEST_CASE("an embedding of length zero has cosine zero with everything") {
  const Fixture f({0, 0, 1, 0, -1, 0});
  for (const SimilarItem& similar : f.of(0, 2)) CHECK(similar.cosine == 0.0f);
  CHECK(items_of(f.of(1, 2)) == std::vector<std::uint32_t>{0, 2});
}

TEST_CASE("the only item is like nothing") { CHECK(Fixture({1, 2}).of(0, 5).empty()); }
