// Names in a query, and the systems that they mean.
#pragma once

#include <string>
#include <vector>

#include "scission/plan/problem.hpp"

namespace scission::search_detail {

/// A set of systems: all of a platform, or a single one.
class Group {
 public:
  explicit Group(std::size_t system_count) : holds_(system_count, 0) {}

  bool holds(int system) const { return holds_[system] != 0; }
  int size() const { return size_; }
  void add(int system) {
    size_ += holds_[system] == 0;
    holds_[system] = 1;
  }

 private:
  std::vector<char> holds_;
  int size_ = 0;
};

/// A platform's systems, or the system of that name; `@name` is always a system.
/// A platform without systems is an empty group. Throws Error(invalid_argument, place) for a name
/// that is neither.
Group group_named(const PartitionProblem& problem, const std::string& name,
                  const std::string& place);

/// The union of several.
Group group_of(const PartitionProblem& problem, const std::vector<std::string>& names,
               const std::string& place);

}  // namespace scission::search_detail
