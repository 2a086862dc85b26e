#include "scission/control.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/csv.hpp"
#include "base/require.hpp"
#include "control/simulator.hpp"
#include "control/state_estimator.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/stats.hpp"

namespace scission {
namespace {

// --- The strategies that serve the requests ---

ControllerOptions controller_options(const ReplayOptions& options) {
  ControllerOptions controller = options.controller;
  controller.switch_cost_s = options.switch_s;
  return controller;
}

/// Numbers plans in the order in which they are first used.
class PlanRegistry {
 public:
  int number(const Plan& plan) {
    const auto known = std::find(plans_.begin(), plans_.end(), plan);
    const auto index = static_cast<int>(known - plans_.begin());
    if (known == plans_.end()) plans_.push_back(plan);
    return index;
  }
  const std::vector<Plan>& plans() const { return plans_; }

 private:
  std::vector<Plan> plans_;
};

/// Adds a request to the results of a strategy.
void record(StrategyResult& result, double latency_s, double delay_s, int plan) {
  result.latencies_s.push_back(latency_s + delay_s);
  result.plans.push_back(plan);
  result.total_s += latency_s + delay_s;
  result.downtime_s += delay_s;
}

/// The controller. It observes its own requests and probes only, when they have ended.
class ControlledStrategy {
 public:
  ControlledStrategy(const PartitionProblem& problem, const Query& query,
                     const ReplayOptions& options)
      : controller_(problem, query, controller_options(options)),
        options_(options),
        systems_(problem.system_count()),
        busy_until_s_(problem.links.size(), -INFINITY) {
    result.name = "controller";
  }

  /// Serves the simulator's current request; some plan must be able to run.
  void serve(Simulator& simulator, int request, PlanRegistry& book) {
    const double now_s = simulator.time_of(request);
    deliver_observations(now_s);
    if (options_.sends_probes) probe(simulator, now_s);
    double delay_s = decide(now_s);
    delay_s += avoid_outages(simulator, now_s);
    const PlanCost cost = simulator.cost_of(controller_.running());
    record(result, cost.latency_s, delay_s, book.number(controller_.running()));
    observe(cost, now_s + delay_s + cost.latency_s);
  }

  StrategyResult result;

 private:
  using Observation = std::function<void(double now_s)>;

  void deliver_observations(double now_s) {
    while (!pending_.empty() && pending_.begin()->first <= now_s) {
      pending_.begin()->second(pending_.begin()->first);
      pending_.erase(pending_.begin());
    }
  }

  // Returns the delay that a switch causes.
  double decide(double now_s) {
    const Decision decision = controller_.decide(now_s);
    if (!decision.is_switch()) return 0;
    controller_.set_running(decision.plan);
    ++result.switches;
    return options_.switch_s;
  }

  // Reports outages until the controller's plan can run. Each iteration rules out one more link.
  // Returns the delay.
  double avoid_outages(Simulator& simulator, double now_s) {
    double delay_s = 0;
    const std::size_t link_count = simulator.conditions().links.size();
    for (std::size_t i = 0; i < link_count; ++i) {
      const std::optional<Outage> outage = simulator.outage_of(controller_.running());
      if (!outage) break;
      ++result.timeouts;
      delay_s += options_.timeout_s;
      controller_.mark_link_lost(outage->from, outage->to, now_s + delay_s);
      if (outage->is_system) controller_.mark_system_lost(outage->to, now_s + delay_s);
      delay_s += decide(now_s + delay_s);
    }
    return delay_s;
  }

  void observe(const PlanCost& cost, double end_s) {
    for (const Hop& hop : cost.hops) {
      busy_until(hop.from, hop.to) = end_s;
      pending_.emplace(end_s, [this, hop](double now_s) {
        controller_.observe(HopObservation{hop.from, hop.to, hop.bytes, hop.seconds}, now_s);
      });
    }
    const std::vector<Stage>& stages = controller_.running().stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      busy_until(stages[i].system, stages[i].system) = end_s;
      pending_.emplace(end_s, [this, stage = stages[i],
                               seconds = cost.stage_setup_s[i] + cost.stage_s[i]](double now_s) {
        controller_.observe(
            StageObservation{stage.system, stage.first_block, stage.last_block, seconds}, now_s);
      });
    }
  }

  // Probes links and systems that no request or probe is using.
  void probe(const Simulator& simulator, double now_s) {
    for (const Probe& probe : controller_.wanted_probes(now_s)) {
      double& busy_until_s = busy_until(probe.from, probe.to.value_or(probe.from));
      if (busy_until_s > now_s) continue;
      ++result.probes;
      busy_until_s =
          probe.to ? probe_link(simulator, probe, now_s) : probe_system(simulator, probe, now_s);
    }
  }

