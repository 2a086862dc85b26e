// Costs as whole numbers, so that sums are exact and ties are real ties.
#pragma once

#include "scission/problem.hpp"

namespace scission::search_detail {

/// A latency in ticks, with the number of stages in the low bits: of equal latencies the one
/// with fewer stages is the smaller. 128 bits, so that a tick can be far below what any time or
/// limit means, whatever the dearest link costs.
__extension__ using Cost = __int128;

/// No way there. Large, but two of them still add up without overflow.
inline constexpr Cost unreachable = Cost{1} << 124;

/// How far a limit is stretched, relative to itself: 0.1 s and 0.2 s keep to 0.3 s, though their
/// nearest doubles add up to more.
inline constexpr double limit_slack = 1e-12;

/// Turns seconds into Costs for one problem.
///
/// The tick is the power of two for which the dearest conceivable plan stays below 2¹¹⁰ ticks:
/// any double that is not 2⁵⁷ times smaller than that plan is a whole number of ticks as it is.
class Ticks {
 public:
  /// Throws Error(invalid_argument) when the times are too large to add up.
  Ticks(const PartitionProblem& problem, double input_bytes);

  /// Rounds to the nearest tick. Seconds are finite and ≥ 0.
  Cost operator()(double seconds) const;

  /// A limit on a sum of ticks, with its slack, and never overflowing. Infinity is allowed.
  Cost limit(double seconds) const;

  /// What one more stage adds.
  static constexpr Cost stage = 1;

 private:
  double ticks_per_s_;  // a power of two
};

}  // namespace scission::search_detail
