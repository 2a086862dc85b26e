// The conditions that the requests of a replay meet.
#pragma once

#include <optional>
#include <vector>

#include "control/random_stream.hpp"
#include "scission/control.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// A hop that a plan needs and that is not available.
struct Outage {
  int from = 0;
  int to = 0;
  bool is_system = false;  ///< `to` is down, not only the link
};

/// Follows a condition trace, request by request.
class Simulator {
 public:
  /// Throws as replay() does.
  Simulator(const PartitionProblem& problem, const Query& query, const ConditionTrace& trace,
            const ReplayOptions& options);

  int requests() const { return requests_; }
  double time_of(int request) const;

  /// Moves on to the conditions of that request; call with 0, 1, 2, …
  void advance(int request);

  /// The problem under the current conditions; the second one with this request's jitter.
  const PartitionProblem& conditions() const { return conditions_.problem(); }
  const PartitionProblem& measured() const { return measured_.problem(); }
  std::optional<Plan> best_in_conditions() { return best(conditions_); }
  std::optional<Plan> best_as_measured() { return best(measured_); }

  /// The cost of this request under a plan that can run.
  PlanCost cost_of(const Plan& plan) const;
  /// The first outage on the plan's route; nothing when the plan can run.
  std::optional<Outage> outage_of(const Plan& plan) const;
  bool is_down(int system) const { return slowdowns_[system] == 0; }

 private:
  struct Target {
    ConditionColumn::Kind kind;
    std::size_t column;
    int from;
    int to;
  };

  static std::optional<Plan> best(Planner& planner);
  void require_source_up(const std::vector<int>& sources) const;
  std::vector<Target> targets_of(const ConditionColumn& column, std::size_t index) const;
  std::vector<int> systems_named(const std::string& name) const;
  void read_row(const std::vector<double>& values);
  void set_links();
  void set_slowdowns();

  PartitionProblem profile_;
  const ConditionTrace& trace_;
  ReplayOptions options_;
  RandomStream jitter_;
  std::vector<Target> targets_;
  int requests_;
  std::size_t row_ = 0;
  std::vector<std::optional<Link>> links_;
  std::vector<double> slowdowns_;
  Planner conditions_;
  Planner measured_;
};

}  // namespace scission
