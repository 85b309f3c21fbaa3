#include "model/new_user.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "formulas/initial_value.h"
#include "formulas/loss.h"
#include "model/item_functions.h"
#include "model/small_algebra.h"

namespace anirec {

// What is known of a user before they rate anything: the trained users' mean, and the inverse of their covariance.
struct Prior {
  Vector mean, precision;  // [size], [size, size]
};

namespace {

// As many users, evenly spread over the table, say enough.
constexpr std::size_t users_looked_at = 16384;

Prior prior_of(const ModelConfig& model, const Parameters& parameters) {
  const std::size_t dim = static_cast<std::size_t>(model.dim), size = dim + (model.has_row_bias() ? 1 : 0);
  const std::size_t users = std::min<std::size_t>(model.users, users_looked_at);
  const auto read_row = [&](std::size_t place, Vector& row) {
    const std::size_t user = place * model.users / users;
    const float* from = parameters.user_embedding.data() + user * dim;
    std::copy(from, from + dim, row.begin());
    if (model.has_row_bias()) row[dim] = static_cast<double>(parameters.user_bias[user]);
  };
  Prior prior = {Vector(size), {}};
  Vector row(size), covariance(size * size);
  const double count = static_cast<double>(users);
  for (std::size_t u = 0; u < users; ++u) {
    read_row(u, row);
    add_scaled(prior.mean, 1 / count, row);
  }
  for (std::size_t u = 0; u < users; ++u) {
    read_row(u, row);
    add_scaled(row, -1, prior.mean);
    for (std::size_t i = 0; i < size; ++i)
      add_scaled(std::span(covariance).subspan(i * size, i + 1), row[i] / count, std::span(row).first(i + 1));
  }
  // Few users know little of how elements go together: the fewer, the more of that is left out. Where they do not
  // differ at all (one user), they lie apart as initial values do.
  const double at_start = static_cast<double>(embedding_limit) * static_cast<double>(embedding_limit) / 3;
  const double kept = count / (count + static_cast<double>(size));
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < i; ++j) covariance[i * size + j] *= kept;
    double& variance = covariance[i * size + i];
    variance = variance > 1e-12 ? variance : at_start;
  }
  prior.precision = Cholesky(std::move(covariance), size).inverse();
  return prior;
}

std::vector<std::uint32_t> items_of(const std::vector<RatedItem>& rated) {
  std::vector<std::uint32_t> items;
  for (const RatedItem& each : rated) items.push_back(each.item);
  return items;
}

}  // namespace

struct NewUser::Fit {
  Fit(const ModelConfig& config, const Parameters& trained, std::vector<RatedItem> items,
      const NewUserSettings& given)
      : model(config),
        parameters(trained),
        rated(std::move(items)),
        settings(given),
        functions(config, trained, items_of(rated)),
        prior(prior_of(config, trained)),
        row(prior.mean) {
    const Head& first = model.heads[0];
    temperature =
        first.target != Target::rating ? 1 : 2 * settings.noise_variance * static_cast<double>(first.weight);
    if (temperature <= 0) temperature = static_cast<double>(model.heads.back().weight);
    for (double& element : prior.precision) element *= settings.prior_strength;
    pull = 2 * static_cast<double>(settings.l2) * static_cast<double>(rated.size()) / temperature;
  }

  std::size_t size() const { return functions.row_size(); }
  std::size_t heads() const { return functions.heads(); }
  std::span<const double> slope_of(std::size_t term) const {
    return std::span(slopes).subspan(term * size(), size());
  }

  // Scores, slopes and the loss of every rating at `at`; what is minimised.
  double look(const Vector& at) {
    functions.at(at, scores, slopes);
    first_derivative.assign(scores.size(), 0);
    second_derivative.assign(scores.size(), 0);
    double sum = 0;
    for (std::size_t i = 0; i < rated.size(); ++i)
      for (std::size_t h = 0; h < heads(); ++h) sum += add_loss(i, h);
    const Vector away = from_mean(at);
    sum += 0.5 * dot(away, towards_mean(away));
    for (std::size_t k = 0; k < static_cast<std::size_t>(model.dim); ++k) sum += 0.5 * pull * at[k] * at[k];
    return sum;
  }

  Vector from_mean(Vector at) const {
    add_scaled(at, -1, prior.mean);
    return at;
  }

  // precision · away
  Vector towards_mean(const Vector& away) const {
    Vector product(size());
    for (std::size_t k = 0; k < size(); ++k)
      product[k] = dot(std::span(prior.precision).subspan(k * size(), size()), away);
    return product;
  }

  double add_loss(std::size_t i, std::size_t h) {
    const Head& head = model.heads[h];
    const std::size_t term = i * heads() + h;
    const bool by_label = head.loss == Loss::cross_entropy;
    const float target = by_label ? rated[i].label : rated[i].rating;
    const double weight =
        static_cast<double>(head.weight) / temperature *
        (by_label ? static_cast<double>(settings.class_weight[rated[i].label > 0.5f ? 1 : 0]) : 1.0);
    const float score = static_cast<float>(scores[term]);
    if (by_label) {
      const double s = scores[term], e = std::exp(-std::fabs(s)), p = (s >= 0 ? 1 : e) / (1 + e);
      first_derivative[term] = weight * (p - static_cast<double>(target));
      second_derivative[term] = weight * p * (1 - p);
      return weight * (std::max(s, 0.0) - s * static_cast<double>(target) + std::log1p(e));
    }
    // Gauss and Newton's part of the curvature: never negative.
    const double slope = static_cast<double>(activation_slope(head.activation, score, model.bounds));
    const double value = head.activation == Activation::bounded
                             ? static_cast<double>(activate(head.activation, score, model.bounds))
                             : (slope > 0 ? scores[term] : 0.0);
    const double difference = value - static_cast<double>(target);
    first_derivative[term] = weight * 2 * difference * slope;
    second_derivative[term] = weight * 2 * slope * slope;
    return weight * difference * difference;
  }

