// Many searches under one time limit.
#pragma once

#include <algorithm>
#include <chrono>

#include "scission/search/search.hpp"

namespace scission {

/// Shares out the time limit of a question that takes several searches; it starts with this object.
class SearchBudget {
 public:
  explicit SearchBudget(const SearchOptions& options) : options_(options) {}

  /// For the next search: the same, with the time that is left.
  SearchOptions rest() const {
    SearchOptions rest = options_;
    if (rest.time_limit_s) {
      const std::chrono::duration<double> used = Clock::now() - start_;
      rest.time_limit_s = std::max(*rest.time_limit_s - used.count(), least_s);
    }
    return rest;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double least_s = 1e-9;  ///< a search must be given some time

  SearchOptions options_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace scission
