#include "sweep/effects.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "stats/distributions.hpp"

namespace scission {
namespace {

// --- Analysis of variance ---

double response_of(const ConditionResult& result, ResponseVariable response) {
  switch (response) {
    case ResponseVariable::best:
      return std::log(result.best_s);
    case ResponseVariable::baseline:
      return std::log(result.baseline_s);
    case ResponseVariable::regret:
      break;
  }
  return std::log(result.baseline_s / result.best_s);
}

double deviation_of(const NoiseModel& noise, const ConditionResult& result,
                    ResponseVariable response) {
  switch (response) {
    case ResponseVariable::best:
      return noise.deviation_of_time(result.condition, result.best_plan);
    case ResponseVariable::baseline:
      return noise.deviation_of_time(result.condition, result.baseline_plan);
    case ResponseVariable::regret:
      break;
  }
  return noise.deviation_of_ratio(result.condition, result.baseline_plan, result.best_plan);
}

/// The residual of a fit: its sum of squares and its degrees of freedom.
struct Residual {
  double squares = 0;
  int degrees = 0;
};

class Variance {
 public:
  Variance(const Sweep& sweep, LevelRows rows, Eigen::VectorXd y)
      : sweep_(sweep),
        rows_(std::move(rows)),
        y_(std::move(y)),
        mains_(terms_up_to(sweep, 1)),
        all_(terms_up_to(sweep, 2)),
        total_(residual_of({}).squares),
        after_mains_(residual_of(mains_)),
        after_all_(residual_of(all_)) {}

  double total() const { return total_; }
  bool is_positive() const {
    return total_ > 1e-12 * (1 + y_.squaredNorm()) && after_mains_.degrees < y_.size() - 1;
  }
  const Residual& residual() const { return after_all_; }

  std::vector<FactorEffect> effects() const {
    std::vector<FactorEffect> effects;
    for (const Term& term : all_) {
      const bool is_main = term.size() == 1;
      const FactorEffect effect =
          effect_of(term, is_main ? mains_ : all_, is_main ? after_mains_ : after_all_);
      if (effect.degrees > 0) effects.push_back(effect);
    }
    std::stable_sort(effects.begin(), effects.end(),
                     [](const FactorEffect& a, const FactorEffect& b) {
                       return a.variance_share > b.variance_share;
                     });
    return effects;
  }

 private:
  Residual residual_of(const std::vector<Term>& terms) const {
    const FactorFit fit(sweep_, rows_, terms);
    return {fit.degrees() > 0 ? fit.residuals(y_).squaredNorm() : 0, fit.degrees()};
  }

  FactorEffect effect_of(const Term& term, std::vector<Term> others, const Residual& with) const {
    others.erase(std::find(others.begin(), others.end(), term));
    const Residual without = residual_of(others);
    FactorEffect effect;
    effect.factors = term;
    effect.degrees = without.degrees - with.degrees;
    const double squares = std::max(0.0, without.squares - with.squares);
    effect.variance_share = squares / total_;
    const double residual = after_all_.squares;
    if (after_all_.degrees > 0 && effect.degrees > 0 && residual > 0) {
      effect.p = snedecor_above(squares / effect.degrees / (residual / after_all_.degrees),
                                effect.degrees, after_all_.degrees);
    }
    return effect;
  }

  const Sweep& sweep_;
  LevelRows rows_;
  Eigen::VectorXd y_;
  std::vector<Term> mains_;
  std::vector<Term> all_;
  double total_;
  Residual after_mains_;
  Residual after_all_;
};

Variance variance_of(const Sweep& sweep, const std::vector<ConditionResult>& results,
                     ResponseVariable response) {
  LevelRows rows;
  Eigen::VectorXd y(static_cast<Eigen::Index>(results.size()));
  for (std::size_t i = 0; i < results.size(); ++i) {
    rows.push_back(sweep.conditions[results[i].condition].levels);
    y[static_cast<Eigen::Index>(i)] = response_of(results[i], response);
  }
  return {sweep, std::move(rows), std::move(y)};
}

std::optional<double> noise_share(const std::vector<ConditionResult>& results,
                                  const NoiseModel& noise, ResponseVariable response,
                                  double total) {
  if (!noise.is_known()) return std::nullopt;
  if (noise.fits() && response != ResponseVariable::baseline) return std::nullopt;
  double squares = 0;
  for (const ConditionResult& result : results) {
    const double deviation = deviation_of(noise, result, response);
    squares += deviation * deviation;
  }
  const auto count = static_cast<double>(results.size());
  const double share = squares * (count - 1) / count / total;
  return std::isfinite(share) ? std::optional(share) : std::nullopt;
}

// --- Means by level ---

void add(const ConditionResult& result, LevelSummary& level) {
  ++level.conditions;
  level.best_s += std::log(result.best_s);
  level.baseline_s += std::log(result.baseline_s);
  level.mean_gain += result.gain;
  level.changed += result.is_changed ? 1 : 0;
  level.worthwhile += result.is_worthwhile ? 1 : 0;
  level.worthwhile_beyond_noise += result.is_worthwhile_beyond_noise ? 1 : 0;
}

void convert_sums_to_means(LevelSummary& level) {
  const auto count = static_cast<double>(level.conditions);
  level.best_s = std::exp(level.best_s / count);
  level.baseline_s = std::exp(level.baseline_s / count);
  level.mean_gain /= count;
}

}  // namespace

std::optional<VarianceDecomposition> decompose(const Sweep& sweep,
                                               const std::vector<ConditionResult>& results,
                                               const NoiseModel& noise, ResponseVariable response) {
  if (results.size() < 2) return std::nullopt;
  const Variance variance = variance_of(sweep, results, response);
  if (!variance.is_positive()) return std::nullopt;
  const auto count = static_cast<double>(results.size());
  VarianceDecomposition decomposition;
  decomposition.response = response;
  decomposition.standard_deviation = std::sqrt(variance.total() / (count - 1));
  decomposition.effects = variance.effects();
  decomposition.residual_share = variance.residual().squares / variance.total();
  decomposition.residual_degrees = variance.residual().degrees;
  decomposition.noise_share = noise_share(results, noise, response, variance.total());
  decomposition.is_balanced = results.size() == full_factorial_size(sweep);
  return decomposition;
}

std::vector<LevelSummary> summarise_levels(const Sweep& sweep,
                                           const std::vector<ConditionResult>& results) {
  std::vector<LevelSummary> levels;
  for (std::size_t factor = 0; factor < sweep.factors.size(); ++factor) {
    for (std::size_t level = 0; level < sweep.factors[factor].levels.size(); ++level) {
      LevelSummary summary;
      summary.factor = static_cast<int>(factor);
      summary.level = static_cast<int>(level);
      for (const ConditionResult& result : results) {
        const std::vector<int>& own = sweep.conditions[result.condition].levels;
        if (own[factor] == summary.level) add(result, summary);
      }
      if (summary.conditions == 0) continue;
      convert_sums_to_means(summary);
      levels.push_back(summary);
    }
  }
  return levels;
}

const FactorEffect* VarianceDecomposition::find(const std::vector<int>& factors) const {
  const auto found = std::find_if(effects.begin(), effects.end(), [&](const FactorEffect& effect) {
    return effect.factors == factors;
  });
  return found == effects.end() ? nullptr : &*found;
}

std::string describe_effect(const Sweep& sweep, const std::vector<int>& factors) {
  std::vector<std::string> names;
  for (const int factor : factors) {
    names.push_back(sweep.factors.at(static_cast<std::size_t>(factor)).name);
  }
  return text::join(names, " × ");
}

}  // namespace scission
