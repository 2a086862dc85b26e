// The strategies that serve the requests of a replay.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "control/replay/simulator.hpp"
#include "scission/control/replay.hpp"

namespace scission {

/// Numbers plans in the order in which they are first used.
class PlanBook {
 public:
  int number(const Plan& plan);
  const std::vector<Plan>& plans() const { return plans_; }

 private:
  std::vector<Plan> plans_;
};

/// Adds a request to the results of a strategy.
void record(StrategyResult& result, double latency_s, double delay_s, int plan);

/// The controller. It observes its own requests and probes only, when they have ended.
class ControlledStrategy {
 public:
  ControlledStrategy(const PartitionProblem& problem, const Query& query,
                     const ReplayOptions& options);

  /// Serves the simulator's current request; some plan must be able to run.
  void serve(Simulator& simulator, int request, PlanBook& book);

  StrategyResult result;

 private:
  using Observation = std::function<void(double now_s)>;

  void deliver_observations(double now_s);
  double decide(double now_s);
  double avoid_outages(Simulator& simulator, double now_s);
  void observe(const PlanCost& cost, double end_s);
  void probe(const Simulator& simulator, double now_s);
  double probe_system(const Simulator& simulator, const Probe& probe, double now_s);
  double probe_link(const Simulator& simulator, const Probe& probe, double now_s);
  double& busy_until(int from, int to);

  Controller controller_;
  ReplayOptions options_;
  int systems_;
  std::multimap<double, Observation> pending_;  // by the time of delivery
  std::vector<double> busy_until_s_;            // [from][to]; a system: from = to
};

/// Switches to the best plan for the last request's conditions, all of which it knows.
class NaiveStrategy {
 public:
  NaiveStrategy(const ReplayOptions& options, Plan plan)
      : options_(options), plan_(std::move(plan)) {
    result.name = "naive";
  }
  void serve(Simulator& simulator, PlanBook& book);

  StrategyResult result;

 private:
  double switch_to(const Plan& plan);

  ReplayOptions options_;
  Plan plan_;
  std::optional<Plan> next_;  // the best plan for the last request's conditions
};

}  // namespace scission
