#include "scission/control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "control/state_estimator.hpp"
#include "scission/search/search.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

constexpr double rounding = 1e-9;  // relative differences of sums up to this are rounding errors

void require_above_0(const char* option, double value) {
  require_option(value > 0 && std::isfinite(value), option,
                 fmt::format("must be above 0 and finite, not {}", value));
}

void require_not_below_0(const char* option, double value) {
  require_option(value >= 0 && std::isfinite(value), option,
                 fmt::format("must be 0 or more and finite, not {}", value));
}

void validate(const SlowdownFilterOptions& options) {
  require_above_0("start_spread", options.start_spread);
  require_above_0("spread", options.spread);
  require_above_0("fixed_spread", options.fixed_spread);
  require_above_0("forgetting_s", options.forgetting_s);
  require_above_0("first_noise", options.first_noise);
  require_not_below_0("allowance", options.allowance);
  require_above_0("threshold", options.threshold);
  require_above_0("outlier", options.outlier);
}

void validate(const ControllerOptions& options) {
  require_above_0("horizon_s", options.horizon_s);
  require_not_below_0("switch_cost_s", options.switch_cost_s);
  require_not_below_0("min_gain", options.min_gain);
  require_not_below_0("confidence", options.confidence);
  require_not_below_0("exploration_width", options.exploration_width);
  require_not_below_0("breach_s", options.breach_s);
  require_not_below_0("probe_after_s", options.probe_after_s);
  require_not_below_0("lost_probe_s", options.lost_probe_s);
  require_above_0("lost_retry_s", options.lost_retry_s);
  require_option(options.deploy_share > 0 && options.deploy_share <= 1, "deploy_share",
                 "must be above 0 and at most 1");
  validate(options.links);
  validate(options.systems);
}

/// Rate of requests: a running mean of the time between them, over about the last 20.
class ArrivalRate {
 public:
  void count(double now_s) {
    if (count_ > 0) {
      const double gap_s = std::max(0.0, now_s - last_s_);
      const double weight = std::max(min_weight, 1.0 / count_);
      mean_gap_s_ += weight * (gap_s - mean_gap_s_);
    }
    ++count_;
    last_s_ = now_s;
  }

  /// 0 while unknown.
  double per_s() const { return count_ > 1 && mean_gap_s_ > 0 ? 1 / mean_gap_s_ : 0; }

 private:
  static constexpr double min_weight = 0.05;

  long count_ = 0;
  double last_s_ = 0;
  double mean_gap_s_ = 0;
};

SlowdownEstimate estimate_of(const KalmanCusumFilter& scale, double now_s) {
  return {.fixed_factor = scale.fixed_factor(now_s),
          .variable_factor = scale.variable_factor(now_s),
          .fixed_stddev = scale.fixed_stddev(now_s),
          .variable_stddev = scale.variable_stddev(now_s),
          .noise = scale.noise(),
          .changes = scale.changes(),
          .is_observed = scale.is_observed()};
}

}  // namespace

class Controller::Impl {
 public:
  Impl(PartitionProblem problem, Query query, ControllerOptions options,
       std::optional<Plan> running)
      : options_(options),
        estimator_(problem, options),
        planner_(PartitionProblem(problem), search_detail::best_only(query)),
        optimistic_planner_(std::move(problem), search_detail::best_only(std::move(query))) {
    validate(options);
    running_ = running ? *std::move(running) : best_plan(planner_.plan(), "controller");
    require_plan(running_);
  }

  void observe(const StageObservation& stage, double now_s) {
    estimator_at(now_s).observe(stage, now_s);
    const bool is_last = stage.last_block + 1 == planner_.problem().block_count();
    if (is_last && !stage.is_probe) arrivals_.count(now_s);
  }

  double expected_latency_s(double now_s) {
    estimator_at(now_s).apply(planner_, now_s);
    return can_run(running_) ? cost_in(planner_, running_).latency_s : infinity;
  }

  // The local stages' times are known as they pass, so these cannot be what delays the request.
  void observe_overdue(double late_s, double now_s) {
    if (!(late_s > 0) || !std::isfinite(expected_latency_s(now_s))) return;
    const PlanCost cost = cost_in(planner_, running_);
    double least_change = infinity;
    std::function<void()> observe_culprit;
    const auto consider = [&](double seconds, double spread, std::function<void()> observe) {
      const double change = seconds > 0 ? std::log1p(late_s / seconds) / spread : infinity;
      if (change >= least_change) return;
      least_change = change;
      observe_culprit = std::move(observe);
    };
    for (const Hop& hop : cost.hops) {
      consider(hop.seconds, options_.links.spread, [this, hop, late_s, now_s] {
        estimator_.observe(HopObservation{hop.from, hop.to, hop.bytes, hop.seconds + late_s},
                           now_s);
      });
    }
    for (std::size_t i = 0; i < running_.stages.size(); ++i) {
      const Stage& stage = running_.stages[i];
      if (stage.system == running_.source) continue;
      const double stage_s = cost.stage_setup_s[i] + cost.stage_s[i];
      const StageObservation seen{stage.system, stage.first_block, stage.last_block,
                                  stage_s + late_s, true};
      consider(stage_s, options_.systems.spread,
               [this, seen, now_s] { estimator_.observe(seen, now_s); });
    }
    if (observe_culprit) observe_culprit();
  }

