#include "sweep/condition_results.hpp"

#include <algorithm>
#include <cmath>

#include "scission/stats/statistics.hpp"
#include "sweep/distributions.hpp"

namespace scission {
namespace {

using Indices = std::vector<std::size_t>;

/// Plans that both have a time for.
Indices common_plans(const Condition& one, const Condition& other) {
  Indices plans;
  for (std::size_t plan = 0; plan < one.times.size(); ++plan) {
    if (one.times[plan].is_measured() && other.times[plan].is_measured()) plans.push_back(plan);
  }
  return plans;
}

/// The first of several.
std::size_t fastest(const Condition& condition, const Indices& plans) {
  return *std::min_element(plans.begin(), plans.end(), [&](std::size_t a, std::size_t b) {
    return condition.times[a].seconds < condition.times[b].seconds;
  });
}

class Comparison {
 public:
  Comparison(const Condition& here, const TimeNoise& noise, const AdaptivityOptions& options,
             const Indices& plans, ConditionResult& result)
      : here_(here), noise_(noise), options_(options), plans_(plans), result_(result) {}

  void run() {
    result_.gain = 1 - result_.best_s / result_.kept_s;
    result_.regret = result_.kept_s / result_.best_s - 1;
    result_.changes = result_.best != result_.kept;
    result_.pays = result_.gain > options_.least_gain;
    likely_ = noise_.fits() ? fastest_fitted() : result_.best;
    result_.candidates = {likely_};
    result_.likely_gain = 1 - std::exp(-log_over_likely(result_.kept));
    if (!noise_.is_known()) return;
    add_best_interval();
    add_candidates();
    if (likely_ != result_.kept) add_gain();
  }

 private:
  double log_time(std::size_t plan) const { return noise_.log_time(result_.condition, plan); }

  std::size_t fastest_fitted() const {
    return *std::min_element(plans_.begin(), plans_.end(), [&](std::size_t a, std::size_t b) {
      return log_time(a) < log_time(b);
    });
  }

  double log_over_likely(std::size_t plan) const { return log_time(plan) - log_time(likely_); }

  double deviation(std::size_t plan) const {
    return noise_.of_ratio(result_.condition, plan, likely_);
  }

  /// Bonferroni: as many comparisons as there are other plans.
  double others() const { return std::max<double>(1, static_cast<double>(plans_.size()) - 1); }

  void add_best_interval() {
    if (noise_.summary().source == NoiseSource::intervals) {
      result_.best_interval = here_.times[result_.best].interval;
      return;
    }
    const double t =
        student_quantile((1 - options_.confidence) / 2, noise_.degrees(result_.best, result_.best));
    const double factor = std::exp(t * noise_.of_time(result_.condition, result_.best));
    if (std::isfinite(factor)) {
      result_.best_interval = {result_.best_s / factor, result_.best_s * factor};
    }
  }

  void add_candidates() {
    const double p = (1 - options_.confidence) / others();
    for (const std::size_t plan : plans_) {
      if (plan == likely_) continue;
      const double t = student_quantile(p, noise_.degrees(plan, likely_));
      if (log_over_likely(plan) <= t * deviation(plan)) result_.candidates.push_back(plan);
    }
    const auto first = result_.candidates.begin();
    std::stable_sort(first + 1, result_.candidates.end(), [&](std::size_t a, std::size_t b) {
      return log_over_likely(a) < log_over_likely(b);
    });
    result_.changes_beyond_noise =
        std::find(first, result_.candidates.end(), result_.kept) == result_.candidates.end();
  }

  void add_gain() {
    const double log_ratio = log_over_likely(result_.kept);
    const double sd = deviation(result_.kept);
    if (!std::isfinite(sd)) return;
    const double degrees = noise_.degrees(result_.kept, likely_);
    const double t = student_quantile((1 - options_.confidence) / (2 * others()), degrees);
    result_.gain_interval = {1 - std::exp(t * sd - log_ratio), 1 - std::exp(-t * sd - log_ratio)};
    const double beyond = log_ratio + std::log1p(-options_.least_gain);
    if (sd > 0) {
      result_.p = std::min(1.0, others() * student_above(beyond / sd, degrees));
    } else if (beyond > 0) {
      result_.p = 0;
    }
  }

  const Condition& here_;
  const TimeNoise& noise_;
  const AdaptivityOptions& options_;
  const Indices& plans_;
  ConditionResult& result_;
  std::size_t likely_ = 0;
};

/// The plan that was the fastest by the fit to other conditions, of those compared.
std::optional<std::size_t> fastest_predicted(const PlanFits& fits, std::size_t condition,
                                             const Indices& plans) {
  const auto row = static_cast<Eigen::Index>(condition);
  std::optional<std::size_t> best;
  for (const std::size_t plan : plans) {
    const double seconds = fits.predictions(row, static_cast<Eigen::Index>(plan));
    if (std::isnan(seconds)) continue;
    if (!best || seconds < fits.predictions(row, static_cast<Eigen::Index>(*best))) best = plan;
  }
  return best;
}

}  // namespace

std::optional<ConditionResult> compare_condition(const AdaptiveGrid& grid, std::size_t condition,
                                                 std::size_t baseline, const TimeNoise& noise,
                                                 const AdaptivityOptions& options) {
  const Condition& here = grid.conditions[condition];
  const Indices plans = common_plans(here, grid.conditions[baseline]);
  if (plans.empty()) return std::nullopt;
  ConditionResult result;
  result.condition = condition;
  result.compared = plans.size();
  result.kept = fastest(grid.conditions[baseline], plans);
  result.best = fastest(here, plans);
  if (here.times[result.kept].seconds == here.times[result.best].seconds) {
    result.best = result.kept;
  }
  result.kept_s = here.times[result.kept].seconds;
  result.best_s = here.times[result.best].seconds;
  Comparison(here, noise, options, plans, result).run();
  return result;
}

void judge(const AdaptivityOptions& options, std::vector<ConditionResult>& results) {
  std::vector<double> p_values;
  for (const ConditionResult& result : results) p_values.push_back(result.p);
  const std::vector<double> rates = false_discovery_rates(p_values);
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].false_discovery_rate = rates[i];
    results[i].pays_beyond_noise = rates[i] <= options.false_discovery_rate;
  }
}

void predict(const AdaptiveGrid& grid, std::size_t baseline, const PlanFits& fits,
             std::vector<ConditionResult>& results) {
  for (ConditionResult& result : results) {
    const Condition& here = grid.conditions[result.condition];
    const Indices plans = common_plans(here, grid.conditions[baseline]);
    result.predicted = fastest_predicted(fits, result.condition, plans);
    if (!result.predicted) continue;
    result.predicted_gain = 1 - here.times[*result.predicted].seconds / result.kept_s;
  }
}

}  // namespace scission
