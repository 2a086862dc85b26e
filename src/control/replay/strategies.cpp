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

void note(StrategyResult& result, double latency_s, double delay_s, int plan) {
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

// The delay that it causes.
double ControlledStrategy::decide(double now_s) {
  const Decision decision = controller_.decide(now_s);
  if (!decision.is_switch()) return 0;
  controller_.switched(decision.plan);
  ++result.switches;
  return options_.switch_s;
}

// Tries until a plan can run; what fails is told, so that every turn rules one more link out.
double ControlledStrategy::find_a_way(World& world, double now_s) {
  double delay_s = 0;
  const std::size_t most = world.conditions().links.size();
  for (std::size_t turn = 0; turn < most; ++turn) {
    const std::optional<Obstacle> obstacle = world.obstacle(controller_.running());
    if (!obstacle) break;
    ++result.timeouts;
    delay_s += options_.timeout_s;
    controller_.link_lost(obstacle->from, obstacle->to, now_s + delay_s);
    if (obstacle->is_system) controller_.system_lost(obstacle->to, now_s + delay_s);
    delay_s += decide(now_s + delay_s);
  }
  return delay_s;
}

double& ControlledStrategy::busy_until(int from, int to) {
  return busy_until_s_[static_cast<std::size_t>(from) * systems_ + to];
}

void ControlledStrategy::hear(double now_s) {
  while (!news_.empty() && news_.begin()->first <= now_s) {
    news_.begin()->second(news_.begin()->first);
    news_.erase(news_.begin());
  }
}

void ControlledStrategy::observe(const PlanCost& cost, double end_s) {
  for (const Hop& hop : cost.hops) {
    busy_until(hop.from, hop.to) = end_s;
    news_.emplace(end_s, [this, hop](double now_s) {
      controller_.observe(HopObservation{hop.from, hop.to, hop.bytes, hop.seconds}, now_s);
    });
  }
  const std::vector<Stage>& stages = controller_.running().stages;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    busy_until(stages[i].system, stages[i].system) = end_s;
    news_.emplace(end_s, [this, stage = stages[i], seconds = cost.stage_s[i]](double now_s) {
      controller_.observe(
          StageObservation{stage.system, stage.first_block, stage.last_block, seconds}, now_s);
    });
  }
}

double ControlledStrategy::probe_system(const World& world, const Probe& probe, double now_s) {
  if (world.is_down(probe.from)) {
    const double end_s = now_s + options_.timeout_s;
    news_.emplace(end_s, [this, probe](double at_s) { controller_.system_lost(probe.from, at_s); });
    return end_s;
  }
  StageObservation seen{probe.from, probe.first_block, probe.last_block, 0, true};
  for (int block = probe.first_block; block <= probe.last_block; ++block) {
    seen.seconds += world.measured().block_s[probe.from][block];
  }
  const double end_s = now_s + seen.seconds;
  news_.emplace(end_s, [this, seen](double at_s) { controller_.observe(seen, at_s); });
  return end_s;
}

double ControlledStrategy::probe_link(const World& world, const Probe& probe, double now_s) {
  const int to = *probe.to;
  const std::optional<Link>& link = world.measured().link(probe.from, to);
  if (!link) {
    const double end_s = now_s + options_.timeout_s;
    news_.emplace(end_s, [=, this](double at_s) { controller_.link_lost(probe.from, to, at_s); });
    return end_s;
  }
  result.probe_bytes += probe.bytes;
  const HopObservation seen{probe.from, to, probe.bytes, link->transfer_s(probe.bytes)};
  const double end_s = now_s + seen.seconds;
  news_.emplace(end_s, [this, seen](double at_s) { controller_.observe(seen, at_s); });
  return end_s;
}

// In the gap before a request, over what no request or probe uses just then.
void ControlledStrategy::probe(const World& world, double now_s) {
  for (const Probe& probe : controller_.wanted_probes(now_s)) {
    double& busy_until_s = busy_until(probe.from, probe.to.value_or(probe.from));
    if (busy_until_s > now_s) continue;
    ++result.probes;
    busy_until_s = probe.to ? probe_link(world, probe, now_s) : probe_system(world, probe, now_s);
  }
}

void ControlledStrategy::serve(World& world, int request, PlanBook& book) {
  const double now_s = world.time_of(request);
  hear(now_s);
  if (options_.probes) probe(world, now_s);
  double delay_s = decide(now_s);
  delay_s += find_a_way(world, now_s);
  const PlanCost cost = world.cost_of(controller_.running());
  note(result, cost.latency_s, delay_s, book.number(controller_.running()));
  observe(cost, now_s + delay_s + cost.latency_s);
}

double NaiveStrategy::change_to(const Plan& plan) {
  if (plan == plan_) return 0;
  plan_ = plan;
  ++result.switches;
  return options_.switch_s;
}

void NaiveStrategy::serve(World& world, PlanBook& book) {
  double delay_s = 0;
  const std::optional<Plan> best = world.best_as_measured();
  if (next_) delay_s += change_to(*next_);
  if (world.obstacle(plan_)) {
    ++result.timeouts;
    delay_s += options_.timeout_s + change_to(*best);
  }
  note(result, world.cost_of(plan_).latency_s, delay_s, book.number(plan_));
  next_ = best;
}

}  // namespace scission