  // Of the caller's clock, which may begin anywhere; the profile ages from its first time on.
  StateEstimator& estimator_at(double now_s) {
    if (!has_begun_) estimator_.begin(now_s);
    has_begun_ = true;
    return estimator_;
  }

  const StateEstimator& estimator() const { return estimator_; }
  const Plan& running() const { return running_; }
  double requests_per_s() const { return arrivals_.per_s(); }

  void set_running(const Plan& plan) {
    require_plan(plan);
    running_ = plan;
    breach_since_s_ = infinity;
  }

  Decision decide(double now_s) {
    estimator_at(now_s).apply(planner_, now_s);
    const SearchResult result = planner_.plan();
    Decision decision{DecisionReason::none, running_, infinity, infinity, 0};
    if (can_run(running_)) decision.running_objective = value_of(planner_, running_);
    if (!result.plans.empty()) decision.best_objective = found_value(result.plans.front());
    decision.reason = judge(result, decision, now_s);
    if (!decision.is_switch()) return decision;
    decision.plan = result.plans.front();
    if (deployed_ && decision.reason != DecisionReason::limits) choose_soonest(decision, now_s);
    return decision;
  }

  void set_deployed(std::vector<Plan> plans) { deployed_ = std::move(plans); }

  double deploy_s(const Plan& plan, double now_s) {
    estimator_at(now_s).apply(planner_, now_s);
    return deploy_s(plan);
  }

  // The time says most of the larger part, and of loading where no link could have been that slow.
  void observe_deployment(const Plan& plan, double seconds, double now_s) {
    constexpr double weight = 0.5;
    constexpr double max_ratio = 4;
    estimator_at(now_s).apply(planner_, now_s);
    if (!has_new_stage(plan) || !(seconds >= 0)) return;
    const double sent_s = transfer_s(plan);
    if (!std::isfinite(sent_s)) return;
    if (sent_s > load_s_ && seconds <= load_s_ + max_ratio * sent_s) {
      const double ratio = std::max(seconds - load_s_, 0.0) / sent_s;
      transfer_ratio_ += weight * (ratio - transfer_ratio_);
    } else {
      const double load_s = std::max(seconds - transfer_ratio_ * sent_s, 0.0);
      load_s_ += (has_loaded_ ? weight : 1) * (load_s - load_s_);
      has_loaded_ = true;
    }
  }

  std::vector<Probe> wanted_probes(double now_s) {
    estimator_at(now_s).apply_optimistic(optimistic_planner_, now_s);
    const SearchResult result = optimistic_planner_.plan();
    if (result.plans.empty() || result.plans.front() == running_) return {};
    const Plan& candidate = result.plans.front();
    if (!is_worth_exploring(candidate)) return {};
    std::vector<Probe> probes;
    for (const Probe& probe : probes_of(candidate)) {
      if (estimator_.is_probe_due(probe, now_s)) probes.push_back(probe);
    }
    return probes;
  }

  PartitionProblem estimated(double now_s) {
    estimator_at(now_s).apply(planner_, now_s);
    return planner_.problem();
  }

 private:
  // Checked against the profile, in which nothing is lost.
  void require_plan(const Plan& plan) const {
    plan_cost(estimator_.profile(), plan, planner_.query().input_bytes);
  }

  bool can_run(const Plan& plan) const { return !missing_link(planner_.problem(), plan); }

  static PlanCost cost_in(const Planner& planner, const Plan& plan) { return planner.cost(plan); }

  // Of a plan that one of the planners has just found: the planner has computed its cost.
  double found_value(const Plan& plan) const {
    return objective_value(planner_.query().objective, plan.cost);
  }

  static double value_of(const Planner& planner, const Plan& plan) {
    return search_detail::objective_of(planner.problem(), planner.query(), plan);
  }

