// When repartitioning pays, which factors make it so, and how few plans are enough.
// docs/adaptivity.md tells the method.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/stats/statistics.hpp"
#include "scission/sweep/adaptive_grid.hpp"

namespace scission {

/// Where the noise of a latency is known from.
enum class NoiseSource {
  automatic,  ///< intervals where every plan's time has one, else the grid
  intervals,  ///< the times' own 95 % intervals: what repeating within a condition shows
  grid,       ///< what effects of few factors leave unexplained: noise and what is left of effects;
              ///< conditions are told from noise by what the fit makes of all of them
  none,       ///< not known: a grid too small
};

/// "automatic", "intervals", "grid", "none"
SCISSION_EXPORT std::string to_string(NoiseSource source);

/// What counts as paying, and how sure one has to be.
struct SCISSION_EXPORT AdaptivityOptions {
  std::vector<int> baseline = {};  ///< its levels; empty: the first of every factor
  double least_gain = 0.05;  ///< repartitioning pays from this share of latency on; 0 ≤ … < 1
  double false_discovery_rate = 0.05;  ///< of conditions said to pay beyond noise; 0 < … < 1
  double confidence = 0.95;            ///< of intervals
  NoiseSource noise = NoiseSource::automatic;
};

/// What to compare with what in a grid, and how much of a difference is noise.
struct SCISSION_EXPORT GridNoise {
  NoiseSource source = NoiseSource::none;
  /// grid: effects of up to so many factors were taken out, by what predicts best what was left
  /// out of the fit; else 0
  int order = 0;
  int degrees = 0;     ///< grid: degrees of freedom left for the noise; else 0
  double typical = 0;  ///< standard deviation of one time's logarithm, the median over plans
};

/// One condition: keeping the baseline's plan against the best. Plans that either the condition or
/// the baseline has no time for are left out.
struct SCISSION_EXPORT ConditionResult {
  std::size_t condition = 0;  ///< index into the grid's
  std::size_t kept = 0;       ///< the plan that is the fastest under the baseline
  std::size_t best = 0;       ///< the fastest here
  double kept_s = 0;
  double best_s = 0;
  Interval best_interval = {};  ///< 95 %, of best_s; 0, 0 where the noise is unknown
  std::size_t compared = 0;     ///< plans
  double gain = 0;    ///< 1 − best ÷ kept as measured; 0 where the best is the one kept
  double regret = 0;  ///< kept ÷ best − 1

  /// Plans that noise does not tell from the likely best, which is the first, the fastest first:
  /// with the confidence they hold the plan that is the fastest in truth (Gupta's subset selection,
  /// 1965, by Bonferroni's bound). The likely best is the measured one where the noise is known by
  /// intervals or unknown, and then alone; by the grid the fastest of the fitted.
  std::vector<std::size_t> candidates;
  double likely_gain = 0;           ///< of the likely best, measured or fitted
  Interval gain_interval = {};      ///< of it, for the best having been chosen among `compared`
  double p = 1;                     ///< of its being no more than least_gain, chosen likewise
  double false_discovery_rate = 1;  ///< of calling it one that pays, among all conditions

  bool changes = false;               ///< the best is not the one kept
  bool changes_beyond_noise = false;  ///< the one kept is not among the candidates
  bool pays = false;                  ///< gain > least_gain
  bool pays_beyond_noise = false;     ///< likely_gain is, and its false discovery rate small enough

