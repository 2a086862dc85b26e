// The partition search: the best ways to distribute a model's blocks over systems, exactly.
//
// The algorithm, its proof and its cost are in docs/search.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scission/criteria.hpp"
#include "scission/plan.hpp"
#include "scission/problem.hpp"

namespace scission {

/// What a platform's part of a plan must keep to.
struct PlatformConstraints {
  Criteria criteria;
  std::optional<double> upload_bytes;  ///< at most this may leave the platform
  std::optional<TimeLimit> compute;    ///< at most this may be spent computing on it

  friend bool operator==(const PlatformConstraints&, const PlatformConstraints&) = default;
};

struct Query {
  /// Bytes of the model's input, which lies on a system of the first platform that has one.
  double input_bytes = 150'000;
  int result_count = 5;                                  ///< N: how many plans at most, ≥ 1
  std::map<std::string, PlatformConstraints> platforms;  ///< by the platform's name
};

/// A pair of systems that some plan would need a link between, and none is known.
struct MissingLink {
  int from = 0;
  int to = 0;
};

struct Result {
  /// The best plans, best first; fewer than asked for when no more fit, none when none fits.
  std::vector<Plan> plans;
  /// Plans over these were left out. Indices into the problem's systems.
  std::vector<MissingLink> missing_links;
};

/// The result_count plans of least latency that keep to every constraint, in order.
///
/// Platforms are passed in the problem's order, each at most once, any of them skipped, with
/// at most one system of each. The input's source is a choice too: where several systems could
/// hold the input, plans are ranked over all of them.
///
/// Plans of equal latency are ordered by fewer stages, then by the first difference among
/// source, first system, end of its stage, second system, …, the smaller index first. Latencies
/// are compared as exact sums, which do not depend on the order of adding. Limits are kept to
/// within 10⁻¹² of themselves, so that 0.1 s and 0.2 s keep to 0.3 s.
///
/// For n blocks and S systems, time is O(n·S² + N·S·(n + S)) and memory O(n·S + N·S) while no
/// compute limit is a share; a share is checked plan by plan, in order.
/// Thread-safe for concurrent calls.
///
/// Throws Error(infeasible) for a layer that the model does not have, Error(invalid_argument) for a
/// system or platform that the problem does not have, for numbers out of range, and for times too
/// large to add up.
Result search(const PartitionProblem& problem, const Query& query);

}  // namespace scission
