// The analysis of sweeps with known effects.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "scission/sweep.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/sweeps.hpp"
#include "support/upstream.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

using Levels = std::vector<int>;

// p0 takes 1 s everywhere; p1 takes 2 s, but 0.5 s where factor a is at level 1.
double simple_seconds(const Levels& levels, int plan) {
  if (plan == 0) return 1;
  return levels[0] == 1 ? 0.5 : 2;
}

// The same with noise of the logarithm, seeded.
Sweep noisy_grid(double noise, bool has_effect) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, noise);
  return full_sweep({2, 3, 3, 3}, 4, [&](const Levels& levels, int plan) {
    const double pure = has_effect ? simple_seconds(levels, std::min(plan, 1)) : 1.0;
    return (plan > 1 && has_effect ? 3 : pure) * std::exp(normal(random));
  });
}

void add_intervals(double relative, Sweep& sweep) {
  for (Condition& condition : sweep.conditions) {
    for (PlanTime& time : condition.times) {
      time.interval = {time.seconds * (1 - relative), time.seconds * (1 + relative)};
    }
  }
}

const FactorEffect& effect_of(const VarianceDecomposition& decomposition,
                              const std::vector<int>& factors) {
  const auto found =
      std::find_if(decomposition.effects.begin(), decomposition.effects.end(),
                   [&](const FactorEffect& effect) { return effect.factors == factors; });
  REQUIRE(found != decomposition.effects.end());
  return *found;
}

const VarianceDecomposition& decomposition_of(const AdaptivityAnalysis& analysis,
                                              ResponseVariable response) {
  const auto found = std::find_if(analysis.decompositions.begin(), analysis.decompositions.end(),
                                  [&](const auto& one) { return one.response == response; });
  REQUIRE(found != analysis.decompositions.end());
  return *found;
}

}  // namespace

TEST_CASE("the best plan of each condition is compared with the baseline's") {
  const Sweep sweep = full_sweep({2, 2}, 2, simple_seconds);
  const AdaptivityAnalysis analysis = analyse_adaptivity(sweep);
  REQUIRE(analysis.conditions.size() == 4);
  CHECK(analysis.changed == 2);
  CHECK(analysis.worthwhile == 2);
  CHECK(analysis.mean_gain == Approx(0.25));
  CHECK(analysis.worst_regret == Approx(1));
  const ConditionResult& last = analysis.conditions[3];
  CHECK(last.baseline_plan == 0);
  CHECK(last.best_plan == 1);
  CHECK(last.gain == Approx(0.5));
  CHECK(analysis.conditions[0].gain == 0);
  REQUIRE(analysis.best_static.has_value());
  CHECK(analysis.best_static->plan == 0);
  CHECK(analysis.best_static->worst_regret == Approx(1));
  CHECK(analysis.best_static->gain_over_baseline == Approx(0).margin(1e-12));
}

TEST_CASE("another baseline has another plan") {
  AdaptivityOptions options;
  options.baseline = {1, 0};
  const AdaptivityAnalysis analysis =
      analyse_adaptivity(full_sweep({2, 2}, 2, simple_seconds), options);
  CHECK(analysis.conditions[3].baseline_plan == 1);
  CHECK(analysis.conditions[0].gain == Approx(0.5));
  CHECK(analysis.worst_regret == Approx(1));
}

TEST_CASE("plans that the condition or the baseline lacks are ignored") {
  Sweep sweep = full_sweep({2}, 3, [](const Levels& levels, int plan) {
    return levels[0] == 0 ? 1.0 + plan : 3.0 - plan;
  });
  sweep.conditions[1].times[0] = {};
  sweep.conditions[0].times[2] = {};
  const AdaptivityAnalysis analysis = analyse_adaptivity(sweep);
  CHECK(analysis.conditions[1].compared_plans == 1);
  CHECK(analysis.conditions[1].baseline_plan == 1);
  CHECK(analysis.changed == 0);
  CHECK_FALSE(analysis.conditions[1].predicted_plan.has_value());
  sweep.conditions[1].times[1] = {};
  CHECK(analyse_adaptivity(sweep).conditions.size() == 1);
}

