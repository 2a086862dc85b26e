// The constraints of a query as a list, for explaining why no plan fits. Each can be left out or
// relaxed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scission/search/search.hpp"

namespace scission {

/// The unit of a limit.
enum class LimitUnit { seconds, bytes, joules, money, share, stages };

/// "0.8 s", "300 kB", "20 %", "12 J", "0.0015", "3 stages": with all digits of the value.
std::string format_limit(double value, LimitUnit unit);

/// The same, rounded up to three digits, so that the limit as written admits what `value` admits.
std::string format_limit_rounded_up(double value, LimitUnit unit);

/// The input of a search. The problem contains constraints, too: systems limit their own memory.
struct SearchInstance {
  PartitionProblem problem;
  Query query;
};

/// The limit of a constraint that has one.
struct ConstraintLimit {
  double value = 0;  ///< in the query
  LimitUnit unit = LimitUnit::seconds;
  /// Adds the constraint, with this limit, to an instance.
  std::function<void(SearchInstance&, double)> add;
  /// The smallest limit that admits a plan.
  std::function<double(const SearchInstance&, const Plan&)> need;
  /// The metric of a limit on the whole plan; its minimum is the least limit.
  std::optional<Metric> metric = {};
};

/// One constraint.
struct RelaxableConstraint {
  std::string
      text;  ///< "layer 7 on device"; up to the limit where there is one: "latency at most "
  std::string tail = {};                          ///< after the limit: " of the compute time"
  std::function<void(SearchInstance&)> add = {};  ///< adds it to an instance; unless it has a limit
  std::optional<ConstraintLimit> limit = {};
  /// The constraint in a form that admits a plan; empty: it can only be left out.
  std::function<std::string(const SearchInstance&, const Plan&)> alternative = {};

  void put_into(SearchInstance& instance) const;
  std::string full_text() const;
  std::string text_rounded_up(double value) const;  ///< with another limit
};

/// All constraints, in the order of Query's fields, the systems' own memory last. That the input
/// lies on the first platform by default is one of them where the query demands the first block
/// elsewhere. Adding them to without_constraints() yields the instance again.
std::vector<RelaxableConstraint> list_constraints(const SearchInstance& instance);

SearchInstance without_constraints(const SearchInstance& instance);

}  // namespace scission
