// The minder's decisions, and what follows from them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "runtime/adaptive/minder.hpp"
#include "scission/base/error.hpp"
#include "scission/plan/plan.hpp"

namespace scission::runtime {
namespace {

constexpr double soon_s = 1;  // until a plan is tried again where requests wait for it

constexpr double infinite = std::numeric_limits<double>::infinity();

SwitchReason reason_of(const Decision& decision) {
  if (decision.reason == DecisionReason::lost) return SwitchReason::lost;
  return decision.reason == DecisionReason::limits ? SwitchReason::limits : SwitchReason::faster;
}

/// What the owner throws is its own.
template <typename Callback, typename... Values>
void tell(const Callback& callback, const Values&... values) {
  if (!callback) return;
  try {
    callback(values...);
  } catch (const std::exception&) {
  }
}

/// +∞ where the plan cannot run.
double value_in(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  try {
    return objective_value(query.objective, plan_cost(problem, plan, query.input_bytes));
  } catch (const Error&) {
    return infinite;
  }
}

}  // namespace

std::string to_string(SwitchReason reason) {
  switch (reason) {
    case SwitchReason::faster:
      return "faster";
    case SwitchReason::lost:
      return "lost";
    case SwitchReason::limits:
      return "limits";
    case SwitchReason::asked:
      return "asked";
  }
  return "";
}

void Minder::settle() {
  if (is_preparing_) return rescue();
  if (const auto plan = take_asked()) return pursue(wish_of(*plan, SwitchReason::asked));
  const bool is_stuck = traffic_.is_holding();
  if (!options_.is_automatic && !is_stuck) return;
  const Decision decision = controller_.decide(traffic_.now_s());
  {
    const std::lock_guard lock(mutex_);
    ++watching_.decisions;
  }
  if (decision.reason == DecisionReason::no_plan) return give_up_waiting("no plan is left");
  if (decision.is_switch() && (options_.is_automatic || decision.reason == DecisionReason::lost)) {
    if (decision.reason == DecisionReason::lost) traffic_.hold();
    return pursue({number_of(decision.plan), decision.plan, reason_of(decision),
                   decision.running_objective, decision.best_objective, traffic_.now_s()});
  }
  if (has_no_lane_) return pursue(wish_of(controller_.running(), SwitchReason::lost));
  if (is_stuck) traffic_.cut_over(lanes_.running());
}

// Requests wait while something else is deployed: what is kept may take them.
void Minder::rescue() {
  if (has_no_lane_ || !traffic_.is_holding()) return;
  const Decision decision = controller_.decide(traffic_.now_s());
  if (decision.reason != DecisionReason::lost) return;
  if (const SharedLane kept = lanes_.find(decision.plan)) {
    cut_over({{number_of(decision.plan), decision.plan, SwitchReason::lost,
               decision.running_objective, decision.best_objective, traffic_.now_s()},
              kept,
              true,
              {},
              {}});
  }
}

std::optional<Plan> Minder::take_asked() {
  const std::lock_guard lock(mutex_);
  std::optional<Plan> plan = std::exchange(asked_, std::nullopt);
  if (plan && !has_no_lane_ && *plan == controller_.running()) plan.reset();
  return plan;
}

Wish Minder::wish_of(const Plan& plan, SwitchReason reason) {
  const double now_s = traffic_.now_s();
  const PartitionProblem estimated = controller_.estimated(now_s);
  return {number_of(plan),
          plan,
          reason,
          value_in(estimated, query_, controller_.running()),
          value_in(estimated, query_, plan),
          now_s};
}

// With a plan in charge, requests go on trying that.
void Minder::give_up_waiting(const std::string& why) {
  if (!traffic_.is_holding()) return;
  traffic_.refuse({why, "", true});
  if (!has_no_lane_) traffic_.cut_over(lanes_.running());
}

void Minder::pursue(Wish wish) {
  const auto failed = not_before_s_.find(wish.number);
  if (failed != not_before_s_.end() && wish.began_s < failed->second) {
    if (has_no_lane_ || wish.reason == SwitchReason::lost) give_up_waiting("no plan can be had");
    return;
  }
  Preparation preparation{std::move(wish), nullptr, {}};
  preparation.kept = lanes_.find(preparation.wish.plan);
  const bool is_urgent = preparation.wish.reason == SwitchReason::lost;
  if (preparation.kept && is_urgent) {  // the requests that wait are the test
    return cut_over({preparation.wish, preparation.kept, true, {}, {}});
  }
  is_preparing_ = true;
  std::vector<SharedLane> out;
  if (!preparation.kept) out = make_room();
  // What is lost may keep its requests until their deadline; nobody waits for them then.
  if (!is_urgent) std::swap(preparation.retired, out);
  deployer_->prepare(std::move(preparation));
  take_leave(std::move(out));
}

std::vector<SharedLane> Minder::make_room() {
  const bool is_lean = options_.plans_in_memory == 1;
  if (is_lean) {
    traffic_.hold();
    has_no_lane_ = true;
  }
  return lanes_.shrink_to(options_.plans_in_memory - 1, is_lean);
}

void Minder::conclude(const Prepared& prepared) {
  is_preparing_ = false;
  if (!prepared.lane) return despair(prepared);
  // Taken away since, with a system that it needs.
  if (prepared.was_kept && lanes_.find(prepared.wish.plan) != prepared.lane) return;
  observe_beside(prepared.wish.plan, prepared.lane->places, prepared.hops);
  if (!lanes_.is_empty()) lanes_.keep(prepared.lane);
  if (is_still_wanted(prepared.wish)) cut_over(prepared);
}

// Deploying takes its time, in which other things happen.
bool Minder::is_still_wanted(const Wish& wish) {
  if (has_no_lane_ || wish.reason == SwitchReason::asked) return true;
  const PartitionProblem estimated = controller_.estimated(traffic_.now_s());
  const double wanted = value_in(estimated, query_, wish.plan);
  if (wish.reason != SwitchReason::faster) return std::isfinite(wanted);
  return wanted < value_in(estimated, query_, controller_.running());
}

// A system that is away is left out of plans until it may be back; where all are there, it is the
// plan that is not tried again for a while.
void Minder::despair(const Prepared& prepared) {
  const Wish& wish = prepared.wish;
  const double now_s = traffic_.now_s();
  bool all_there = true;
  for (const Stage& stage : wish.plan.stages) {
    if (stage.system == wish.plan.source || is_alive(stage.system)) continue;
    all_there = false;
    controller_.system_lost(stage.system, now_s);
    take_leave(lanes_.take_those_on(stage.system));
  }
  // It is deployed, and does not answer as it should: it is made anew when it is wanted again.
  if (const SharedLane broken = lanes_.take_spare(wish.plan)) take_leave({broken});
  const bool hurries = has_no_lane_ || wish.reason == SwitchReason::lost;
  if (all_there)
    not_before_s_[wish.number] = now_s + (hurries ? soon_s : options_.redeploy_after_s);
  tell(callbacks_.on_deploy_failed, wish.plan, prepared.why);
}

void Minder::cut_over(const Prepared& prepared) {
  const Wish& wish = prepared.wish;
  const CutOver report = traffic_.cut_over(prepared.lane);
  lanes_.run(prepared.lane);
  has_no_lane_ = false;
  const double now_s = traffic_.now_s();
  controller_.switched(wish.plan);
  const PlanSwitch change{now_s,          running_,      wish.number,           wish.reason,
                          wish.running,   wish.best,     now_s - wish.began_s,  prepared.was_kept,
                          report.seconds, report.waited, report.longest_wait_s, lanes_.count()};
  take_leave(lanes_.shrink_to(options_.plans_in_memory, false));
  if (change.from == change.to) return;  // the old plan, deployed again
  {
    const std::lock_guard lock(mutex_);
    running_ = wish.number;
    switches_.push_back(change);
  }
  tell(callbacks_.on_switch, change, wish.plan);
}

bool Minder::is_alive(int system) const {
  try {
    return callbacks_.is_alive && callbacks_.is_alive(system);
  } catch (const std::exception&) {
    return false;
  }
}

int Minder::number_of(const Plan& plan) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find(plans_.begin(), plans_.end(), plan);
  if (known != plans_.end()) return static_cast<int>(known - plans_.begin());
  plans_.push_back(plan);
  return static_cast<int>(plans_.size()) - 1;
}

}  // namespace scission::runtime
