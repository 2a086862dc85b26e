#include "control/replay/strategies.hpp"

#include <algorithm>
#include <cmath>

namespace scission {
namespace {

ControllerOptions controller_options(const ReplayOptions& options) {
  ControllerOptions controller = options.controller;
  controller.switch_cost_s = options.switch_s;
  return controller;
}

}  // namespace

int PlanBook::number(const Plan& plan) {
  const auto known = std::find(plans_.begin(), plans_.end(), plan);
  if (known == plans_.end()) {
    plans_.push_back(plan);
    return static_cast<int>(plans_.size()) - 1;
  }
  return static_cast<int>(known - plans_.begin());
}

void record(StrategyResult& result, double latency_s, double delay_s, int plan) {
  result.latencies_s.push_back(latency_s + delay_s);
  result.plans.push_back(plan);
  result.total_s += latency_s + delay_s;
  result.downtime_s += delay_s;
}

ControlledStrategy::ControlledStrategy(const PartitionProblem& problem, const Query& query,
                                       const ReplayOptions& options)
    : controller_(problem, query, controller_options(options)),
      options_(options),
      systems_(problem.system_count()),
      busy_until_s_(problem.links.size(), -INFINITY) {
  result.name = "controller";
}

// Returns the delay that a switch causes.
double ControlledStrategy::decide(double now_s) {
  const Decision decision = controller_.decide(now_s);
  if (!decision.is_switch()) return 0;
  controller_.switched(decision.plan);
  ++result.switches;
  return options_.switch_s;
}

// Reports outages until the controller's plan can run. Each iteration rules out one more link.
// Returns the delay.
double ControlledStrategy::avoid_outages(Simulator& simulator, double now_s) {
  double delay_s = 0;
  const std::size_t link_count = simulator.conditions().links.size();
  for (std::size_t i = 0; i < link_count; ++i) {
    const std::optional<Outage> outage = simulator.outage_of(controller_.running());
    if (!outage) break;
    ++result.timeouts;
    delay_s += options_.timeout_s;
    controller_.link_lost(outage->from, outage->to, now_s + delay_s);
    if (outage->is_system) controller_.system_lost(outage->to, now_s + delay_s);
    delay_s += decide(now_s + delay_s);
  }
  return delay_s;
}

double& ControlledStrategy::busy_until(int from, int to) {
  return busy_until_s_[static_cast<std::size_t>(from) * systems_ + to];
}

void ControlledStrategy::deliver_observations(double now_s) {
  while (!pending_.empty() && pending_.begin()->first <= now_s) {
    pending_.begin()->second(pending_.begin()->first);
    pending_.erase(pending_.begin());
  }
}

void ControlledStrategy::observe(const PlanCost& cost, double end_s) {
  for (const Hop& hop : cost.hops) {
    busy_until(hop.from, hop.to) = end_s;
    pending_.emplace(end_s, [this, hop](double now_s) {
      controller_.observe(HopObservation{hop.from, hop.to, hop.bytes, hop.seconds}, now_s);
    });
  }
  const std::vector<Stage>& stages = controller_.running().stages;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    busy_until(stages[i].system, stages[i].system) = end_s;
    pending_.emplace(end_s, [this, stage = stages[i], seconds = cost.stage_s[i]](double now_s) {
      controller_.observe(
          StageObservation{stage.system, stage.first_block, stage.last_block, seconds}, now_s);
    });
  }
}

double ControlledStrategy::probe_system(const Simulator& simulator, const Probe& probe,
                                        double now_s) {
  if (simulator.is_down(probe.from)) {
    const double end_s = now_s + options_.timeout_s;
    pending_.emplace(end_s,
                     [this, probe](double at_s) { controller_.system_lost(probe.from, at_s); });
    return end_s;
  }
  StageObservation observation{probe.from, probe.first_block, probe.last_block, 0, true};
  for (int block = probe.first_block; block <= probe.last_block; ++block) {
    observation.seconds += simulator.measured().block_s[probe.from][block];
  }
  const double end_s = now_s + observation.seconds;
  pending_.emplace(end_s,
                   [this, observation](double at_s) { controller_.observe(observation, at_s); });
  return end_s;
}

double ControlledStrategy::probe_link(const Simulator& simulator, const Probe& probe,
                                      double now_s) {
  const int to = *probe.to;
  const std::optional<Link>& link = simulator.measured().link(probe.from, to);
  if (!link) {
    const double end_s = now_s + options_.timeout_s;
    pending_.emplace(end_s,
                     [=, this](double at_s) { controller_.link_lost(probe.from, to, at_s); });
    return end_s;
  }
  result.probe_bytes += probe.bytes;
  const HopObservation observation{probe.from, to, probe.bytes, link->transfer_s(probe.bytes)};
  const double end_s = now_s + observation.seconds;
  pending_.emplace(end_s,
                   [this, observation](double at_s) { controller_.observe(observation, at_s); });
  return end_s;
}

// Probes links and systems that no request or probe is using.
void ControlledStrategy::probe(const Simulator& simulator, double now_s) {
  for (const Probe& probe : controller_.wanted_probes(now_s)) {
    double& busy_until_s = busy_until(probe.from, probe.to.value_or(probe.from));
    if (busy_until_s > now_s) continue;
    ++result.probes;
    busy_until_s =
        probe.to ? probe_link(simulator, probe, now_s) : probe_system(simulator, probe, now_s);
  }
}

void ControlledStrategy::serve(Simulator& simulator, int request, PlanBook& book) {
  const double now_s = simulator.time_of(request);
  deliver_observations(now_s);
  if (options_.sends_probes) probe(simulator, now_s);
  double delay_s = decide(now_s);
  delay_s += avoid_outages(simulator, now_s);
  const PlanCost cost = simulator.cost_of(controller_.running());
  record(result, cost.latency_s, delay_s, book.number(controller_.running()));
  observe(cost, now_s + delay_s + cost.latency_s);
}

double NaiveStrategy::switch_to(const Plan& plan) {
  if (plan == plan_) return 0;
  plan_ = plan;
  ++result.switches;
  return options_.switch_s;
}

void NaiveStrategy::serve(Simulator& simulator, PlanBook& book) {
  double delay_s = 0;
  const std::optional<Plan> best = simulator.best_as_measured();
  if (next_) delay_s += switch_to(*next_);
  if (simulator.outage_of(plan_)) {
    ++result.timeouts;
    delay_s += options_.timeout_s + switch_to(*best);
  }
  record(result, simulator.cost_of(plan_).latency_s, delay_s, book.number(plan_));
  next_ = best;
}

}  // namespace scission
