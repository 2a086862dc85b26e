// Planning again and again, as links and loads change.
#pragma once

#include <memory>
#include <optional>

#include "scission/base/export.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// A problem and a query, prepared once and asked often. What a change does not touch is not
/// worked out again, and memory is kept from one query to the next.
///
/// Gives what search() gives for the problem as changed. One thread at a time may use a planner.
class SCISSION_EXPORT Planner {
 public:
  /// Throws as search() does.
  Planner(PartitionProblem problem, Query query);
  ~Planner();
  Planner(Planner&&) noexcept;             ///< the one moved from is for destroying only
  Planner& operator=(Planner&&) noexcept;  ///< the same

  /// Replaces the link from one system to another; empty: there is none any more.
  /// Throws Error(invalid_argument) for a system that is not there, and a link that is none: a ping
  /// below 0, a bandwidth below a byte a second, a curve of one point, unsorted or falling.
  void set_link(int from, int to, std::optional<Link> link);

  /// From now on the system takes `factor` times as long as its profile says; > 0.
  /// Throws Error(invalid_argument) for a system that is not there and a factor out of range.
  void set_slowdown(int system, double factor);

  /// The problem as changed so far.
  const PartitionProblem& problem() const;
  const Query& query() const;  ///< as given

  /// As search(), for the problem as changed so far.
  SearchResult plan(const SearchOptions& options = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission
