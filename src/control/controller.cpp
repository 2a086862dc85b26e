#include "scission/control/controller.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "control/beliefs.hpp"
#include "control/pace.hpp"
#include "control/validate_control.hpp"
#include "scission/base/error.hpp"
#include "scission/search/planner.hpp"

namespace scission {
namespace {

constexpr double nothing = 1e-9;  // differences of sums below this share are rounding
constexpr double never = std::numeric_limits<double>::infinity();

Query best_only(Query query) {
  query.result_count = 1;
  return query;
}

}  // namespace

class Controller::Impl {
 public:
  Impl(PartitionProblem problem, Query query, ControllerOptions options,
       std::optional<Plan> running)
      : options_(options),
        beliefs_(problem, options),
        planner_(problem, best_only(query)),
        optimist_(std::move(problem), best_only(std::move(query))) {
    validate(options);
    running_ = running ? *std::move(running) : first_plan();
    require_plan(running_);
  }

  void observe(const StageObservation& stage, double now_s) {
    tick(now_s);
    beliefs_.observe(stage, now_s);
    const bool is_last = stage.last_block + 1 == planner_.problem().block_count();
    if (is_last && !stage.is_probe) pace_.count(now_s);
  }

  void observe(const HopObservation& hop, double now_s) {
    tick(now_s);
    beliefs_.observe(hop, now_s);
  }

  void lose_link(int from, int to, double now_s) {
    tick(now_s);
    beliefs_.lose_link(from, to, now_s);
  }

  void lose_system(int system, double now_s) {
    tick(now_s);
    beliefs_.lose_system(system, now_s);
  }

  const Beliefs& beliefs() const { return beliefs_; }
  const Plan& running() const { return running_; }
  const Pace& pace() const { return pace_; }

  void switched(const Plan& plan) {
    require_plan(plan);
    running_ = plan;
    broken_since_s_ = never;
  }

  Decision decide(double now_s) {
    tick(now_s);
    beliefs_.apply(planner_, now_s);
    const SearchResult result = planner_.plan();
    Decision decision{DecisionReason::none, running_, never, never, 0};
    if (can_run(running_)) decision.running = value_of(planner_, running_);
    if (!result.plans.empty()) decision.best = value_of(planner_, result.plans.front());
    decision.reason = judge(result, decision, now_s);
    if (decision.is_switch()) decision.plan = result.plans.front();
    return decision;
  }

  std::vector<Probe> wanted_probes(double now_s) {
    tick(now_s);
    beliefs_.apply_optimistic(optimist_, now_s);
    const SearchResult result = optimist_.plan();
    if (result.plans.empty() || result.plans.front() == running_) return {};
    const Plan& hoped = result.plans.front();
    if (!is_worth_hoping(hoped)) return {};
    std::vector<Probe> probes;
    for (const Probe& probe : probes_of(hoped)) {
      if (beliefs_.is_probe_due(probe, now_s)) probes.push_back(probe);
    }
    return probes;
  }

  PartitionProblem estimated(double now_s) {
    tick(now_s);
    beliefs_.apply(planner_, now_s);
    return planner_.problem();
  }

 private:
  // Whatever is lost just now.
  void require_plan(const Plan& plan) const {
    plan_cost(beliefs_.profile(), plan, planner_.query().input_bytes);
  }

  // Wherever the caller's clock begins, nothing has aged yet.
  void tick(double now_s) {
    if (!has_begun_) beliefs_.begin(now_s);
    has_begun_ = true;
  }

  Plan first_plan() {
    const SearchResult result = planner_.plan();
    if (!result.plans.empty()) return result.plans.front();
    throw Error(ErrorCode::infeasible,
                "no plan fits, so there is none to keep right; relax the constraints or add links",
                "controller");
  }

  bool can_run(const Plan& plan) const { return has_links(planner_.problem(), plan); }

