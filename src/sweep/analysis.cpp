#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "scission/base/error.hpp"
#include "scission/sweep/sweep_analysis.hpp"
#include "sweep/condition_results.hpp"
#include "sweep/distributions.hpp"
#include "sweep/effects.hpp"
#include "sweep/latency_noise.hpp"

namespace scission {
namespace {

void validate_options(const AdaptivityOptions& options) {
  const auto refuse = [](const char* what) {
    throw Error(ErrorCode::invalid_argument, std::string(what) + " must lie between 0 and 1");
  };
  if (!(options.min_gain >= 0 && options.min_gain < 1)) refuse("the minimum gain");
  if (!(options.false_discovery_rate > 0 && options.false_discovery_rate < 1)) {
    refuse("the false discovery rate");
  }
  if (!(options.confidence > 0 && options.confidence < 1)) refuse("the confidence");
}

std::size_t baseline_of(const Sweep& sweep, std::vector<int>& levels) {
  if (levels.empty()) levels.assign(sweep.factors.size(), 0);
  const std::optional<std::size_t> found = find_condition(sweep, levels);
  if (found) return *found;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("the baseline {} was not measured; choose a condition that was, such as {}",
                  format_condition_code(sweep, levels),
                  format_condition_code(sweep, sweep.conditions[0].levels)));
}

struct StaticResult {
  StaticPlan figures;
  double mean_log = 0;
};

std::optional<StaticResult> static_result(const Sweep& sweep, std::size_t plan,
                                          const std::vector<ConditionResult>& results) {
  StaticResult one;
  one.figures.plan = plan;
  double baseline_log = 0;
  for (const ConditionResult& result : results) {
    const PlanTime& time = sweep.conditions[result.condition].times[plan];
    if (!time.is_measured()) return std::nullopt;
    one.mean_log += std::log(time.seconds);
    baseline_log += std::log(result.baseline_s);
    one.figures.mean_gain += 1 - std::min(1.0, result.best_s / time.seconds);
    one.figures.worst_regret = std::max(one.figures.worst_regret, time.seconds / result.best_s - 1);
  }
  const auto count = static_cast<double>(results.size());
  one.mean_log /= count;
  one.figures.mean_gain /= count;
  one.figures.gain_over_baseline = 1 - std::exp(one.mean_log - baseline_log / count);
  return one;
}

std::optional<StaticPlan> best_static_plan(const Sweep& sweep,
                                           const std::vector<ConditionResult>& results) {
  std::optional<StaticResult> best;
  for (std::size_t plan = 0; plan < sweep.plans.size(); ++plan) {
    const std::optional<StaticResult> one = static_result(sweep, plan, results);
    if (one && (!best || one->mean_log < best->mean_log)) best = one;
  }
  return best ? std::optional(best->figures) : std::nullopt;
}

void add_totals(AdaptivityAnalysis& analysis) {
  for (const ConditionResult& result : analysis.conditions) {
    analysis.changed += result.is_changed ? 1 : 0;
    analysis.changed_beyond_noise += result.is_changed_beyond_noise ? 1 : 0;
    analysis.worthwhile += result.is_worthwhile ? 1 : 0;
    analysis.worthwhile_beyond_noise += result.is_worthwhile_beyond_noise ? 1 : 0;
    analysis.mean_gain += result.gain / static_cast<double>(analysis.conditions.size());
    analysis.worst_regret = std::max(analysis.worst_regret, result.regret);
  }
}

/// From the mean and the standard error of the log ratios.
std::optional<Estimate> predicted_gain(const std::vector<ConditionResult>& results,
                                       double confidence) {
  const auto count = static_cast<double>(results.size());
  double sum = 0;
  double squares = 0;
  for (const ConditionResult& result : results) {
    if (!result.predicted_plan) return std::nullopt;
    const double log_ratio = std::log1p(-result.predicted_gain);
    sum += log_ratio;
    squares += log_ratio * log_ratio;
  }
  if (count < 2) return std::nullopt;
  const double mean = sum / count;
  const double variance = std::max(0.0, squares - count * mean * mean) / (count - 1);
  const double half =
      student_quantile((1 - confidence) / 2, count - 1) * std::sqrt(variance / count);
  return Estimate{1 - std::exp(mean), {1 - std::exp(mean + half), 1 - std::exp(mean - half)}};
}

}  // namespace

std::string to_string(NoiseSource source) {
  static const std::array<std::string, 4> names = {"automatic", "intervals", "grid", "none"};
  return names.at(static_cast<std::size_t>(source));
}

std::string to_string(ResponseVariable response) {
  static const std::array<std::string, 3> names = {"best", "baseline", "regret"};
  return names.at(static_cast<std::size_t>(response));
}

AdaptivityAnalysis analyse_adaptivity(const Sweep& sweep, const AdaptivityOptions& options) {
  validate_sweep(sweep, sweep.model);
  validate_options(options);
  AdaptivityAnalysis analysis;
  analysis.baseline = options.baseline;
  const std::size_t baseline = baseline_of(sweep, analysis.baseline);
  const NoiseModel noise(sweep, options.noise);
  analysis.noise = noise.summary();
  for (std::size_t i = 0; i < sweep.conditions.size(); ++i) {
    auto result = compare_condition(sweep, i, baseline, noise, options);
    if (result) analysis.conditions.push_back(std::move(*result));
  }
  if (analysis.conditions.empty()) {
    throw Error(ErrorCode::invalid_argument, "the baseline has no times", sweep.model);
  }
  control_false_discoveries(options.false_discovery_rate, analysis.conditions);
  const std::optional<PlanFits> fits = noise.fits() ? noise.fits() : best_fits(sweep);
  if (fits) add_predicted_plans(sweep, baseline, *fits, analysis.conditions);
  if (noise.fits()) analysis.null_expectation = null_expectation(*noise.fits(), options.min_gain);
  analysis.levels = summarise_levels(sweep, analysis.conditions);
  for (const ResponseVariable response :
       {ResponseVariable::best, ResponseVariable::baseline, ResponseVariable::regret}) {
    auto decomposition = decompose(sweep, analysis.conditions, noise, response);
    if (decomposition) analysis.decompositions.push_back(std::move(*decomposition));
  }
  analysis.best_static = best_static_plan(sweep, analysis.conditions);
  analysis.predicted_gain = predicted_gain(analysis.conditions, options.confidence);
  add_totals(analysis);
  return analysis;
}

}  // namespace scission
