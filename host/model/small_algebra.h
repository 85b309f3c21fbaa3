// Vectors and matrices of a user's row, in double: small enough to be written out.
#pragma once

#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace anirec {

using Vector = std::vector<double>;

inline double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// to += factor · from
inline void add_scaled(std::span<double> to, double factor, std::span<const double> from) {
  for (std::size_t k = 0; k < to.size(); ++k) to[k] += factor * from[k];
}

// A symmetric, positive definite matrix as L·Lᵀ.
class Cholesky {
 public:
  explicit Cholesky(Vector matrix, std::size_t size) : lower_(std::move(matrix)), size_(size) {
    for (std::size_t i = 0; i < size_; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        const double rest = row(i)[j] - dot(row(i).first(j), row(j).first(j));
        row(i)[j] = i == j ? std::sqrt(rest) : rest / row(j)[j];
      }
  }

  Vector inverse() const {
    Vector all(size_ * size_);
    for (std::size_t i = 0; i < size_; ++i) {
      Vector unit(size_);
      unit[i] = 1;
      const Vector column = solve(std::move(unit));
      std::copy(column.begin(), column.end(), all.begin() + static_cast<std::ptrdiff_t>(i * size_));
    }
    return all;
  }

  Vector solve(Vector x) const {
    for (std::size_t i = 0; i < size_; ++i)
      x[i] = (x[i] - dot(row(i).first(i), std::span(x).first(i))) / row(i)[i];
    for (std::size_t i = size_; i-- > 0;) {
      x[i] /= row(i)[i];
      add_scaled(std::span(x).first(i), -x[i], row(i).first(i));
    }
    return x;
  }

 private:
  std::span<double> row(std::size_t i) { return std::span(lower_).subspan(i * size_, size_); }
  std::span<const double> row(std::size_t i) const { return std::span(lower_).subspan(i * size_, size_); }
  Vector lower_;
  std::size_t size_;
};

}  // namespace anirec
