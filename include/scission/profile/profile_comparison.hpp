// Significant changes between two profiles of the same models. docs/report.md describes the tests.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

/// Classification of a difference.
enum class Change {
  unchanged,  ///< not significant, or smaller than min_change
  faster,
  slower,
  unknown,  ///< a profile has neither samples nor an interval
};

/// The data that a comparison uses.
enum class Evidence {
  samples,    ///< both profiles' samples: rank_test()
  intervals,  ///< their 95 % intervals: interval_test()
  none,       ///< a profile has neither: only the ratio is known
};

/// "unchanged", "faster", …; "samples", …
SCISSION_EXPORT std::string to_string(Change change);
SCISSION_EXPORT std::string to_string(Evidence evidence);

/// One time, before and after.
struct SCISSION_EXPORT TimeComparison {
  double before_s = 0;  ///< as the profile states it
  double after_s = 0;
  double ratio = 1;              ///< after ÷ before; NaN if the time before is 0
  Interval ratio_interval = {};  ///< 95 %; 0, 0 without evidence
  Evidence evidence = Evidence::none;
  double p = 1;                     ///< two-sided p-value; 1 without evidence
  double false_discovery_rate = 1;  ///< within its family of comparisons
  Change change = Change::unknown;
  /// The medians of the samples, or what the profiles state where their intervals are tested; NaN
  /// without evidence. With samples, `ratio` is not that of the medians: it is the median of the
  /// ratios of all pairs, and the change is judged by it and its interval.
  double before_median_s = std::numeric_limits<double>::quiet_NaN();
  double after_median_s = std::numeric_limits<double>::quiet_NaN();
};

/// One block, before and after.
struct SCISSION_EXPORT BlockComparison {
  Block block;
  std::string layer_types;
  TimeComparison time;
};

/// One model, before and after.
struct SCISSION_EXPORT ModelComparison {
  std::string model;
  TimeComparison whole;  ///< 0 s and without evidence if unknown
  TimeComparison sum;    ///< of all blocks
  std::vector<BlockComparison> blocks;

  int count(Change change) const;  ///< number of blocks
  /// Whether the whole, the sum or a block is slower.
  bool is_slower() const;
};

/// Which changes are reported.
struct SCISSION_EXPORT ComparisonOptions {
  /// The expected share of false discoveries among the reported changes, separately for the blocks
  /// of all models and for their wholes and sums; between 0 and 1, exclusive.
  double false_discovery_rate = 0.05;
  /// Smallest relative change to report, ≥ 0: a ratio of 1 + min_change, or 1 ÷ (1 + min_change).
  double min_change = 0.02;
  std::vector<std::string> models = {};  ///< empty: all models that both profiles have
};

/// Result of compare_profiles().
struct SCISSION_EXPORT ProfileComparison {
  /// Other differences, a sentence each: the host, its settings, the batch, models that only one
  /// profile has.
  std::vector<std::string> notes;
  std::vector<ModelComparison> models;  ///< in the order of the profile before

  bool is_slower() const;  ///< whether a model is slower
};

/// Compares the blocks between the boundaries that both profiles share. Tests the samples
/// (add_samples()) if both profiles have them, else the intervals. O(n log n) for n samples.
/// Throws Error(invalid_argument) for options out of range and for a model that one profile lacks,
/// Error(mismatch) if the profiles have no model in common, or different models under one name, and
/// Error(damaged) as validate() does.
SCISSION_EXPORT ProfileComparison compare_profiles(const SystemProfile& before,
                                                   const SystemProfile& after,
                                                   const ComparisonOptions& options = {});

/// The comparison as JSON; docs/report.md describes the fields.
SCISSION_EXPORT std::string format_comparison_json(const ProfileComparison& comparison);

}  // namespace scission