  // In order of urgency: a plan that cannot run, one that violates a limit, a faster one.
  DecisionReason judge(const SearchResult& result, Decision& decision, double now_s) {
    if (result.plans.empty()) {
      return decision.running_objective < infinity ? DecisionReason::none : DecisionReason::no_plan;
    }
    if (decision.running_objective == infinity) return DecisionReason::lost;
    const double gain = decision.gain();
    const bool is_breach = gain < -rounding * decision.running_objective;
    if (is_breach) return judge_breach(now_s);
    breach_since_s_ = infinity;
    if (result.plans.front() == running_) return DecisionReason::none;
    if (gain <= options_.min_gain * decision.running_objective || !is_worthwhile(decision)) {
      return DecisionReason::none;
    }
    decision.gain_stddev = gain_stddev(estimator_, planner_, running_, result.plans.front(), now_s);
    return gain > options_.confidence * decision.gain_stddev ? DecisionReason::faster
                                                             : DecisionReason::none;
  }

  bool is_there(const Stage& stage) const {
    if (!deployed_) return false;
    return std::any_of(deployed_->begin(), deployed_->end(), [&](const Plan& plan) {
      return std::find(plan.stages.begin(), plan.stages.end(), stage) != plan.stages.end();
    });
  }

  bool has_new_stage(const Plan& plan) const {
    return std::any_of(plan.stages.begin(), plan.stages.end(),
                       [&](const Stage& stage) { return !is_there(stage); });
  }

  // Of the segments that a system does not have. A pair that the problem has no link for may be
  // connected all the same: nothing is known of it.
  double transfer_s(const Plan& plan, int system) const {
    const auto& memory = planner_.problem().memory;
    double bytes = 0;
    for (const Stage& stage : plan.stages) {
      if (stage.system != system || is_there(stage) || memory.empty()) continue;
      for (int block = stage.first_block; block <= stage.last_block; ++block) {
        bytes += memory[static_cast<std::size_t>(block)].weight_bytes;
      }
    }
    if (bytes == 0 || system == plan.source || !estimator_.profile().link(plan.source, system))
      return 0;
    const std::optional<Link>& link = planner_.problem().link(plan.source, system);
    if (!link) return infinity;
    const bool is_urgent = !can_run(running_) ||
                           value_of(planner_, plan) < urgent_share * value_of(planner_, running_);
    return link->transfer_s(bytes / (is_urgent ? 1 : options_.deploy_share));
  }

  double transfer_s(const Plan& plan) const {
    double longest_s = 0;
    for (const Stage& stage : plan.stages) {
      if (!is_there(stage)) longest_s = std::max(longest_s, transfer_s(plan, stage.system));
    }
    return longest_s;
  }

  double deploy_s(const Plan& plan) const {
    return has_new_stage(plan) ? transfer_ratio_ * transfer_s(plan) + load_s_ : 0;
  }

  // Like Smith's rule for jobs in a row: of two improvements that are both worth making, the one
  // with the larger gain per second of deploying comes first.
  void choose_soonest(Decision& decision, double now_s) {
    if (!has_new_stage(decision.plan)) return;
    std::vector<Plan> plans = without_slow_deployments(decision.plan, now_s);
    plans.insert(plans.end(), deployed_->begin(), deployed_->end());
    const bool is_lost = decision.reason == DecisionReason::lost;
    const auto merit_of = [&](const Plan& plan) {
      const double wait_s = deploy_s(plan) + cost_in(planner_, plan).latency_s;
      return is_lost ? -wait_s : (decision.running_objective - value_of(planner_, plan)) / wait_s;
    };
    double best_merit = merit_of(decision.plan);
    const Decision best = decision;
    for (const Plan& plan : plans) {
      if (plan == running_ || !can_run(plan)) continue;
      const double objective = value_of(planner_, plan);
      const double merit = merit_of(plan);
      const bool breaks_limit = objective < best.best_objective * (1 - rounding);
      if (breaks_limit || merit <= best_merit) continue;
      double stddev = 0;
      if (!is_lost) {
        const double gain = best.running_objective - objective;
        if (gain <= options_.min_gain * best.running_objective) continue;
        stddev = gain_stddev(estimator_, planner_, running_, plan, now_s);
        if (gain <= options_.confidence * stddev) continue;
      }
      best_merit = merit;
      decision.plan = plan;
      decision.best_objective = objective;
      decision.gain_stddev = stddev;
    }
  }

  // The best plans when the systems are left out one after the other that take the longest to
  // deploy to: at most one plan for each system.
  std::vector<Plan> without_slow_deployments(Plan plan, double now_s) {
    constexpr double excluded = 1e9;  // slower than a lost system
    std::vector<Plan> plans;
    for (int i = 0; i < planner_.problem().system_count(); ++i) {
      int slowest = plan.source;
      double longest_s = 0;
      for (const Stage& stage : plan.stages) {
        const double system_s = transfer_s(plan, stage.system);
        if (is_there(stage) || system_s <= longest_s) continue;
        slowest = stage.system;
        longest_s = system_s;
      }
      if (longest_s == 0) break;
      planner_.set_slowdown(slowest, excluded);
      const SearchResult result = planner_.plan();
      if (result.plans.empty()) break;
      plan = result.plans.front();
      plans.push_back(plan);
    }
    estimator_.apply(planner_, now_s);
    return plans;
  }