TEST_CASE("a gain is beyond noise only where intervals are narrow enough") {
  Sweep sweep = full_sweep({2, 2}, 2, simple_seconds);
  add_intervals(0.05, sweep);
  const AdaptivityAnalysis narrow = analyse_adaptivity(sweep);
  CHECK(narrow.noise.source == NoiseSource::intervals);
  CHECK(narrow.changed_beyond_noise == 2);
  CHECK(narrow.worthwhile_beyond_noise == 2);
  const ConditionResult& pays = narrow.conditions[3];
  CHECK(pays.gain_interval.low < 0.5);
  CHECK(pays.gain_interval.high > 0.5);
  CHECK(pays.gain_interval.low > 0.4);
  CHECK(pays.best_interval.low == Approx(0.475));
  CHECK(pays.candidates == std::vector<std::size_t>{1});
  add_intervals(0.8, sweep);
  const AdaptivityAnalysis wide = analyse_adaptivity(sweep);
  CHECK(wide.worthwhile == 2);
  CHECK(wide.worthwhile_beyond_noise == 0);
  CHECK(wide.conditions[3].candidates == std::vector<std::size_t>{1, 0});
}

TEST_CASE("without intervals and with few conditions the noise is unknown") {
  const AdaptivityAnalysis analysis = analyse_adaptivity(full_sweep({2}, 2, simple_seconds));
  CHECK(analysis.noise.source == NoiseSource::none);
  CHECK(analysis.worthwhile == 1);
  CHECK(analysis.worthwhile_beyond_noise == 0);
  CHECK_FALSE(analysis.null_expectation.has_value());
}

TEST_CASE("noise is estimated from a grid that was measured once") {
  const AdaptivityAnalysis analysis = analyse_adaptivity(noisy_grid(0.1, true));
  CHECK(analysis.noise.source == NoiseSource::grid);
  CHECK(analysis.noise.typical == Approx(0.1).epsilon(0.3));
  CHECK(analysis.worthwhile_beyond_noise == 27);
  for (const ConditionResult& result : analysis.conditions) {
    const bool is_fast = result.condition >= 27;  // factor a at level 1
    CHECK(result.is_worthwhile_beyond_noise == is_fast);
    if (is_fast) CHECK(result.likely_gain == Approx(0.5).margin(0.08));
  }
  REQUIRE(analysis.predicted_gain.has_value());  // 0 in one half, ln 2 in the other
  CHECK(analysis.predicted_gain->value == Approx(1 - std::sqrt(0.5)).margin(0.03));
  CHECK(analysis.predicted_gain->interval.low < 1 - std::sqrt(0.5));
  CHECK(analysis.predicted_gain->interval.high > 1 - std::sqrt(0.5));
}

TEST_CASE("gains from noise alone are identified") {
  const AdaptivityAnalysis analysis = analyse_adaptivity(noisy_grid(0.3, false));
  CHECK(analysis.mean_gain > 0.15);
  CHECK(analysis.worthwhile > 20);
  CHECK(analysis.worthwhile_beyond_noise == 0);
  REQUIRE(analysis.null_expectation.has_value());
  CHECK(analysis.null_expectation->mean_gain == Approx(analysis.mean_gain).margin(0.1));
  CHECK(analysis.null_expectation->changed_share == Approx(0.75).margin(0.05));
  CHECK(analysis.predicted_gain->interval.low < 0);
  CHECK(analysis.predicted_gain->interval.high > 0);
}

TEST_CASE("variance shares of a known model are exact") {
  // ln t = 0.3·(a − 1) + 0.1·(2b − 1) + 0.2·(a − 1)(2b − 1): mean squares 0.06, 0.01 and 0.08 / 3.
  const Sweep sweep = full_sweep({3, 2, 2}, 1, [](const Levels& levels, int) {
    const double a = levels[0] - 1;
    const double b = 2 * levels[1] - 1;
    return std::exp(0.3 * a + 0.1 * b + 0.2 * a * b);
  });
  const AdaptivityAnalysis analysis = analyse_adaptivity(sweep);
  REQUIRE(analysis.decompositions.size() == 2);  // one plan: no regret
  const VarianceDecomposition& best = decomposition_of(analysis, ResponseVariable::best);
  const double all = 0.06 + 0.01 + 0.08 / 3;
  CHECK(effect_of(best, {0}).variance_share == Approx(0.06 / all));
  CHECK(effect_of(best, {1}).variance_share == Approx(0.01 / all));
  CHECK(effect_of(best, {0, 1}).variance_share == Approx(0.08 / 3 / all));
  CHECK(effect_of(best, {2}).variance_share == Approx(0).margin(1e-12));
  CHECK(effect_of(best, {0}).degrees == 2);
  CHECK(effect_of(best, {0, 1}).degrees == 2);
  CHECK(best.effects.front().factors == std::vector<int>{0});
  CHECK(best.residual_share == Approx(0).margin(1e-12));
  CHECK(best.residual_degrees == 2);
  CHECK(best.standard_deviation == Approx(std::sqrt(all * 12 / 11)));
  CHECK(best.is_balanced);
}

