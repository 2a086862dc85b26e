// Order statistics of a handful of samples.
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

}  // namespace scission