  // The best plan within all limits is worse than the running one, so that violates a limit.
  DecisionReason judge_breach(double now_s) {
    if (breach_since_s_ == infinity) breach_since_s_ = now_s;
    return now_s >= breach_since_s_ + options_.breach_s ? DecisionReason::limits
                                                        : DecisionReason::none;
  }

  // Compares the latency saved within the horizon with the cost of a switch. For other objectives
  // the relative gain is taken as that of latency.
  bool is_worthwhile(const Decision& decision) const {
    const double latency_s = cost_in(planner_, running_).latency_s;
    const double per_s = requests_per_s() > 0 ? requests_per_s() : 1 / latency_s;
    const double saved_s =
        decision.gain() / decision.running_objective * latency_s * per_s * options_.horizon_s;
    return saved_s > options_.switch_cost_s;
  }

  bool is_worth_exploring(const Plan& candidate) const {
    if (missing_link(optimistic_planner_.problem(), running_)) return true;
    const double running = value_of(optimistic_planner_, running_);
    return running - found_value(candidate) > options_.min_gain * running;
  }

  std::vector<Probe> probes_of(const Plan& plan) const {
    std::vector<Probe> probes;
    for (const Hop& hop : cost_in(optimistic_planner_, plan).hops) {
      probes.push_back({hop.from, hop.to, hop.bytes});
    }
    for (const Stage& stage : plan.stages) {
      probes.push_back({stage.system, {}, 0, stage.first_block, stage.last_block});
    }
    return probes;
  }

  ControllerOptions options_;
  StateEstimator estimator_;
  Planner planner_;
  Planner optimistic_planner_;
  ArrivalRate arrivals_;
  Plan running_;
  double breach_since_s_ = infinity;
  bool has_begun_ = false;
  std::optional<std::vector<Plan>> deployed_;
  double transfer_ratio_ = 1;  ///< of deployments, to what the links are estimated to take
  double load_s_ = 0;          ///< of a deployment beside the transfer
  bool has_loaded_ = false;
};

Controller::Controller(PartitionProblem problem, Query query, ControllerOptions options,
                       std::optional<Plan> running)
    : impl_(std::make_unique<Impl>(std::move(problem), std::move(query), options,
                                   std::move(running))) {}
Controller::~Controller() = default;
Controller::Controller(Controller&&) noexcept = default;
Controller& Controller::operator=(Controller&&) noexcept = default;

void Controller::observe(const StageObservation& stage, double now_s) {
  impl_->observe(stage, now_s);
}
void Controller::observe(const HopObservation& hop, double now_s) {
  impl_->estimator_at(now_s).observe(hop, now_s);
}

void Controller::observe_overdue(double late_s, double now_s) {
  impl_->observe_overdue(late_s, now_s);
}
double Controller::expected_latency_s(double now_s) { return impl_->expected_latency_s(now_s); }

void Controller::mark_link_lost(int from, int to, double now_s) {
  impl_->estimator_at(now_s).mark_link_lost(from, to, now_s);
}
void Controller::mark_system_lost(int system, double now_s) {
  impl_->estimator_at(now_s).mark_system_lost(system, now_s);
}

Decision Controller::decide(double now_s) { return impl_->decide(now_s); }
void Controller::set_deployed(std::vector<Plan> plans) { impl_->set_deployed(std::move(plans)); }
void Controller::observe_deployment(const Plan& plan, double seconds, double now_s) {
  impl_->observe_deployment(plan, seconds, now_s);
}
double Controller::deploy_s(const Plan& plan, double now_s) { return impl_->deploy_s(plan, now_s); }
void Controller::set_running(const Plan& plan) { impl_->set_running(plan); }
const Plan& Controller::running() const { return impl_->running(); }
std::vector<Probe> Controller::wanted_probes(double now_s) { return impl_->wanted_probes(now_s); }

PartitionProblem Controller::estimated(double now_s) const { return impl_->estimated(now_s); }
SlowdownEstimate Controller::system_estimate(int system, double now_s) const {
  return estimate_of(impl_->estimator().system(system), now_s);
}
SlowdownEstimate Controller::link_estimate(int from, int to, double now_s) const {
  return estimate_of(impl_->estimator().link(from, to), now_s);
}
double Controller::requests_per_s() const { return impl_->requests_per_s(); }

}  // namespace scission
