// The loop's decisions, and what follows from them.
#include <cmath>
#include <exception>
#include <utility>

#include "base/numbers.hpp"
#include "runtime/adaptive/adaptation_loop.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"

namespace scission::runtime {
namespace {

constexpr double urgent_retry_s = 1;  // instead of redeploy_after_s, while requests wait

SwitchReason reason_of(const Decision& decision) {
  if (decision.reason == DecisionReason::lost) return SwitchReason::lost;
  return decision.reason == DecisionReason::limits ? SwitchReason::limits : SwitchReason::faster;
}

/// Ignores exceptions of the owner's callback.
template <typename Callback, typename... Values>
void notify(const Callback& callback, const Values&... values) {
  if (!callback) return;
  try {
    callback(values...);
  } catch (const std::exception&) {
  }
}

/// +∞ when the plan cannot run.
double objective_in(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  try {
    return objective_value(query.objective, plan_cost(problem, plan, query.input_bytes));
  } catch (const Error&) {
    return infinity;
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
    case SwitchReason::requested:
      return "requested";
  }
  return "";
}

void AdaptationLoop::decide() {
  notify(callbacks_.on_decision, router_.now_s(), controller_);
  controller_.set_deployed(pool_.plans());
  if (state_ == LoopState::deploying || state_ == LoopState::awaiting) return fall_back();
  if (const auto plan = take_requested())
    return start_switch(request_for(*plan, SwitchReason::requested));
  if (state_ == LoopState::serving && !options_.is_automatic) return;
  const Decision decision = controller_.decide(router_.now_s());
  {
    const std::lock_guard lock(mutex_);
    ++cost_.decisions;
  }
  const bool is_lost = decision.reason == DecisionReason::lost;
  if (decision.reason == DecisionReason::no_plan) return keep_running_or_refuse("no plan is left");
  if (decision.is_switch() && (options_.is_automatic || is_lost)) {
    if (is_lost) apply(LoopEvent::loss);
    return start_switch(request_for(decision));
  }
  if (state_ == LoopState::undeployed) {
    return start_switch(request_for(controller_.running(), SwitchReason::lost));
  }
  if (state_ == LoopState::interrupted) resume();
}

// While a plan is being deployed, one that is deployed already may serve requests that wait, or
// serve them faster.
void AdaptationLoop::fall_back() {
  const bool is_waiting = state_ == LoopState::awaiting;
  if (pool_.is_empty() || !(is_waiting || options_.is_automatic)) return;
  const Decision decision = controller_.decide(router_.now_s());
  if (decision.reason != (is_waiting ? DecisionReason::lost : DecisionReason::faster)) return;
  const SwitchRequest request = request_for(decision);
  if (!is_waiting && request.number == deploying_) return;  // it is being tested
  if (const SharedPlan kept = find_deployed(request)) cut_over(request, kept, true);
}

// Requests go on trying the running plan, if there is one.
void AdaptationLoop::keep_running_or_refuse(const std::string& why) {
  if (!is_holding(state_)) return;
  router_.refuse_waiting({why, "", true});
  if (!pool_.is_empty()) resume();
}

void AdaptationLoop::resume() {
  router_.cut_over(pool_.running());
  apply(LoopEvent::cut_over);
}

std::optional<Plan> AdaptationLoop::take_requested() {
  const std::lock_guard lock(mutex_);
  std::optional<Plan> plan = std::exchange(requested_, std::nullopt);
  if (plan && !pool_.is_empty() && *plan == controller_.running()) plan.reset();
  return plan;
}

SwitchRequest AdaptationLoop::request_for(const Plan& plan, SwitchReason reason) {
  const double now_s = router_.now_s();
  const PartitionProblem estimated = controller_.estimated(now_s);
  return {.number = number_of(plan),
          .plan = plan,
          .reason = reason,
          .running_objective = objective_in(estimated, query_, controller_.running()),
          .best_objective = objective_in(estimated, query_, plan),
          .began_s = now_s};
}

SwitchRequest AdaptationLoop::request_for(const Decision& decision) {
  return {.number = number_of(decision.plan),
          .plan = decision.plan,
          .reason = reason_of(decision),
          .running_objective = decision.running_objective,
          .best_objective = decision.best_objective,
          .began_s = router_.now_s()};
}

void AdaptationLoop::start_switch(SwitchRequest request) {
  const bool is_urgent = request.is_urgent();
  const auto failed = not_before_s_.find(request.number);
  if (failed != not_before_s_.end() && request.began_s < failed->second) {
    if (pool_.is_empty() || is_urgent) keep_running_or_refuse("no plan can be deployed");
    return;
  }
  const bool is_recoding =
      !pool_.is_empty() && has_same_stages(pool_.running()->plan, request.plan);
  const SharedPlan kept = find_deployed(request);
  // Waiting requests will test it; the running plan needs no test where only its codecs change.
  if (kept && (is_urgent || is_recoding)) return cut_over(request, kept, true);
  std::vector<SharedPlan> removed;
  if (!kept) removed = make_room();
  deploying_ = request.number;
  DeployJob job{std::move(request), kept, {}};
  // Requests on a lost system may last until their deadline; an urgent deployment does not wait.
  if (!is_urgent) job.removed = std::exchange(removed, {});
  apply(LoopEvent::deploy_started);
  deployer_->start(std::move(job));
  retire(std::move(removed));
}

// Where a deployed plan differs in its codecs only, its deployment becomes this plan's.
SharedPlan AdaptationLoop::find_deployed(const SwitchRequest& request) {
  const SharedPlan deployed = pool_.find_deployment(request.plan);
  if (!deployed || deployed->plan == request.plan) return deployed;
  const auto coded = std::make_shared<DeployedPlan>();
  coded->number = request.number;
  coded->plan = request.plan;
  coded->pipeline = deployed->pipeline;
  coded->places = deployed->places;
  pool_.replace(deployed, coded);
  return coded;
}

std::vector<SharedPlan> AdaptationLoop::make_room() {
  if (options_.plans_in_memory > 1) return pool_.shrink_to(options_.plans_in_memory - 1);
  std::vector<SharedPlan> removed = pool_.remove_all();
  apply(LoopEvent::plan_removed);
  return removed;
}

void AdaptationLoop::on_deployed(const DeployResult& result) {
  apply(LoopEvent::deploy_ended);
  if (!result.plan) return on_deploy_failed(result);
  const bool was_removed = result.was_kept && pool_.find(result.request.plan) != result.plan;
  if (was_removed) return;  // with a system that it needs
  observe_own(*result.plan, result.hops);
  const double now_s = router_.now_s();
  if (!result.was_kept) {
    controller_.observe_deployment(result.request.plan, now_s - result.request.began_s, now_s);
  }
  if (!pool_.is_empty()) pool_.keep(result.plan);
  if (is_still_wanted(result.request)) cut_over(result.request, result.plan, result.was_kept);
}

// Conditions may have changed while the plan was being deployed.
bool AdaptationLoop::is_still_wanted(const SwitchRequest& request) {
  if (pool_.is_empty() || request.reason == SwitchReason::requested) return true;
  const PartitionProblem estimated = controller_.estimated(router_.now_s());
  const double wanted = objective_in(estimated, query_, request.plan);
  if (request.reason != SwitchReason::faster) return std::isfinite(wanted);
  return wanted < objective_in(estimated, query_, controller_.running());
}

// Where a system is unreachable, plans avoid it until it may be back. Otherwise the plan itself is
// not tried again for some time.
void AdaptationLoop::on_deploy_failed(const DeployResult& result) {
  const SwitchRequest& request = result.request;
  const double now_s = router_.now_s();
  bool are_all_alive = true;
  for (const Stage& stage : request.plan.stages) {
    if (stage.system == request.plan.source || is_alive(stage.system)) continue;
    are_all_alive = false;
    controller_.mark_system_lost(stage.system, now_s);
    retire(pool_.remove_using(stage.system));
  }
  // A deployment that does not work is made again when the plan is wanted again.
  if (const SharedPlan broken = pool_.remove_spare(request.plan)) retire({broken});
  if (are_all_alive) {
    const bool is_urgent = pool_.is_empty() || request.is_urgent();
    not_before_s_[request.number] =
        now_s + (is_urgent ? urgent_retry_s : options_.redeploy_after_s);
  }
  notify(callbacks_.on_deploy_failed, request.plan, result.why);
}

void AdaptationLoop::cut_over(const SwitchRequest& request, const SharedPlan& plan, bool was_kept) {
  plan->pipeline->set_codecs(codec_names_of(problem_, plan->plan));
  const CutOver report = router_.cut_over(plan);
  pool_.run(plan);
  apply(LoopEvent::cut_over);
  const double now_s = router_.now_s();
  controller_.set_running(request.plan);
  const PlanSwitch change{.at_s = now_s,
                          .from = running_,
                          .to = request.number,
                          .reason = request.reason,
                          .running_objective = request.running_objective,
                          .best_objective = request.best_objective,
                          .deploy_s = now_s - request.began_s,
                          .was_kept = was_kept,
                          .cut_over_s = report.seconds,
                          .waited = report.waited,
                          .longest_wait_s = report.longest_wait_s,
                          .plans_in_memory = pool_.count()};
  retire(pool_.shrink_to(options_.plans_in_memory));
  if (change.from == change.to) return;  // the same plan was deployed again
  {
    const std::lock_guard lock(mutex_);
    running_ = request.number;
    switches_.push_back(change);
  }
  notify(callbacks_.on_switch, change, request.plan);
}

void AdaptationLoop::retire(std::vector<SharedPlan> plans) {
  retired_.insert(retired_.end(), plans.begin(), plans.end());
}

}  // namespace scission::runtime
