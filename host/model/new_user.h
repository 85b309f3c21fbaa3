// A user who is not in the data: their row is fitted to what they rated while everything else stays as trained.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/parameters.h"

namespace anirec {

// A target that the task does not have is not looked at.
struct RatedItem {
  std::uint32_t item;
  float rating, label;
};

// What training was done with, as far as it concerns one user.
struct NewUserSettings {
  float l2 = 0;
  float class_weight[2] = {1, 1};
  // Of the ratings around the model's predictions: how far one rating is to be believed.
  double noise_variance = 1;
  // How strongly the row is drawn to those of the trained users; must be above 0.
  double prior_strength = 1;  // a factor on the inverse of the covariance
};

// The most probable row under
//   exp(−(the run's loss over `rated`, l2 included) / T) · Normal(row; mean, covariance),
// mean and covariance those of the trained users' rows. T = 2 · noise_variance · (weight of the rating head)
// makes the squared error a Gaussian's logarithm; without a rating head T = 1, for cross entropy is one as it is.
// The prior stands for what dropout and many ratings are to a trained user: see docs/numerics.md.
class NewUser {
 public:
  // The model must outlive this object. `rated` must not be empty.
  NewUser(const ModelConfig& model, const Parameters& parameters, std::vector<RatedItem> rated,
          const NewUserSettings& settings);
  ~NewUser();
  NewUser(const NewUser&) = delete;
  NewUser& operator=(const NewUser&) = delete;

  // Element by element as in a user table; `bias` where the model has one.
  const std::vector<float>& embedding() const { return embedding_; }
  float bias() const { return bias_; }

  // What each of `rated` adds to the ranking head's score of each of `items` (before the activation): the score
  // less what it would be had that rating been left out, to first order in the fit (exact for mf on ratings with
  // l2 0). [items][rated].
  std::vector<std::vector<double>> contributions(const std::vector<std::uint32_t>& items) const;

 private:
  struct Fit;
  std::unique_ptr<Fit> fit_;
  std::vector<float> embedding_;
  float bias_ = 0;
};

// This user's row in place of the user tables: a model of one user, for whom any engine can rank.
struct OneUserModel {
  ModelConfig config;
  Parameters parameters;
};
OneUserModel one_user_model(const ModelConfig& model, const Parameters& parameters, const NewUser& user);

}  // namespace anirec
