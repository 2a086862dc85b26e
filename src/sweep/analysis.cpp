#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/require.hpp"
#include "scission/stats.hpp"
#include "scission/sweep.hpp"
#include "stats/distributions.hpp"
#include "sweep/effects.hpp"
#include "sweep/latency_model.hpp"

namespace scission {
namespace {

// --- Condition by condition: the best plan against the baseline's plan ---

using PlanIndices = std::vector<std::size_t>;

/// Plans that both conditions have a time for.
PlanIndices common_plans(const Condition& one, const Condition& other) {
  PlanIndices plans;
  for (std::size_t plan = 0; plan < one.times.size(); ++plan) {
    if (one.times[plan].is_measured() && other.times[plan].is_measured()) plans.push_back(plan);
  }
  return plans;
}

/// The plan with the lowest time; the first of several.
template <typename TimeOf>
std::size_t fastest(const PlanIndices& plans, TimeOf time_of) {
  return *std::min_element(plans.begin(), plans.end(),
                           [&](std::size_t a, std::size_t b) { return time_of(a) < time_of(b); });
}

// --- Phase 1: the times as measured ---

ConditionResult measured_result(const Condition& here, const Condition& baseline,
                                const PlanIndices& plans) {
  const auto measured = [&](std::size_t plan) { return here.times[plan].seconds; };
  ConditionResult result;
  result.compared_plans = plans.size();
  result.baseline_plan =
      fastest(plans, [&](std::size_t plan) { return baseline.times[plan].seconds; });
  result.best_plan = fastest(plans, measured);
  if (measured(result.baseline_plan) == measured(result.best_plan)) {
    result.best_plan = result.baseline_plan;
  }
  result.baseline_s = measured(result.baseline_plan);
  result.best_s = measured(result.best_plan);
  result.gain = 1 - result.best_s / result.baseline_s;
  result.regret = result.baseline_s / result.best_s - 1;
  result.is_changed = result.best_plan != result.baseline_plan;
  return result;
}

// --- Phase 2: the ratio of every plan to the likely best ---

/// ln(latency ÷ latency of the likely best).
struct PlanRatio {
  std::size_t plan = 0;
  double log_ratio = 0;
  double deviation = 0;  ///< standard deviation of log_ratio; infinite if unknown
  double degrees = 0;    ///< degrees of freedom of `deviation`
};

std::vector<PlanRatio> ratios_to(std::size_t likely, std::size_t condition,
                                 const PlanIndices& plans, const NoiseModel& noise) {
  const double likely_log = noise.log_time(condition, likely);
  std::vector<PlanRatio> ratios;
  for (const std::size_t plan : plans) {
    ratios.push_back({plan, noise.log_time(condition, plan) - likely_log,
                      noise.deviation_of_ratio(condition, plan, likely),
                      noise.degrees(plan, likely)});
  }
  return ratios;
}

// --- Phase 3: inference; each function is one conclusion from the ratios ---

/// Bonferroni's correction: any of the other plans might have come out as the fastest.
double comparison_count(const std::vector<PlanRatio>& ratios) {
  return std::max(1.0, static_cast<double>(ratios.size()) - 1);
}

std::vector<std::size_t> candidates_of(std::size_t likely, std::vector<PlanRatio> ratios,
                                       double confidence) {
  const double p = (1 - confidence) / comparison_count(ratios);
  std::erase_if(ratios, [&](const PlanRatio& one) {
    return one.plan == likely ||
           !(one.log_ratio <= student_quantile(p, one.degrees) * one.deviation);
  });
  std::stable_sort(ratios.begin(), ratios.end(), [](const PlanRatio& a, const PlanRatio& b) {
    return a.log_ratio < b.log_ratio;
  });
  std::vector<std::size_t> candidates = {likely};
  for (const PlanRatio& one : ratios) candidates.push_back(one.plan);
  return candidates;
}

struct GainTest {
  Interval interval = {};
  double p = 1;  ///< of the null hypothesis gain ≤ min_gain
};

GainTest test_gain(const PlanRatio& baseline, double comparisons,
                   const AdaptivityOptions& options) {
  GainTest test;
  if (!std::isfinite(baseline.deviation)) return test;
  const double t = student_quantile((1 - options.confidence) / (2 * comparisons), baseline.degrees);
  test.interval = {1 - std::exp(t * baseline.deviation - baseline.log_ratio),
                   1 - std::exp(-t * baseline.deviation - baseline.log_ratio)};
  const double beyond = baseline.log_ratio + std::log1p(-options.min_gain);
  if (baseline.deviation > 0) {
    test.p =
        std::min(1.0, comparisons * student_above(beyond / baseline.deviation, baseline.degrees));
  } else if (beyond > 0) {
    test.p = 0;
  }
  return test;
}

Interval best_interval(const Condition& here, std::size_t condition, std::size_t best,
                       const NoiseModel& noise, double confidence) {
  const PlanTime& time = here.times[best];
  if (noise.summary().source == NoiseSource::intervals) return time.interval;
  const double t = student_quantile((1 - confidence) / 2, noise.degrees(best, best));
  const double factor = std::exp(t * noise.deviation_of_time(condition, best));
  if (!std::isfinite(factor)) return {};
  return {time.seconds / factor, time.seconds * factor};
}

/// Compares one condition with the baseline; both are indices into Sweep::conditions. Leaves out
/// what depends on other conditions: the false discovery rate and the predicted plan. Empty if the
/// two have no plan in common. O(plans), or O(plans · conditions) with noise from the grid.
std::optional<ConditionResult> compare_condition(const Sweep& sweep, std::size_t condition,
                                                 std::size_t baseline, const NoiseModel& noise,
                                                 const AdaptivityOptions& options) {
  const Condition& here = sweep.conditions[condition];
  const PlanIndices plans = common_plans(here, sweep.conditions[baseline]);
  if (plans.empty()) return std::nullopt;
  ConditionResult result = measured_result(here, sweep.conditions[baseline], plans);
  result.condition = condition;
  result.is_worthwhile = result.gain > options.min_gain;

  const std::size_t likely =
      noise.fits()
          ? fastest(plans, [&](std::size_t plan) { return noise.log_time(condition, plan); })
          : result.best_plan;
  const std::vector<PlanRatio> ratios = ratios_to(likely, condition, plans, noise);
  const PlanRatio& of_baseline =
      *std::find_if(ratios.begin(), ratios.end(),
                    [&](const PlanRatio& one) { return one.plan == result.baseline_plan; });
  result.likely_gain = 1 - std::exp(-of_baseline.log_ratio);
  result.candidates = {likely};
  if (!noise.is_known()) return result;

  result.candidates = candidates_of(likely, ratios, options.confidence);
  result.is_changed_beyond_noise = std::find(result.candidates.begin(), result.candidates.end(),
                                             result.baseline_plan) == result.candidates.end();
  result.best_interval =
      best_interval(here, condition, result.best_plan, noise, options.confidence);
  if (likely != result.baseline_plan) {
    const GainTest test = test_gain(of_baseline, comparison_count(ratios), options);
    result.gain_interval = test.interval;
    result.p = test.p;
  }
  return result;
}

/// Sets the false discovery rates, and which conditions are worthwhile beyond noise.
void control_false_discoveries(double max_rate, std::vector<ConditionResult>& results) {
  std::vector<double> p_values;
  for (const ConditionResult& result : results) p_values.push_back(result.p);
  const std::vector<double> rates = false_discovery_rates(p_values);
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].false_discovery_rate = rates[i];
    results[i].is_worthwhile_beyond_noise = rates[i] <= max_rate;
  }
}

