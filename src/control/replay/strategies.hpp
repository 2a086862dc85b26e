// Who serves a replay's requests.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "control/replay/world.hpp"
#include "scission/control/replay.hpp"

namespace scission {

/// Numbers plans in the order of their coming.
class PlanBook {
 public:
  int number(const Plan& plan);
  const std::vector<Plan>& plans() const { return plans_; }

 private:
  std::vector<Plan> plans_;
};

/// Writes down what a request cost a strategy.
void note(StrategyResult& result, double latency_s, double delay_s, int plan);

/// The controller, served with what its own requests and probes tell it, when they have ended.
class ControlledStrategy {
 public:
  ControlledStrategy(const PartitionProblem& problem, const Query& query,
                     const ReplayOptions& options);

  /// The world is at that request, and some plan can run.
  void serve(World& world, int request, PlanBook& book);

  StrategyResult result;

 private:
  using News = std::function<void(double now_s)>;

  void hear(double now_s);
  double decide(double now_s);
  double find_a_way(World& world, double now_s);
  void observe(const PlanCost& cost, double end_s);
  void probe(const World& world, double now_s);
  double probe_system(const World& world, const Probe& probe, double now_s);
  double probe_link(const World& world, const Probe& probe, double now_s);
  double& busy_until(int from, int to);

  Controller controller_;
  ReplayOptions options_;
  int systems_;
  std::multimap<double, News> news_;  // by the time at which it comes
  std::vector<double> busy_until_s_;  // [from][to]; a system itself: from = to
};

/// Takes at once what was best by the last measurement of everything.
class NaiveStrategy {
 public:
  NaiveStrategy(const ReplayOptions& options, Plan plan)
      : options_(options), plan_(std::move(plan)) {
    result.name = "naive";
  }
  void serve(World& world, PlanBook& book);

  StrategyResult result;

 private:
  double change_to(const Plan& plan);

  ReplayOptions options_;
  Plan plan_;
  std::optional<Plan> next_;  // the best by the last request's measurements
};

}  // namespace scission