  double probe_system(const Simulator& simulator, const Probe& probe, double now_s) {
    if (simulator.is_down(probe.from)) {
      const double end_s = now_s + options_.timeout_s;
      pending_.emplace(
          end_s, [this, probe](double at_s) { controller_.mark_system_lost(probe.from, at_s); });
      return end_s;
    }
    const double setup_s = simulator.measured().stage_setup_s(probe.from, probe.first_block);
    StageObservation observation{probe.from, probe.first_block, probe.last_block, setup_s, true};
    for (int block = probe.first_block; block <= probe.last_block; ++block) {
      observation.seconds += simulator.measured().block_s[probe.from][block];
    }
    const double end_s = now_s + observation.seconds;
    pending_.emplace(end_s,
                     [this, observation](double at_s) { controller_.observe(observation, at_s); });
    return end_s;
  }

  double probe_link(const Simulator& simulator, const Probe& probe, double now_s) {
    const int to = *probe.to;
    const std::optional<Link>& link = simulator.measured().link(probe.from, to);
    if (!link) {
      const double end_s = now_s + options_.timeout_s;
      pending_.emplace(
          end_s, [=, this](double at_s) { controller_.mark_link_lost(probe.from, to, at_s); });
      return end_s;
    }
    result.probe_bytes += probe.bytes;
    const HopObservation observation{probe.from, to, probe.bytes, link->transfer_s(probe.bytes)};
    const double end_s = now_s + observation.seconds;
    pending_.emplace(end_s,
                     [this, observation](double at_s) { controller_.observe(observation, at_s); });
    return end_s;
  }

  double& busy_until(int from, int to) {
    return busy_until_s_[static_cast<std::size_t>(from) * systems_ + to];
  }

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
  void serve(Simulator& simulator, PlanRegistry& book);
  const Plan& plan() const { return plan_; }  // the one that runs

  StrategyResult result;

 private:
  double switch_to(const Plan& plan);

  ReplayOptions options_;
  Plan plan_;
  std::optional<Plan> next_;  // the best plan for the last request's conditions
};

double NaiveStrategy::switch_to(const Plan& plan) {
  if (plan == plan_) return 0;
  plan_ = plan;
  ++result.switches;
  return options_.switch_s;
}

void NaiveStrategy::serve(Simulator& simulator, PlanRegistry& book) {
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

// --- The replay ---

constexpr std::size_t max_candidates = 64;

void validate(const Query& query, const ConditionTrace& trace, const ReplayOptions& options) {
  const auto is_time = [](double x) { return x >= 0 && std::isfinite(x); };
  require_option(is_time(options.request_every_s) && options.request_every_s > 0, "request_every_s",
                 "must be above 0 and finite");
  require_option(options.jitter >= 0 && options.jitter <= 2, "jitter", "must lie between 0 and 2");
  require_option(is_time(options.switch_s), "switch_s", "must be 0 or more and finite");
  require_option(is_time(options.timeout_s), "timeout_s", "must be 0 or more and finite");
  require_option(query.objective == single_objective(Metric::latency), "objective",
                 "must be latency, as a replay adds up latencies");
  require_option(!trace.times_s.empty(), "trace", "has no rows");
}

/// One pass over the requests, for every strategy but the static one.
class Replay {
 public:
  Replay(const PartitionProblem& problem, const Query& query, const ConditionTrace& trace,
         const ReplayOptions& options)
      : simulator_(problem, query, trace, options),
        controlled_(problem, query, options),
        naive_(options, best_plan(search(problem, query), "replay")) {
    result_.oracle.name = "oracle";
    book_.number(naive_.plan());
  }

  ReplayResult run() {
    for (int request = 0; request < simulator_.requests(); ++request) {
      simulator_.advance(request);
      const std::optional<Plan> best = simulator_.best_in_conditions();
      if (best) {
        serve(request, *best);
      } else {
        ++result_.unservable;
      }
    }
    result_.controller = std::move(controlled_.result);
    result_.naive = std::move(naive_.result);
    result_.plans = book_.plans();
    return std::move(result_);
  }

 private:
  void serve(int request, const Plan& best) {
    result_.times_s.push_back(simulator_.time_of(request));
    StrategyResult& oracle = result_.oracle;
    const int number = book_.number(best);
    if (!oracle.plans.empty() && oracle.plans.back() != number) ++oracle.switches;
    record(oracle, simulator_.cost_of(best).latency_s, 0, number);
    controlled_.serve(simulator_, request, book_);
    naive_.serve(simulator_, book_);
  }

  Simulator simulator_;
  ControlledStrategy controlled_;
  NaiveStrategy naive_;
  PlanRegistry book_;
  ReplayResult result_;
};

// The profile's best plan, which is number 0, and the plans that the oracle ran most often.
std::vector<int> candidates(const ReplayResult& result) {
  std::vector<int> uses(result.plans.size());
  for (const int plan : result.oracle.plans) ++uses[plan];
  std::vector<int> order(result.plans.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin() + 1, order.end(), [&](int a, int b) { return uses[a] > uses[b]; });
  order.resize(std::min(order.size(), max_candidates + 1));
  return order;
}

/// Serves the same requests again, with one fixed plan for each result.
std::vector<StrategyResult> serve_with_each(Simulator simulator, const ReplayResult& result,
                                            const std::vector<int>& plans, double timeout_s) {
  std::vector<StrategyResult> kept(plans.size());
  std::size_t served = 0;
  for (int request = 0; request < simulator.requests(); ++request) {
    simulator.advance(request);
    if (!simulator.best_in_conditions()) continue;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const Plan& plan = result.plans[plans[i]];
      const bool runs = !simulator.outage_of(plan);
      if (!runs) ++kept[i].timeouts;
      record(kept[i], runs ? simulator.cost_of(plan).latency_s : result.oracle.latencies_s[served],
             runs ? 0 : timeout_s, runs ? plans[i] : result.oracle.plans[served]);
    }
    ++served;
  }
  return kept;
}

StrategyResult best_fixed(std::vector<StrategyResult> kept) {
  StrategyResult best = std::move(*std::min_element(
      kept.begin(), kept.end(),
      [](const StrategyResult& a, const StrategyResult& b) { return a.total_s < b.total_s; }));
  best.name = "static best";
  return best;
}

// --- Results as files ---

using Json = nlohmann::ordered_json;

Json strategy_json(const StrategyResult& strategy) {
  return {{"name", strategy.name},
          {"mean_s", strategy.mean_s()},
          {"median_s", median(strategy.latencies_s)},
          {"p95_s", quantile(strategy.latencies_s, 0.95)},
          {"regret", strategy.regret},
          {"switches", strategy.switches},
          {"timeouts", strategy.timeouts},
          {"downtime_s", strategy.downtime_s},
          {"plans", count_plans(strategy)},
          {"probes", strategy.probes},
          {"probe_bytes", strategy.probe_bytes}};
}

}  // namespace

