// The conditions that a replay's requests meet.
#pragma once

#include <optional>
#include <vector>

#include "control/dice.hpp"
#include "scission/control/replay.hpp"
#include "scission/search/planner.hpp"

namespace scission {

/// A hop that cannot be made.
struct Obstacle {
  int from = 0;
  int to = 0;
  bool is_system = false;  ///< `to` is down, not only the link
};

class World {
 public:
  /// Throws as replay() does.
  World(const PartitionProblem& problem, const Query& query, const Trace& trace,
        const ReplayOptions& options);

  int requests() const { return requests_; }
  double time_of(int request) const;

  /// To the conditions of that request, the one after the last: 0, 1, 2, …
  void advance(int request);

  /// The conditions, and with this request's jitter.
  const PartitionProblem& conditions() const { return conditions_.problem(); }
  const PartitionProblem& measured() const { return measured_.problem(); }
  std::optional<Plan> best_in_conditions() { return best(conditions_); }
  std::optional<Plan> best_as_measured() { return best(measured_); }

  /// What this request takes by that plan, which can run.
  PlanCost cost_of(const Plan& plan) const;
  std::optional<Obstacle> obstacle(const Plan& plan) const;
  bool is_down(int system) const { return slowdowns_[system] == 0; }

 private:
  struct Target {
    TraceColumn::Kind kind;
    std::size_t column;
    int from;
    int to;
  };

  static std::optional<Plan> best(Planner& planner);
  std::vector<Target> targets_of(const TraceColumn& column, std::size_t index) const;
  std::vector<int> systems_named(const std::string& name) const;
  void read_row(const std::vector<double>& values);
  void set_links();
  void set_slowdowns();

  PartitionProblem profile_;
  const Trace& trace_;
  ReplayOptions options_;
  Dice jitter_;
  std::vector<Target> targets_;
  int requests_;
  std::size_t row_ = 0;
  std::vector<std::optional<Link>> links_;
  std::vector<double> slowdowns_;
  Planner conditions_;
  Planner measured_;
};

}  // namespace scission
