#include "sweep/effects.hpp"

#include <algorithm>
#include <cmath>

#include "sweep/distributions.hpp"
#include "sweep/factor_fit.hpp"

namespace scission {
namespace {

double response_of(const ConditionResult& result, Response response) {
  switch (response) {
    case Response::best:
      return std::log(result.best_s);
    case Response::kept:
      return std::log(result.kept_s);
    case Response::regret:
      break;
  }
  return std::log(result.kept_s / result.best_s);
}

double noise_of(const TimeNoise& noise, const ConditionResult& result, Response response) {
  switch (response) {
    case Response::best:
      return noise.of_time(result.condition, result.best);
    case Response::kept:
      return noise.of_time(result.condition, result.kept);
    case Response::regret:
      break;
  }
  return noise.of_ratio(result.condition, result.kept, result.best);
}

/// What a fit leaves: its sum of squares, and how many degrees of freedom.
struct Left {
  double squares = 0;
  int degrees = 0;
};

class Variance {
 public:
  Variance(const AdaptiveGrid& grid, LevelRows rows, Eigen::VectorXd y)
      : grid_(grid),
        rows_(std::move(rows)),
        y_(std::move(y)),
        mains_(terms_up_to(grid, 1)),
        all_(terms_up_to(grid, 2)),
        total_(left_by({}).squares),
        after_mains_(left_by(mains_)),
        after_all_(left_by(all_)) {}

  double total() const { return total_; }
  bool varies() const {
    return total_ > 1e-12 * (1 + y_.squaredNorm()) && after_mains_.degrees < y_.size() - 1;
  }
  const Left& rest() const { return after_all_; }

  std::vector<Effect> effects() const {
    std::vector<Effect> effects;
    for (const Term& term : all_) {
      const bool is_main = term.size() == 1;
      const Effect effect =
          effect_of(term, is_main ? mains_ : all_, is_main ? after_mains_ : after_all_);
      if (effect.degrees > 0) effects.push_back(effect);
    }
    std::stable_sort(effects.begin(), effects.end(),
                     [](const Effect& a, const Effect& b) { return a.share > b.share; });
    return effects;
  }

 private:
  Left left_by(const std::vector<Term>& terms) const {
    const FactorFit fit(grid_, rows_, terms);
    return {fit.degrees() > 0 ? fit.residuals(y_).squaredNorm() : 0, fit.degrees()};
  }

  Effect effect_of(const Term& term, std::vector<Term> others, const Left& with) const {
    others.erase(std::find(others.begin(), others.end(), term));
    const Left without = left_by(others);
    Effect effect;
    effect.factors = term;
    effect.degrees = without.degrees - with.degrees;
    const double squares = std::max(0.0, without.squares - with.squares);
    effect.share = squares / total_;
    const double rest = after_all_.squares;
    if (after_all_.degrees > 0 && effect.degrees > 0 && rest > 0) {
      effect.p = snedecor_above(squares / effect.degrees / (rest / after_all_.degrees),
                                effect.degrees, after_all_.degrees);
    }
    return effect;
  }

  const AdaptiveGrid& grid_;
  LevelRows rows_;
  Eigen::VectorXd y_;
  std::vector<Term> mains_;
  std::vector<Term> all_;
  double total_;
  Left after_mains_;
  Left after_all_;
};

Variance variance_of(const AdaptiveGrid& grid, const std::vector<ConditionResult>& results,
                     Response response) {
  LevelRows rows;
  Eigen::VectorXd y(static_cast<Eigen::Index>(results.size()));
  for (std::size_t i = 0; i < results.size(); ++i) {
    rows.push_back(grid.conditions[results[i].condition].levels);
    y[static_cast<Eigen::Index>(i)] = response_of(results[i], response);
  }
  return {grid, std::move(rows), std::move(y)};
}

std::optional<double> noise_share(const std::vector<ConditionResult>& results,
                                  const TimeNoise& noise, Response response, double total) {
  if (!noise.is_known()) return std::nullopt;
  if (noise.fits() && response != Response::kept) return std::nullopt;
  double squares = 0;
  for (const ConditionResult& result : results) {
    const double deviation = noise_of(noise, result, response);
    squares += deviation * deviation;
  }
  const auto count = static_cast<double>(results.size());
  const double share = squares * (count - 1) / count / total;
  return std::isfinite(share) ? std::optional(share) : std::nullopt;
}

}  // namespace

std::optional<Decomposition> decompose(const AdaptiveGrid& grid,
                                       const std::vector<ConditionResult>& results,
                                       const TimeNoise& noise, Response response) {
  if (results.size() < 2) return std::nullopt;
  const Variance variance = variance_of(grid, results, response);
  if (!variance.varies()) return std::nullopt;
  const auto count = static_cast<double>(results.size());
  Decomposition decomposition;
  decomposition.response = response;
  decomposition.deviation = std::sqrt(variance.total() / (count - 1));
  decomposition.effects = variance.effects();
  decomposition.rest = variance.rest().squares / variance.total();
  decomposition.rest_degrees = variance.rest().degrees;
  decomposition.noise = noise_share(results, noise, response, variance.total());
  decomposition.is_balanced = results.size() == full_size(grid);
  return decomposition;
}

}  // namespace scission
