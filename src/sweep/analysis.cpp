#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_analysis.hpp"
#include "sweep/condition_results.hpp"
#include "sweep/distributions.hpp"
#include "sweep/effects.hpp"
#include "sweep/noise_alone.hpp"

namespace scission {
namespace {

void check_options(const AdaptivityOptions& options) {
  const auto refuse = [](const char* what) {
    throw Error(ErrorCode::invalid_argument, std::string(what) + " must lie between 0 and 1");
  };
  if (!(options.least_gain >= 0 && options.least_gain < 1)) refuse("the least gain");
  if (!(options.false_discovery_rate > 0 && options.false_discovery_rate < 1)) {
    refuse("the false discovery rate");
  }
  if (!(options.confidence > 0 && options.confidence < 1)) refuse("the confidence");
}

std::size_t baseline_of(const AdaptiveGrid& grid, std::vector<int>& levels) {
  if (levels.empty()) levels.assign(grid.factors.size(), 0);
  const std::optional<std::size_t> found = find_condition(grid, levels);
  if (found) return *found;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("the baseline {} was not measured; another condition, as {}, can be one",
                  condition_code(grid, levels), condition_code(grid, grid.conditions[0].levels)));
}

struct StaticResult {
  StaticPlan figures;
  double mean_log = 0;
};

std::optional<StaticResult> static_result(const AdaptiveGrid& grid, std::size_t plan,
                                          const std::vector<ConditionResult>& results) {
  StaticResult one;
  one.figures.plan = plan;
  double kept_log = 0;
  for (const ConditionResult& result : results) {
    const PlanTime& time = grid.conditions[result.condition].times[plan];
    if (!time.is_measured()) return std::nullopt;
    one.mean_log += std::log(time.seconds);
    kept_log += std::log(result.kept_s);
    one.figures.mean_gain += 1 - std::min(1.0, result.best_s / time.seconds);
    one.figures.worst_regret = std::max(one.figures.worst_regret, time.seconds / result.best_s - 1);
  }
  const auto count = static_cast<double>(results.size());
  one.mean_log /= count;
  one.figures.mean_gain /= count;
  one.figures.gain_over_kept = 1 - std::exp(one.mean_log - kept_log / count);
  return one;
}

std::optional<StaticPlan> best_static_plan(const AdaptiveGrid& grid,
                                           const std::vector<ConditionResult>& results) {
  std::optional<StaticResult> best;
  for (std::size_t plan = 0; plan < grid.plans.size(); ++plan) {
    const std::optional<StaticResult> one = static_result(grid, plan, results);
    if (one && (!best || one->mean_log < best->mean_log)) best = one;
  }
  return best ? std::optional(best->figures) : std::nullopt;
}

void add_totals(AdaptivityAnalysis& analysis) {
  for (const ConditionResult& result : analysis.conditions) {
    analysis.changes += result.changes ? 1 : 0;
    analysis.changes_beyond_noise += result.changes_beyond_noise ? 1 : 0;
    analysis.pays += result.pays ? 1 : 0;
    analysis.pays_beyond_noise += result.pays_beyond_noise ? 1 : 0;
    analysis.mean_gain += result.gain / static_cast<double>(analysis.conditions.size());
    analysis.worst_regret = std::max(analysis.worst_regret, result.regret);
  }
}

/// By the logarithms' mean and standard error.
std::optional<Estimate> predicted_gain(const std::vector<ConditionResult>& results,
                                       double confidence) {
  const auto count = static_cast<double>(results.size());
  double sum = 0;
  double squares = 0;
  for (const ConditionResult& result : results) {
    if (!result.predicted) return std::nullopt;
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

std::string to_string(Response response) {
  static const std::array<std::string, 3> names = {"best", "kept", "regret"};
  return names.at(static_cast<std::size_t>(response));
}

AdaptivityAnalysis analyse_adaptivity(const AdaptiveGrid& grid, const AdaptivityOptions& options) {
  check_grid(grid, grid.model);
  check_options(options);
  AdaptivityAnalysis analysis;
  analysis.baseline = options.baseline;
  const std::size_t baseline = baseline_of(grid, analysis.baseline);
  const TimeNoise noise(grid, options.noise);
  analysis.noise = noise.summary();
  for (std::size_t i = 0; i < grid.conditions.size(); ++i) {
    auto result = compare_condition(grid, i, baseline, noise, options);
    if (result) analysis.conditions.push_back(std::move(*result));
  }
  if (analysis.conditions.empty()) {
    throw Error(ErrorCode::invalid_argument, "the baseline has no time of any plan", grid.model);
  }
  judge(options, analysis.conditions);
  const std::optional<PlanFits> fits = noise.fits() ? noise.fits() : best_fits(grid);
  if (fits) predict(grid, baseline, *fits, analysis.conditions);
  if (noise.fits()) analysis.noise_alone = find_by_noise_alone(*noise.fits(), options.least_gain);
  analysis.levels = summarize_levels(grid, analysis.conditions);
  for (const Response response : {Response::best, Response::kept, Response::regret}) {
    auto decomposition = decompose(grid, analysis.conditions, noise, response);
    if (decomposition) analysis.decompositions.push_back(std::move(*decomposition));
  }
  analysis.best_static = best_static_plan(grid, analysis.conditions);
  analysis.predicted_gain = predicted_gain(analysis.conditions, options.confidence);
  add_totals(analysis);
  return analysis;
}

}  // namespace scission
