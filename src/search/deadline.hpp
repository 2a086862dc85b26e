// Time limits: of one search, and of several searches that share one.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>

#include "scission/search/search.hpp"

namespace scission::search_detail {

/// The end of one search: a point in time, a stop token, or neither.
class Deadline {
 public:
  explicit Deadline(const SearchOptions& options) : stop_(options.stop) {
    if (!options.time_limit_s) return;
    constexpr double max_s = 1e9;  // the clock's range
    const std::chrono::duration<double> limit(std::clamp(*options.time_limit_s, 0.0, max_s));
    end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
  }

  bool has_passed() const { return stop_.stop_requested() || (end_ && Clock::now() >= *end_); }

 private:
  using Clock = std::chrono::steady_clock;

  std::stop_token stop_;
  std::optional<Clock::time_point> end_;
};

/// Divides one time limit among several searches. The time starts with this object.
class SearchBudget {
 public:
  explicit SearchBudget(const SearchOptions& options) : options_(options) {}

  /// Options of the next search: the same, with the remaining time.
  SearchOptions rest() const {
    SearchOptions rest = options_;
    if (rest.time_limit_s) {
      const std::chrono::duration<double> used = Clock::now() - start_;
      rest.time_limit_s = std::max(*rest.time_limit_s - used.count(), min_s);
    }
    return rest;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double min_s = 1e-9;  // a search needs a time limit above 0

  SearchOptions options_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace scission::search_detail