/// Sets the plan that the fit to the other conditions predicts to be the fastest, and its gain.
/// O(conditions · plans).
void add_predicted_plans(const Sweep& sweep, std::size_t baseline, const PlanFits& fits,
                         std::vector<ConditionResult>& results) {
  for (ConditionResult& result : results) {
    const Condition& here = sweep.conditions[result.condition];
    const auto predicted = [&](std::size_t plan) {
      return fits.predictions(static_cast<Eigen::Index>(result.condition),
                              static_cast<Eigen::Index>(plan));
    };
    PlanIndices plans = common_plans(here, sweep.conditions[baseline]);
    std::erase_if(plans, [&](std::size_t plan) { return std::isnan(predicted(plan)); });
    if (plans.empty()) continue;
    result.predicted_plan = fastest(plans, predicted);
    result.predicted_gain = 1 - here.times[*result.predicted_plan].seconds / result.baseline_s;
  }
}

// --- The analysis of all conditions ---

void validate_options(const AdaptivityOptions& options) {
  const auto refuse = [](const char* what) {
    throw_invalid_argument(std::string(what) + " must lie between 0 and 1");
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
  throw_invalid_argument(
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

NoiseSource parse_noise_source(const std::string& text) {
  for (const NoiseSource source :
       {NoiseSource::automatic, NoiseSource::intervals, NoiseSource::grid, NoiseSource::none}) {
    if (to_string(source) == text) return source;
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' is not one of automatic, intervals, grid, none", text));
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
    throw_invalid_argument("the baseline has no times", sweep.model);
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

AnalysedSweep analyse_sweep(const std::string& path, const SweepAnalysisRequest& request) {
  AnalysedSweep sweep;
  sweep.path = path;
  sweep.reading = read_sweep(path);
  AdaptivityOptions options = request.options;
  if (!request.baseline.empty()) {
    options.baseline = parse_condition_code(sweep.reading.sweep, request.baseline);
  }
  sweep.analysis = analyse_adaptivity(sweep.reading.sweep, options);
  for (const double within : request.within) {
    sweep.plan_sets.push_back(minimal_plan_set(sweep.reading.sweep, within));
  }
  if (!request.predicted_sweep.empty()) {
    sweep.comparison =
        compare_sweeps(sweep.reading.sweep, read_sweep(request.predicted_sweep).sweep);
  }
  return sweep;
}

std::vector<std::string> file_stems(const std::vector<AnalysedSweep>& sweeps) {
  std::map<std::string, int> seen;
  std::vector<std::string> stems;
  for (const AnalysedSweep& sweep : sweeps) {
    std::string stem = sweep.reading.sweep.model.empty() ? "sweep" : sweep.reading.sweep.model;
    std::replace(stem.begin(), stem.end(), '/', '-');
    const int count = ++seen[stem];
    stems.push_back(count == 1 ? stem : fmt::format("{}-{}", stem, count));
  }
  return stems;
}

}  // namespace scission
