// When a search has to end.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>

#include "scission/search/search.hpp"

namespace scission::search_detail {

class Deadline {
 public:
  explicit Deadline(const SearchOptions& options) : stop_(options.stop) {
    if (!options.time_limit_s) return;
    constexpr double longest_s = 1e9;  // what a clock can still count
    const std::chrono::duration<double> limit(std::clamp(*options.time_limit_s, 0.0, longest_s));
    end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
  }

  bool has_passed() const { return stop_.stop_requested() || (end_ && Clock::now() >= *end_); }
  /// Whether it can pass at all.
  bool exists() const { return end_.has_value() || stop_.stop_possible(); }

 private:
  using Clock = std::chrono::steady_clock;

  std::stop_token stop_;
  std::optional<Clock::time_point> end_;
};

}  // namespace scission::search_detail