TEST_CASE("shares and the residual sum up to 1 in a full grid and effects are significant") {
  const AdaptivityAnalysis analysis = analyse_adaptivity(noisy_grid(0.1, true));
  for (const VarianceDecomposition& one : analysis.decompositions) {
    double sum = one.residual_share;
    for (const FactorEffect& effect : one.effects) sum += effect.variance_share;
    CHECK(sum == Approx(1));
  }
  const VarianceDecomposition& regret = decomposition_of(analysis, ResponseVariable::regret);
  CHECK(effect_of(regret, {0}).variance_share > 0.7);
  CHECK(effect_of(regret, {0}).p < 1e-9);
  CHECK(effect_of(regret, {1}).p > 0.001);
}

TEST_CASE("a missing condition does not change the effects") {
  Sweep sweep =
      full_sweep({3, 3}, 1, [](const Levels& levels, int) { return std::exp(0.3 * levels[0]); });
  sweep.conditions.erase(sweep.conditions.begin() + 4);
  const VarianceDecomposition best =
      decomposition_of(analyse_adaptivity(sweep), ResponseVariable::best);
  CHECK_FALSE(best.is_balanced);
  CHECK(effect_of(best, {0}).variance_share > 0.9);
  CHECK(effect_of(best, {1}).variance_share == Approx(0).margin(1e-9));
}

TEST_CASE("levels are summarised by geometric means") {
  const AdaptivityAnalysis analysis = analyse_adaptivity(full_sweep({2, 2}, 2, simple_seconds));
  REQUIRE(analysis.levels.size() == 4);
  const LevelSummary& fast = analysis.levels[1];
  CHECK(fast.factor == 0);
  CHECK(fast.level == 1);
  CHECK(fast.conditions == 2);
  CHECK(fast.best_s == Approx(0.5));
  CHECK(fast.baseline_s == Approx(1));
  CHECK(fast.mean_gain == Approx(0.5));
  CHECK(fast.worthwhile == 2);
  CHECK(analysis.levels[2].best_s == Approx(std::sqrt(0.5)));
}

TEST_CASE("options out of range and unmeasured baselines are rejected") {
  Sweep sweep = full_sweep({2, 2}, 2, simple_seconds);
  AdaptivityOptions options;
  options.min_gain = 1;
  CHECK_ERROR(analyse_adaptivity(sweep, options), ErrorCode::invalid_argument, "minimum gain");
  options = {};
  options.false_discovery_rate = 0;
  CHECK_ERROR(analyse_adaptivity(sweep, options), ErrorCode::invalid_argument, "discovery");
  options = {};
  options.noise = NoiseSource::intervals;
  CHECK_ERROR(analyse_adaptivity(sweep, options), ErrorCode::invalid_argument, "interval");
  options = {};
  options.baseline = {1, 1};
  sweep.conditions.pop_back();
  CHECK_ERROR(analyse_adaptivity(sweep, options), ErrorCode::invalid_argument, "baseline 11");
  CHECK_ERROR(minimal_plan_set(sweep, -0.1), ErrorCode::invalid_argument, "share");
}

TEST_CASE("alexnet of the study repartitions in 161 conditions and gains 5 percent in 154") {
  SCISSION_NEEDS_UPSTREAM("adaptive/outputs_alexnet");
  const SweepReading reading = read_sweep(upstream_dir() / "adaptive/outputs_alexnet");
  const AdaptivityAnalysis analysis = analyse_adaptivity(reading.sweep);
  CHECK(reading.sweep.conditions.size() == 243);
  CHECK(analysis.changed == 161);
  CHECK(analysis.worthwhile == 154);
  CHECK(analysis.noise.source == NoiseSource::grid);
  CHECK(reading.count(SweepFault::incomplete) == 2);
  CHECK(reading.count(SweepFault::missing) == 0);
}

TEST_CASE("mobilenet of the study repartitions in 199 conditions and gains 5 percent in 148") {
  SCISSION_NEEDS_UPSTREAM("adaptive/outputs_mobilenet");
  const SweepReading reading = read_sweep(upstream_dir() / "adaptive/outputs_mobilenet");
  const AdaptivityAnalysis analysis = analyse_adaptivity(reading.sweep);
  CHECK(analysis.changed == 199);
  CHECK(analysis.worthwhile == 148);
  CHECK(reading.faults.empty());
  CHECK(decomposition_of(analysis, ResponseVariable::best).effects.front().factors == Levels{4});
}
