// Repeated planning as links and loads change.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "scission/base/export.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// A problem and a query, prepared once and searched repeatedly. Names and constraints stay
/// resolved from one search to the next.
///
/// The result equals that of search() for the changed problem. Not thread-safe: one thread at a
/// time may use a planner.
class SCISSION_EXPORT Planner {
 public:
  /// Throws as search() does.
  Planner(PartitionProblem problem, Query query);
  ~Planner();
  Planner(Planner&&) noexcept;             ///< a moved-from planner may only be destroyed
  Planner& operator=(Planner&&) noexcept;  ///< a moved-from planner may only be destroyed

  /// Replaces the link from one system to another; an empty link removes it.
  /// Throws Error(invalid_argument) for an unknown system and for an invalid link: a ping below 0,
  /// a bandwidth below a byte a second, a curve of fewer than two points, unsorted or falling.
  void set_link(std::string_view from, std::string_view to, std::optional<Link> link);
  void set_link(int from, int to, std::optional<Link> link);  ///< the same by indices

  /// Scales the compute times of a system: it takes `factor` times as long as its profile states.
  /// Throws Error(invalid_argument) for an unknown system and for a factor that is not above 0 and
  /// finite.
  void set_slowdown(std::string_view system, double factor);
  void set_slowdown(int system, double factor);  ///< the same by index

  /// The problem with all changes applied.
  const PartitionProblem& problem() const;
  const Query& query() const;  ///< as given to the constructor

  /// As search(), for the problem with all changes applied.
  SearchResult plan(const SearchOptions& options = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission
