#include "model/item_map.h"

#include <algorithm>
#include <cmath>

#include "model/small_algebra.h"

namespace anirec {
namespace {

constexpr int most_rounds = 200;
constexpr double still_turning = 1e-7;  // how far a direction moves in a round, to go on

// Rows of equal length around their mean.
class CentredRows {
 public:
  CentredRows(const float* table, std::size_t width, std::span<const std::uint32_t> rows)
      : count_(rows.size()), width_(width), values_(count_ * width) {
    Vector mean(width);
    for (const std::uint32_t row : rows)
      for (std::size_t d = 0; d < width; ++d) mean[d] += static_cast<double>(table[row * width + d]);
    for (double& value : mean) value /= static_cast<double>(count_);
    for (std::size_t i = 0; i < count_; ++i)
      for (std::size_t d = 0; d < width; ++d)
        values_[i * width + d] = static_cast<double>(table[rows[i] * width + d]) - mean[d];
  }

  double square() const { return dot(values_, values_); }
  double along(std::size_t row, const Vector& direction) const { return dot(row_of(row), direction); }

  // The direction of most variance among those orthogonal to `other`; zeros where nothing is left.
  Vector direction(const Vector* other) const {
    Vector at(width_);
    // Some start that no structure of embeddings is likely to be orthogonal to.
    for (std::size_t d = 0; d < width_; ++d) at[d] = 1 + static_cast<double>(d * 7 % 11) / 11;
    if (!normalise(at, other)) return Vector(width_);
    for (int round = 0; round < most_rounds; ++round) {
      Vector next(width_);
      for (std::size_t i = 0; i < count_; ++i) add_scaled(next, along(i, at), row_of(i));
      if (!normalise(next, other)) return Vector(width_);
      const double turned = 1 - std::fabs(dot(next, at));
      at = next;
      if (turned < still_turning * still_turning) break;
    }
    const auto largest =
        std::max_element(at.begin(), at.end(), [](double a, double b) { return std::fabs(a) < std::fabs(b); });
    if (*largest < 0)
      for (double& value : at) value = -value;
    return at;
  }

 private:
  std::span<const double> row_of(std::size_t i) const { return std::span(values_).subspan(i * width_, width_); }
  static double length(const Vector& v) { return std::sqrt(dot(v, v)); }

  // To length 1 and orthogonal to `other`; false where nothing but rounding is left of it.
  static bool normalise(Vector& v, const Vector* other) {
    const double before = length(v);
    if (other != nullptr) add_scaled(v, -dot(v, *other), *other);
    const double left = length(v);
    if (!(left > 1e-12 * before)) return false;
    for (double& value : v) value /= left;
    return true;
  }

  std::size_t count_, width_;
  Vector values_;
};

}  // namespace

ItemMap map_items(const ModelConfig& model, const Parameters& parameters, std::span<const std::uint32_t> items) {
  ItemMap map;
  if (items.empty()) return map;
  const CentredRows rows(parameters.item_embedding.data(), static_cast<std::size_t>(model.dim), items);
  const Vector first = rows.direction(nullptr), second = rows.direction(&first);
  double square = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    map.places.push_back({rows.along(i, first), rows.along(i, second)});
    square += map.places[i].x * map.places[i].x + map.places[i].y * map.places[i].y;
  }
  const double all = rows.square();
  map.variance_share = all > 0 ? square / all : 0;
  return map;
}

}  // namespace anirec
