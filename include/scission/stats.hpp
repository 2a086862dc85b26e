// Order statistics, confidence intervals and tests of small samples.
#pragma once

#include <vector>

#include "scission/base.hpp"

namespace scission {

/// The q-quantile, 0 ≤ q ≤ 1, by linear interpolation between order statistics (type 7 of
/// Hyndman & Fan, "Sample Quantiles in Statistical Packages", 1996). O(n log n).
/// Samples may be infinite, and the result too. Throws Error(invalid_argument) if there are no
/// samples or q is out of range.
SCISSION_EXPORT double quantile(std::vector<double> samples, double q);

/// The 0.5-quantile.
SCISSION_EXPORT double median(std::vector<double> samples);

/// Median absolute deviation from the median, unscaled.
SCISSION_EXPORT double median_absolute_deviation(const std::vector<double>& samples);

/// A closed confidence interval.
struct SCISSION_EXPORT Interval {
  double low = 0;
  double high = 0;
};

/// Effective sample size for the median, from 1 to n: n / (1 + 2 Σ ρ(k)). ρ(k) is the
/// autocorrelation at lag k of the sequence "above or below the median", which determines the
/// variance of the median; the sum ends at the first lag that is not significant by Bartlett's
/// bound, 1.645 / √n. `samples` must be in the order of measurement. O(n · lags). Throws
/// Error(invalid_argument) if there are no samples.
SCISSION_EXPORT double effective_count(const std::vector<double>& samples);

/// A distribution-free confidence interval of the median: the narrowest symmetric pair of
/// order statistics whose binomial coverage is at least `confidence` (Conover, "Practical
/// Nonparametric Statistics", 3.2). With too few samples for that, the whole range.
/// For autocorrelated samples `count` is their effective_count(): the interval consists of the
/// quantiles that bound the median of that many independent samples.
SCISSION_EXPORT Interval median_interval(std::vector<double> samples, double confidence = 0.95);
SCISSION_EXPORT Interval median_interval(std::vector<double> samples, double confidence,
                                         double count);

/// Mann's test for a trend (Mann, "Nonparametric Tests Against Trend", 1945): the standardised
/// number of rising pairs minus falling pairs, approximately standard normal without a trend; 0 for
/// fewer than 3 samples. O(n²).
SCISSION_EXPORT double mann_trend(const std::vector<double>& samples);

/// Summary of a series of samples, in their unit.
struct SCISSION_EXPORT Summary {
  int count = 0;
  double median = 0;
  double p5 = 0;
  double p95 = 0;
  double mad = 0;     ///< median absolute deviation
  Interval interval;  ///< 95 % confidence interval of the median, by the effective count
};

/// Width of the interval relative to the median; 0 for a median of 0.
SCISSION_EXPORT double relative_width(const Summary& summary);

/// `samples` must be in the order of measurement. O(n log n + n · lags).
/// Throws Error(invalid_argument) if there are no samples.
SCISSION_EXPORT Summary summarise(const std::vector<double>& samples);

/// Effective sample size for rank_test(), from 1 to n: n / t with t = 1 + 2 Σ ρ(k), where ρ(k) is
/// the autocorrelation of the samples' ranks at lag k, summed over Geyer's initial monotone
/// sequence ("Practical Markov Chain Monte Carlo", 1992). t is increased by the factor 1 + t/n,
/// because the mean is estimated from the same samples. Differs from effective_count(), since ranks
/// are correlated over longer lags than the sides of the median. `samples` must be in the order of
/// measurement. O(n log n + n · lags). Throws Error(invalid_argument) if there are no samples.
SCISSION_EXPORT double effective_rank_count(const std::vector<double>& samples);

/// Effective sample sizes of two samples; 0 if all of its samples are independent.
struct SCISSION_EXPORT EffectiveCounts {
  double before = 0;
  double after = 0;
};

/// Result of rank_test().
struct SCISSION_EXPORT RankTest {
  /// Mann and Whitney's U of `after`: the number of pairs in which the sample after is larger than
  /// the one before; ties count half.
  double u = 0;
  double p = 1;  ///< two-sided
  bool is_exact = false;
};

/// Mann and Whitney's test ("On a Test of Whether one of Two Random Variables is Stochastically
/// Larger than the Other", 1947). p is exact for up to 20 independent samples per side without
/// ties; otherwise it is the normal approximation with corrections for continuity and ties, and
/// with the variance of the effective sample sizes. O(n log n), and O(n³) if exact. Throws
/// Error(invalid_argument) if a side has no samples.
SCISSION_EXPORT RankTest rank_test(const std::vector<double>& before,
                                   const std::vector<double>& after, EffectiveCounts counts = {});

/// After ÷ before.
struct SCISSION_EXPORT Ratio {
  double value = 1;
  Interval interval;  ///< 95 %
};

/// The factor between two samples of times, after ÷ before: the median of the ratios of all pairs
/// (Hodges and Lehmann's shift of the logarithms), with the interval that corresponds to
/// rank_test(). Times below 1 ns count as 1 ns. With too few samples for 95 % the interval covers
/// the ratios of all pairs. O(n log n). Throws what rank_test() throws.
SCISSION_EXPORT Ratio ratio_of_samples(const std::vector<double>& before,
                                       const std::vector<double>& after,
                                       EffectiveCounts counts = {});

/// A positive quantity and its 95 % interval, which need not be symmetric.
struct SCISSION_EXPORT Estimate {
  double value = 0;
  Interval interval;
};

/// Result of interval_test().
struct SCISSION_EXPORT IntervalTest {
  double p = 1;  ///< two-sided
  Ratio ratio;
};

/// Tests two times from their intervals alone: a z-test of the difference of their logarithms. The
/// standard error of each is the width of its interval ÷ 3.92, relative to its value (delta
/// method). Throws Error(invalid_argument) unless both values and both widths are above 0.
SCISSION_EXPORT IntervalTest interval_test(const Estimate& before, const Estimate& after);

/// The false discovery rates of p-values (Benjamini and Hochberg, "Controlling the False Discovery
/// Rate", 1995), in the same order: among the tests with a rate of at most q, the expected share of
/// false discoveries is at most q. O(n log n).
SCISSION_EXPORT std::vector<double> false_discovery_rates(const std::vector<double>& p_values);

}  // namespace scission
