// From a request to its answer.
#pragma once

#include <chrono>
#include <optional>

#include "request.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/plan_io.hpp"

namespace scission::predict {

/// Reads profiles, network and systems' figures, and builds the problem of the model.
/// Throws as the readers and make_problem() do.
PartitionProblem load_problem(const apps::Arguments& arguments);

/// The time that all searches of one call share.
class TimeBudget {
 public:
  explicit TimeBudget(std::optional<double> seconds) : seconds_(seconds) {}

  /// Options for the next search, with the time that is left.
  SearchOptions options() const;

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<double> seconds_;
  Clock::time_point start_ = Clock::now();
};

/// Adds the front and the ranges that were requested, or the explanation where it is proven that no
/// plan fits.
/// Throws as the library's searches do, with the option as place where one is to blame.
QueryAnswer complete_answer(const PartitionProblem& problem, const Request& request,
                            SearchResult result, const TimeBudget& budget);

/// The plan after the best; empty where only one fits.
std::optional<Plan> find_runner_up(const PartitionProblem& problem, const Request& request,
                                   const SearchResult& result, const TimeBudget& budget);

}  // namespace scission::predict