  static PlanCost cost_in(const Planner& planner, const Plan& plan) {
    return plan_cost(planner.problem(), plan, planner.query().input_bytes);
  }

  static double value_of(const Planner& planner, const Plan& plan) {
    return objective_value(planner.query().objective, cost_in(planner, plan));
  }

  // In the order of urgency: what cannot run, what breaks a limit, what would be faster.
  DecisionReason judge(const SearchResult& result, Decision& decision, double now_s) {
    if (result.plans.empty()) {
      return decision.running < never ? DecisionReason::none : DecisionReason::no_plan;
    }
    if (decision.running == never) return DecisionReason::lost;
    const double gain = decision.gain();
    const bool is_broken = gain < -nothing * decision.running;
    if (is_broken) return judge_breach(now_s);
    broken_since_s_ = never;
    if (result.plans.front() == running_) return DecisionReason::none;
    if (gain <= options_.least_gain * decision.running || !pays(decision)) {
      return DecisionReason::none;
    }
    decision.doubt = doubt_of_gain(beliefs_, planner_, running_, result.plans.front(), now_s);
    return gain > options_.confidence * decision.doubt ? DecisionReason::faster
                                                       : DecisionReason::none;
  }

  // The best plan that keeps to all limits costs more than the running one, which breaks one then.
  DecisionReason judge_breach(double now_s) {
    if (broken_since_s_ == never) broken_since_s_ = now_s;
    return now_s >= broken_since_s_ + options_.breach_s ? DecisionReason::limits
                                                        : DecisionReason::none;
  }

  // Where the objective is latency, exactly the seconds of latency saved within the horizon; for
  // another one its share of the time that requests will take.
  bool pays(const Decision& decision) const {
    const double latency_s = cost_in(planner_, running_).latency_s;
    const double per_s = pace_.per_s() > 0 ? pace_.per_s() : 1 / latency_s;
    const double saved_s =
        decision.gain() / decision.running * latency_s * per_s * options_.horizon_s;
    return saved_s > options_.switch_cost_s;
  }

  bool is_worth_hoping(const Plan& hoped) const {
    if (!has_links(optimist_.problem(), running_)) return true;
    const double running = value_of(optimist_, running_);
    return running - value_of(optimist_, hoped) > options_.least_gain * running;
  }

  std::vector<Probe> probes_of(const Plan& plan) const {
    std::vector<Probe> probes;
    for (const Hop& hop : cost_in(optimist_, plan).hops) {
      probes.push_back({hop.from, hop.to, hop.bytes});
    }
    for (const Stage& stage : plan.stages) {
      probes.push_back({stage.system, {}, 0, stage.first_block, stage.last_block});
    }
    return probes;
  }

  ControllerOptions options_;
  Beliefs beliefs_;
  Planner planner_;
  Planner optimist_;
  Pace pace_;
  Plan running_;
  double broken_since_s_ = never;
  bool has_begun_ = false;
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
void Controller::observe(const HopObservation& hop, double now_s) { impl_->observe(hop, now_s); }

void Controller::link_lost(int from, int to, double now_s) { impl_->lose_link(from, to, now_s); }
void Controller::system_lost(int system, double now_s) { impl_->lose_system(system, now_s); }

Decision Controller::decide(double now_s) { return impl_->decide(now_s); }
void Controller::switched(const Plan& plan) { impl_->switched(plan); }
const Plan& Controller::running() const { return impl_->running(); }
std::vector<Probe> Controller::wanted_probes(double now_s) { return impl_->wanted_probes(now_s); }

PartitionProblem Controller::estimated(double now_s) const { return impl_->estimated(now_s); }
const TimeScale& Controller::system_scale(int system) const {
  return impl_->beliefs().system(system);
}
const TimeScale& Controller::link_scale(int from, int to) const {
  return impl_->beliefs().link(from, to);
}
double Controller::requests_per_s() const { return impl_->pace().per_s(); }

}  // namespace scission
