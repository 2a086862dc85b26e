// Costs as whole numbers, so that sums are exact and ties are real ties.
#pragma once

#include <cstdint>

#include "scission/problem.hpp"

namespace scission::search_detail {

/// A latency in ticks, with the number of stages in the low bits: of equal latencies the one
/// with fewer stages is the smaller.
using Cost = std::int64_t;

/// No way there. Large, but two of them still add up without overflow.
inline constexpr Cost unreachable = INT64_MAX / 4;

/// Turns seconds into Costs for one problem.
///
/// The tick is the power of two for which the dearest conceivable plan stays below 2⁵⁰ ticks,
/// so rounding one term is off by at most 2⁻⁵¹ of that plan.
class Ticks {
 public:
  Ticks(const PartitionProblem& problem, double input_bytes);

  /// Rounds to the nearest tick. Seconds are finite and ≥ 0.
  Cost operator()(double seconds) const;

  /// A limit on a sum of ticks: rounded as they are, and never overflowing. Infinity is allowed.
  Cost limit(double seconds) const;

  /// What one more stage adds.
  static constexpr Cost stage = 1;

 private:
  double ticks_per_s_;   // a power of two
};

}  // namespace scission::search_detail
