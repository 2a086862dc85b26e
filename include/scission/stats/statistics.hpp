// Order statistics, confidence intervals and tests of small samples.
#pragma once

#include <vector>

#include "scission/base/export.hpp"

namespace scission {

/// The q-quantile, 0 ≤ q ≤ 1, by linear interpolation between order statistics (type 7 of
/// Hyndman & Fan, "Sample Quantiles in Statistical Packages", 1996). O(n log n).
/// Throws Error(invalid_argument) when there are no samples or q is out of range.
SCISSION_EXPORT double quantile(std::vector<double> samples, double q);

/// The 0.5-quantile.
SCISSION_EXPORT double median(std::vector<double> samples);

/// Median absolute deviation from the median, unscaled.
SCISSION_EXPORT double median_absolute_deviation(const std::vector<double>& samples);

/// A confidence interval, both ends included.
struct SCISSION_EXPORT Interval {
  double low = 0;
  double high = 0;
};

/// How many independent samples would say as much about the median: n / (1 + 2 Σ ρ(k)), at most n
/// and at least 1. ρ(k) is the autocorrelation at lag k of the sequence "above or below the
/// median", on which the median's variance depends; the sum ends at the first lag that Bartlett's
/// bound, 1.645 / √n, does not tell from 0. `samples` are in the order in which they were taken.
/// O(n · lags). Throws Error(invalid_argument) when there are no samples.
SCISSION_EXPORT double effective_count(const std::vector<double>& samples);

/// A distribution-free confidence interval of the median: the narrowest symmetric pair of
/// order statistics whose binomial coverage is at least `confidence` (Conover, "Practical
/// Nonparametric Statistics", 3.2). With too few samples for that, the whole range.
/// Samples that are worth fewer independent ones, `count` (effective_count() of them), get the
/// quantiles that bound the median of so many.
SCISSION_EXPORT Interval median_interval(std::vector<double> samples, double confidence = 0.95);
SCISSION_EXPORT Interval median_interval(std::vector<double> samples, double confidence,
                                         double count);

/// Mann's test for a trend (Mann, "Nonparametric Tests Against Trend", 1945): the standardised
/// count of pairs that rise less those that fall; about normal, above 0 for a rise; 0 for fewer
/// than 3 samples. O(n²).
SCISSION_EXPORT double trend(const std::vector<double>& samples);

/// What a profile keeps of the samples of one thing; all in the samples' unit.
struct SCISSION_EXPORT Summary {
  int count = 0;
  double median = 0;
  double p5 = 0;
  double p95 = 0;
  double mad = 0;     ///< median absolute deviation
  Interval interval;  ///< 95 % confidence interval of the median, by the effective count
};

/// The interval's width as a share of the median; 0 for a median of 0.
SCISSION_EXPORT double relative_width(const Summary& summary);

/// `samples` are in the order in which they were taken.
SCISSION_EXPORT Summary summarise(const std::vector<double>& samples);

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
