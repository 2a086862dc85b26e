// What became faster or slower between two profiles of the same models, beyond their noise.
// docs/report.md tells how that is decided.
#pragma once

#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

enum class Change {
  unchanged,  ///< within noise, or too little to matter
  faster,
  slower,
  unknown,  ///< there is no spread to judge by
};

/// What the judgement rests on.
enum class Evidence {
  samples,    ///< both profiles' samples: rank_test()
  intervals,  ///< their 95 % intervals: interval_test()
  none,       ///< one profile has neither: there is but the ratio
};

/// "unchanged", "faster", …; "samples", …
SCISSION_EXPORT std::string to_string(Change change);
SCISSION_EXPORT std::string to_string(Evidence evidence);

/// One time, before and after, and whether the difference is more than noise.
struct SCISSION_EXPORT TimeComparison {
  double before_s = 0;
  double after_s = 0;
  double ratio = 1;              ///< after ÷ before; NaN where the time before is 0
  Interval ratio_interval = {};  ///< 95 %; 0, 0 without evidence
  Evidence evidence = Evidence::none;
  double p = 1;                     ///< of one that did not change, two-sided; 1 without evidence
  double false_discovery_rate = 1;  ///< of calling it changed, among all that were tested with it
  Change change = Change::unknown;
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
  TimeComparison whole;  ///< without evidence and 0 s where a profile does not know it
  TimeComparison sum;    ///< all blocks, one after the other
  std::vector<BlockComparison> blocks;

  int count(Change change) const;  ///< of blocks
  /// Whether the whole, the sum or any block is slower.
  bool is_slower() const;
};

/// Which changes are reported.
struct SCISSION_EXPORT ComparisonOptions {
  /// What share of the changes reported may be false, on average: among the blocks of all models,
  /// and among their wholes and sums. 0 < share < 1.
  double false_discovery_rate = 0.05;
  /// A change counts from this share on: a ratio of 1 + least, or 1 ÷ (1 + least). ≥ 0.
  double least = 0.02;
  std::vector<std::string> models = {};  ///< only these; empty: all that both profiles have
};

/// Two profiles of the same models, held against each other.
struct SCISSION_EXPORT ProfileComparison {
  /// What else differs: the host, its settings, the batch, models that only one has. A sentence
  /// each.
  std::vector<std::string> notes;
  std::vector<ModelComparison> models;  ///< in the order of `before`

  bool is_slower() const;  ///< whether any of them is
};

/// Compares block by block, on the boundaries that both have. With samples (add_samples()) it tests
/// those, else the intervals that the profiles state.
/// O(n log n) in all the samples. Throws Error(invalid_argument) for options out of range and for a
/// model that one of the profiles does not have, Error(mismatch) when they have none in common, or
/// different ones under one name.
SCISSION_EXPORT ProfileComparison compare_profiles(const SystemProfile& before,
                                                   const SystemProfile& after,
                                                   const ComparisonOptions& options = {});

}  // namespace scission
