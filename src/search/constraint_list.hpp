// The constraints of a query as a list, any of which can be left out or relaxed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scission/search/search.hpp"

namespace scission {

/// What a limit counts.
enum class LimitUnit { seconds, bytes, joules, money, share, stages };

/// "0.8 s", "300 kB", "20 %", "12 J", "0.0015", "3 stages": all digits that were given.
std::string format_limit(double value, LimitUnit unit);

/// The same, rounded up to three digits, so that the limit as written holds what `value` holds.
std::string format_limit_rounded_up(double value, LimitUnit unit);

/// What a search is asked. The problem is a part of it: systems limit their own memory.
struct SearchInstance {
  PartitionProblem problem;
  Query query;
};

/// The number in a constraint that has one.
struct ConstraintLimit {
  double value = 0;  ///< as asked
  LimitUnit unit = LimitUnit::seconds;
  /// Puts the constraint, with this limit, into a instance.
  std::function<void(SearchInstance&, double)> add;
  /// What a plan needs the limit to be.
  std::function<double(const SearchInstance&, const Plan&)> need;
  /// The measure whose least amount is the least limit, where the limit is one on a measure.
  std::optional<Metric> measure = {};
};

/// One constraint.
struct ListedConstraint {
  std::string text;  ///< "layer 7 on device"; up to its number where it has one: "latency at most "
  std::string tail = {};  ///< what follows the number: " of the compute time"
  std::function<void(SearchInstance&)> add =
      {};  ///< puts it into a instance; unless it has a limit
  std::optional<ConstraintLimit> limit = {};

  void put_into(SearchInstance& instance) const;
  std::string full_text() const;
  std::string text_rounded_up(double value) const;  ///< for that other limit
};

/// All the constraints, in the order of Query's fields, the systems' own memory last. Adding them
/// to without_constraints() gives the question back.
std::vector<ListedConstraint> list_constraints(const SearchInstance& instance);

SearchInstance without_constraints(const SearchInstance& instance);

}  // namespace scission