ReplayResult replay(const PartitionProblem& problem, const Query& query,
                    const ConditionTrace& trace, const ReplayOptions& options) {
  validate(query, trace, options);
  ReplayResult result = Replay(problem, query, trace, options).run();
  if (result.times_s.empty()) return result;
  result.fixed = best_fixed(serve_with_each(Simulator(problem, query, trace, options), result,
                                            candidates(result), options.timeout_s));
  for (StrategyResult* one : {&result.controller, &result.naive, &result.fixed}) {
    one->regret = one->total_s / result.oracle.total_s - 1;
  }
  return result;
}

std::array<const StrategyResult*, 4> strategies_of(const ReplayResult& result) {
  return {&result.oracle, &result.controller, &result.naive, &result.fixed};
}

std::size_t count_plans(const StrategyResult& strategy) {
  return std::set<int>(strategy.plans.begin(), strategy.plans.end()).size();
}

std::string format_replay_json(const PartitionProblem& problem, const Query& query,
                               const ReplayResult& result, const ReplayOptions& options) {
  Json json = {{"format", "scission-replay"},     {"version", 1},
               {"model", problem.model},          {"requests", result.times_s.size()},
               {"unservable", result.unservable}, {"request_every_s", options.request_every_s},
               {"jitter", options.jitter},        {"switch_s", options.switch_s},
               {"timeout_s", options.timeout_s},  {"seed", options.seed},
               {"strategies", Json::array()},     {"plans", Json::array()}};
  if (!result.times_s.empty()) {
    for (const auto* strategy : strategies_of(result)) {
      json["strategies"].push_back(strategy_json(*strategy));
    }
  }
  for (const Plan& plan : result.plans) json["plans"].push_back(format_plan(problem, query, plan));
  return json.dump(2) + "\n";
}

std::string format_replay_csv(const PartitionProblem& problem, const ReplayResult& result) {
  std::vector<std::string> plans;
  for (const Plan& plan : result.plans) plans.push_back(csv_cell(layers_of_route(problem, plan)));
  std::string csv = "time_s,oracle_s,controller_s,naive_s,static_s,oracle_plan,controller_plan\n";
  for (std::size_t i = 0; i < result.times_s.size(); ++i) {
    csv += fmt::format("{}", result.times_s[i]);
    for (const StrategyResult* strategy : strategies_of(result)) {
      csv += fmt::format(",{:.6g}", strategy->latencies_s[i]);
    }
    csv +=
        fmt::format(",{},{}\n", plans[result.oracle.plans[i]], plans[result.controller.plans[i]]);
  }
  return csv;
}

}  // namespace scission