  /// What would be chosen without having measured here: the fastest by a fit of every plan to all
  /// other conditions; its gain over the one kept, by what was measured here. Below 0: a loss.
  std::optional<std::size_t> predicted;
  double predicted_gain = 0;
};

/// The conditions that share a level of a factor.
struct SCISSION_EXPORT LevelSummary {
  int factor = 0;
  int level = 0;
  std::size_t conditions = 0;
  double best_s = 0;     ///< geometric mean of the best latency
  double kept_s = 0;     ///< and of the plan kept
  double mean_gain = 0;  ///< arithmetic
  std::size_t changes = 0;
  std::size_t pays = 0;
  std::size_t pays_beyond_noise = 0;
};

/// What share of a figure's variance a factor, or two together, explain.
struct SCISSION_EXPORT Effect {
  std::vector<int> factors;  ///< one, or two for what their combination adds
  int degrees = 0;           ///< of freedom
  double share = 0;          ///< of the sum of squares about the mean
  double p = 1;              ///< of no effect (F test against the rest); 1 where nothing is left
};

/// Which figure is decomposed, over the conditions.
enum class Response {
  best,   ///< ln of the best latency: what makes it slow
  kept,   ///< ln of the latency of the baseline's plan
  regret  ///< ln of kept ÷ best: what makes repartitioning pay
};

/// "best", "kept", "regret"
SCISSION_EXPORT std::string to_string(Response response);

/// The variance of one figure over the conditions, shared out to factors (docs/adaptivity.md).
struct SCISSION_EXPORT Decomposition {
  Response response = Response::best;
  double deviation = 0;         ///< standard deviation of the figure
  std::vector<Effect> effects;  ///< the largest share first
  double rest = 0;              ///< share of what more than two factors and noise do
  int rest_degrees = 0;
  /// Share that noise of the times makes. Not told where it is known by the grid, but for `kept`:
  /// what is chosen as the fastest has less noise than what is not.
  std::optional<double> noise;
  bool is_balanced = true;  ///< all combinations are there, so that the shares sum up to 1
};

/// The single plan with the least geometric mean of latencies: the best where plans never change.
struct SCISSION_EXPORT StaticPlan {
  std::size_t plan = 0;
  double gain_over_kept = 0;  ///< 1 − its geometric mean ÷ that of the plan kept
  double mean_gain = 0;       ///< what changing would gain over it on average
  double worst_regret = 0;
};

/// What an analysis would have found, had the conditions made no difference at all: every plan
/// takes its mean everywhere, and each condition has the noise of another. Expected values, over
/// all pairs of a baseline's and a condition's noise.
struct SCISSION_EXPORT NoiseAlone {
  double mean_gain = 0;
  double changes = 0;  ///< share of conditions
  double pays = 0;
};

/// What a sweep says of repartitioning: condition by condition, and as a whole.
struct SCISSION_EXPORT AdaptivityAnalysis {
  std::vector<int> baseline;
  GridNoise noise;
  std::vector<ConditionResult> conditions;    ///< in the grid's order, without those that share no
                                              ///< plan with the baseline
  std::vector<LevelSummary> levels;           ///< of those that occur
  std::vector<Decomposition> decompositions;  ///< of each response that varies
  std::optional<StaticPlan> best_static;      ///< of plans that every condition has a time for

  std::size_t changes = 0;
  std::size_t changes_beyond_noise = 0;
  std::size_t pays = 0;
  std::size_t pays_beyond_noise = 0;
  double mean_gain = 0;
  double worst_regret = 0;
  /// 1 − the geometric mean of predicted ÷ kept, with its 95 % interval by Student's t over the
  /// conditions. Unlike a mean of gains it is 0 where noise is all there is. Of grids that are
  /// large enough to predict.
  std::optional<Estimate> predicted_gain;
  std::optional<NoiseAlone> noise_alone;  ///< where the noise is known by the grid
};

/// O(plans · conditions · columns² ) for the grid's noise, with columns ≤ conditions.
/// Throws Error(invalid_argument) for a grid that check_grid() refuses, options out of range, a
/// baseline that was not measured, and intervals asked for that are not there.
SCISSION_EXPORT AdaptivityAnalysis analyse_adaptivity(const AdaptiveGrid& grid,
                                                      const AdaptivityOptions& options = {});

/// Plans of which, in every condition, one is fast enough.
struct SCISSION_EXPORT PlanCover {
  double within = 0;                    ///< of the best latency
  std::vector<std::size_t> plans;       ///< the one that is fast enough most often first
  std::vector<std::size_t> conditions;  ///< for how many conditions each of them is fast enough
  bool is_smallest = true;  ///< proven; else the search was stopped: between `at_least` and this
  std::size_t at_least = 0;
};

/// The smallest set of plans with latency ≤ (1 + within) · best in every condition: set cover, by
/// depth-first branching over the condition with the fewest plans, deepening one plan at a time
/// from a lower bound of conditions that share no plan. Exponential in the worst case: after
/// `most_steps` the greedy cover (Chvátal 1979: at most ln n + 1 times the smallest) stands.
/// Throws Error(invalid_argument) for within < 0 and for a grid that check_grid() refuses.
SCISSION_EXPORT PlanCover smallest_cover(const AdaptiveGrid& grid, double within,
                                         std::size_t most_steps = 2'000'000);

}  // namespace scission
