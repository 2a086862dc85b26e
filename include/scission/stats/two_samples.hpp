// Whether two samples differ, and by which factor: without assuming how they are distributed.
#pragma once

#include <vector>

#include "scission/base/export.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

/// How many independent samples would be worth as much to rank_test(): n / t, where t is
/// 1 + 2 Σ ρ(k) and ρ(k) the autocorrelation of the samples' ranks at lag k, summed over Geyer's
/// initial monotone sequence ("Practical Markov Chain Monte Carlo", 1992); t grows by its share t/n
/// for the mean being that of the samples themselves. At most n, at least 1. Differs from
/// effective_count(), which is the median's: ranks remember longer than sides of the median.
/// `samples` are in the order in which they were taken. O(n log n + n · lags).
/// Throws Error(invalid_argument) when there are none.
SCISSION_EXPORT double effective_rank_count(const std::vector<double>& samples);

/// So many independent samples are worth as much as the given ones. 0: all of them are independent.
struct SCISSION_EXPORT EffectiveCounts {
  double before = 0;
  double after = 0;
};

/// Two sets of samples, held against each other.
struct SCISSION_EXPORT RankTest {
  /// Pairs of a sample after and one before of which the former is the larger; equal ones count
  /// half. Mann and Whitney's U of `after`.
  double u = 0;
  double p = 1;  ///< two-sided
  bool is_exact = false;
};

/// Mann and Whitney's test ("On a Test of Whether one of Two Random Variables is Stochastically
/// Larger than the Other", 1947). Up to 20 independent samples a side without ties, p is exact;
/// else by the normal approximation with corrections for continuity and for ties. Samples that are
/// worth fewer independent ones enlarge the variance accordingly.
/// O(n log n), and O(n³) where exact. Throws Error(invalid_argument) when a side has no samples.
SCISSION_EXPORT RankTest rank_test(const std::vector<double>& before,
                                   const std::vector<double>& after, EffectiveCounts counts = {});

/// After ÷ before.
struct SCISSION_EXPORT Ratio {
  double value = 1;
  Interval interval;  ///< 95 %
};

/// The factor between two samples of times, after ÷ before: the median of the ratios of all pairs
/// (Hodges and Lehmann's shift of the logarithms), with the interval that belongs to rank_test().
/// Times count as 1 ns at least. With too few samples for 95 % the interval holds all the pairs.
/// O(n log n). Throws as rank_test().
SCISSION_EXPORT Ratio ratio_of_samples(const std::vector<double>& before,
                                       const std::vector<double>& after,
                                       EffectiveCounts counts = {});

/// A figure and its 95 % interval, symmetric or not; above 0.
struct SCISSION_EXPORT Estimate {
  double value = 0;
  Interval interval;
};

/// Two times of which only the intervals are known, held against each other.
struct SCISSION_EXPORT IntervalTest {
  double p = 1;  ///< two-sided
  Ratio ratio;
};

/// Tests two times of which only intervals are known: z-test of their logarithms' difference, the
/// standard error of each the width of its interval ÷ 3.92, relative to its value (delta method).
/// Throws Error(invalid_argument) unless both values and both widths are above 0.
SCISSION_EXPORT IntervalTest interval_test(const Estimate& before, const Estimate& after);

/// The p-values as false discovery rates (Benjamini and Hochberg, "Controlling the False Discovery
/// Rate", 1995), in their order: calling those of at most q discoveries, a share of at most q of
/// the calls is expected to be false. O(n log n).
SCISSION_EXPORT std::vector<double> false_discovery_rates(const std::vector<double>& p_values);

}  // namespace scission
