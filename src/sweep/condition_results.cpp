#include "sweep/condition_results.hpp"

#include <algorithm>
#include <cmath>

#include "scission/stats/statistics.hpp"
#include "sweep/distributions.hpp"

namespace scission {
namespace {

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

}  // namespace

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

void control_false_discoveries(double max_rate, std::vector<ConditionResult>& results) {
  std::vector<double> p_values;
  for (const ConditionResult& result : results) p_values.push_back(result.p);
  const std::vector<double> rates = false_discovery_rates(p_values);
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].false_discovery_rate = rates[i];
    results[i].is_worthwhile_beyond_noise = rates[i] <= max_rate;
  }
}

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

}  // namespace scission