  Vector gradient() const {
    Vector sum = towards_mean(from_mean(row));
    for (std::size_t k = 0; k < static_cast<std::size_t>(model.dim); ++k) sum[k] += pull * row[k];
    for (std::size_t term = 0; term < scores.size(); ++term)
      add_scaled(sum, first_derivative[term], slope_of(term));
    return sum;
  }

  Cholesky curvature() const {
    Vector matrix = prior.precision;
    for (std::size_t k = 0; k < static_cast<std::size_t>(model.dim); ++k) matrix[k * size() + k] += pull;
    for (std::size_t term = 0; term < scores.size(); ++term) {
      const std::span<const double> slope = slope_of(term);
      for (std::size_t i = 0; i < size(); ++i)
        add_scaled(std::span(matrix).subspan(i * size(), i + 1), second_derivative[term] * slope[i],
                   slope.first(i + 1));
    }
    return Cholesky(std::move(matrix), size());
  }

  // Where the row goes, from here, once a rating is left out.
  Vector move_without(std::size_t rating, const Cholesky& curvature_of_all) const;

  // Newton's method with halved steps: a quadratic objective takes one.
  void minimise() {
    double value = look(row);
    for (int step = 0; step < 100; ++step) {
      const Vector slope = gradient();
      Vector direction = curvature().solve(slope);
      const double promised = dot(slope, direction);
      if (!(promised > 1e-8 * (1 + std::fabs(value)))) return;
      double length = 1, found;
      Vector tried;
      do {
        tried = row;
        add_scaled(tried, -length, direction);
        found = look(tried);
        length /= 2;
      } while (!(found <= value - 1e-4 * length * promised) && length > 1e-4);
      if (!(found < value)) {
        look(row);
        return;
      }
      row = std::move(tried);
      value = found;
    }
  }

  const ModelConfig& model;
  const Parameters& parameters;
  const std::vector<RatedItem> rated;
  const NewUserSettings settings;
  const ItemFunctions functions;
  Prior prior;
  double temperature, pull;  // pull: of l2, on every element of the embedding
  Vector row;
  // At the last row looked at, a term a rating and head.
  Vector scores, slopes, first_derivative, second_derivative;
};

NewUser::NewUser(const ModelConfig& model, const Parameters& parameters, std::vector<RatedItem> rated,
                 const NewUserSettings& settings)
    : fit_(std::make_unique<Fit>(model, parameters, std::move(rated), settings)) {
  fit_->minimise();
  embedding_.assign(fit_->row.begin(), fit_->row.begin() + model.dim);
  if (model.has_row_bias()) bias_ = static_cast<float>(fit_->row.back());
}

NewUser::~NewUser() = default;

// With M the curvature and J, C, r one rating's slopes, second and first derivatives: leaving it out moves the row
// by (M − JᵀCJ)⁻¹Jᵀr = M⁻¹Jᵀ(I − C·JM⁻¹Jᵀ)⁻¹r.
Vector NewUser::Fit::move_without(std::size_t rating, const Cholesky& curvature_of_all) const {
  const std::size_t count = std::min<std::size_t>(heads(), 2);  // one head or two
  const std::size_t first = rating * count;
  std::vector<Vector> solved;  // M⁻¹Jᵀ
  for (std::size_t h = 0; h < count; ++h) {
    const std::span<const double> slope = slope_of(first + h);
    solved.push_back(curvature_of_all.solve(Vector(slope.begin(), slope.end())));
  }
  // The inverse of a 2 × 2 matrix, written out.
  double left[2][2] = {{1, 0}, {0, 1}}, r[2] = {0, 0};
  for (std::size_t a = 0; a < count; ++a) {
    r[a] = first_derivative[first + a];
    for (std::size_t b = 0; b < count; ++b)
      left[a][b] -= second_derivative[first + a] * dot(slope_of(first + a), solved[b]);
  }
  const double determinant = left[0][0] * left[1][1] - left[0][1] * left[1][0];
  const double step[2] = {(left[1][1] * r[0] - left[0][1] * r[1]) / determinant,
                          (left[0][0] * r[1] - left[1][0] * r[0]) / determinant};
  Vector move(size());
  for (std::size_t h = 0; h < count; ++h) add_scaled(move, step[h], solved[h]);
  return move;
}

std::vector<std::vector<double>> NewUser::contributions(const std::vector<std::uint32_t>& items) const {
  const Fit& fit = *fit_;
  const Cholesky curvature = fit.curvature();
  std::vector<Vector> moves;
  for (std::size_t i = 0; i < fit.rated.size(); ++i) moves.push_back(fit.move_without(i, curvature));
  Vector scores, slopes;
  ItemFunctions(fit.model, fit.parameters, items).at(fit.row, scores, slopes);
  std::vector<std::vector<double>> contributions(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t term = i * fit.heads() + fit.model.ranking_head();
    for (const Vector& move : moves)
      contributions[i].push_back(-dot(std::span(slopes).subspan(term * fit.size(), fit.size()), move));
  }
  return contributions;
}

OneUserModel one_user_model(const ModelConfig& model, const Parameters& parameters, const NewUser& user) {
  OneUserModel one;
  one.config = model;
  one.config.users = 1;
  one.parameters = {user.embedding(), parameters.item_embedding, {}, parameters.item_bias, parameters.dense};
  if (model.has_row_bias()) one.parameters.user_bias = {user.bias()};
  return one;
}

}  // namespace anirec
