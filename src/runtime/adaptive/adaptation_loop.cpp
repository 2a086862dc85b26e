// The loop's steps, and what it learns from events.
#include "runtime/adaptive/adaptation_loop.hpp"

#include <time.h>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"

namespace scission::runtime {
namespace {

constexpr double max_wait_s = 0.25;  // for events; probes and retries may be due then
constexpr double busy_probe_every_s = 1;
constexpr const char* overtaken = "it is sent again through a faster plan";

double thread_cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// +∞ when the plan cannot run.
double latency_in(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  try {
    return plan_cost(problem, plan, query.input_bytes).latency_s;
  } catch (const Error&) {
    return infinity;
  }
}

AdaptiveOptions validated(AdaptiveOptions options) {
  require_option(options.plans_in_memory >= 1, "plans_in_memory", "must be 1 or more");
  require_option(options.max_waiting >= 0, "max_waiting", "must be 0 or more");
  require_option(options.warmup >= 0, "warmup", "must be 0 or more");
  require_option(options.deploy_share >= 0.01 && options.deploy_share <= 1, "deploy_share",
                 "must be 0.01 to 1");
  require_option(options.decide_every_s >= 0, "decide_every_s", "must be 0 or more");
  require_option(options.idle_s >= 0, "idle_s", "must be 0 or more");
  require_option(options.max_gap_wait_s >= 0, "max_gap_wait_s", "must be 0 or more");
  return options;
}

ControllerOptions controller_options(const AdaptiveOptions& options) {
  ControllerOptions controller = options.controller;
  controller.deploy_share = options.deploy_share;
  return controller;
}

AdaptiveCallbacks validated(AdaptiveCallbacks callbacks) {
  require_option(callbacks.deploy != nullptr, "deploy", "must be set");
  return callbacks;
}

}  // namespace

bool is_holding(LoopState state) {
  return state != LoopState::serving && state != LoopState::deploying;
}

LoopState next_state(LoopState state, LoopEvent event, bool has_plan) {
  const bool is_deploying = state == LoopState::deploying || state == LoopState::awaiting;
  switch (event) {
    case LoopEvent::loss:
      if (is_holding(state)) return state;
      return is_deploying ? LoopState::awaiting : LoopState::interrupted;
    case LoopEvent::plan_removed:
      return is_deploying ? LoopState::awaiting : LoopState::undeployed;
    case LoopEvent::deploy_started:
      return is_holding(state) ? LoopState::awaiting : LoopState::deploying;
    case LoopEvent::deploy_ended:
      if (!is_holding(state)) return LoopState::serving;
      return has_plan ? LoopState::interrupted : LoopState::undeployed;
    case LoopEvent::cut_over:
      return is_deploying ? LoopState::deploying : LoopState::serving;
  }
  return state;
}

AdaptationLoop::AdaptationLoop(PartitionProblem problem, Query query, AdaptiveCallbacks callbacks,
                               AdaptiveOptions options, std::optional<Plan> first)
    : problem_(std::move(problem)),
      query_(std::move(query)),
      callbacks_(validated(std::move(callbacks))),
      options_(validated(std::move(options))),
      controller_(problem_, query_, controller_options(options_), std::move(first)),
      observer_(problem_, query_, controller_, options_.overlap_window_s),
      router_(
          options_.max_waiting,
          {.on_completed = [this](CompletedRequest request) { events_.push(std::move(request)); },
           .on_lost =
               [this](const SharedRequest& request, PipelineResult result) {
                 events_.push(LostRequest{request, std::move(result.failure)});
               }}) {
  deployer_.emplace(problem_, callbacks_, options_, router_, events_);
  const double began_s = router_.now_s();
  const DeployResult result =
      deployer_->deploy({number_of(controller_.running()), controller_.running()});
  const double now_s = router_.now_s();
  controller_.observe_deployment(controller_.running(), now_s - began_s, now_s);
  observe_own(*result.plan, result.hops);
  pool_.run(result.plan);
  router_.cut_over(result.plan);
  thread_ = std::thread([this] { run(); });
}

AdaptationLoop::~AdaptationLoop() {
  router_.wait_until_empty();
  is_ending_ = true;
  events_.wake();
  thread_.join();
  router_.hold();  // no requests are left that removing plans could disturb
  deployer_->remove(pool_.remove_all());
  deployer_.reset();
}

void AdaptationLoop::run() {
  while (!is_ending_) {
    Events events = events_.wait(options_.decide_every_s, max_wait_s);
    try {
      step(events);
    } catch (const std::exception& error) {
      abort_step(std::move(events), error.what());
    }
    const std::lock_guard lock(mutex_);
    cost_.cpu_s = thread_cpu_s() + events_.observing_s();
  }
}

// Removes from `events` what it has handled.
void AdaptationLoop::step(Events& events) {
  for (const CompletedRequest& request : events.completed) observe(request);
  for (const ProbeResult& result : std::exchange(events.probed, {})) on_probe_result(result);
  for (const LostRequest& lost : std::exchange(events.lost, {})) on_lost_request(lost);
  for (const DeployResult& result : std::exchange(events.deployed, {})) on_deployed(result);
  observe_overdue();
  decide();
  deployer_->remove(std::exchange(retired_, {}));  // after deployments that requests may wait for
  probe_if_idle();
}

// An exception must neither end the process nor leave requests waiting.
void AdaptationLoop::abort_step(Events events, const std::string& why) {
  for (const LostRequest& lost : events.lost) router_.give_up(lost.request, lost.failure);
  events_.put_back(std::move(events));
  keep_running_or_refuse(why);
}

// All changes of state: makes requests wait where the new state says so. Requests go on with
// RequestRouter::cut_over(), before the event of that name.
void AdaptationLoop::apply(LoopEvent event) {
  const LoopState next = next_state(state_, event, !pool_.is_empty());
  if (is_holding(next) && !is_holding(state_)) router_.hold();
  state_ = next;
}

void AdaptationLoop::observe(const CompletedRequest& request) {
  const std::size_t observations = observer_.observe(request);
  const std::lock_guard lock(mutex_);
  cost_.observations += static_cast<long>(observations);
}

// Requests that a switch has left behind are sent again.
void AdaptationLoop::observe_overdue() {
  const SharedPlan running = pool_.running();
  const std::vector<InFlightRequest> requests = router_.in_flight();
  if (is_holding(state_) || !running || requests.empty()) return;
  const double now_s = router_.now_s();
  const double expected_s = controller_.expected_latency_s(now_s);
  observer_.observe_overdue(requests, running, now_s);
  std::set<SharedPlan> overtaken_plans;
  std::optional<PartitionProblem> estimated;
  for (const InFlightRequest& request : requests) {
    if (request.plan == running) continue;
    if (!estimated) estimated = controller_.estimated(now_s);
    if (is_overtaken(left_behind(request, *estimated), expected_s)) {
      overtaken_plans.insert(request.plan);
    }
  }
  CallFailure failure;
  failure.message = overtaken;
  failure.is_transient = true;
  for (const SharedPlan& plan : overtaken_plans) router_.interrupt(plan, failure);
}

LeftBehind AdaptationLoop::left_behind(const InFlightRequest& request,
                                       const PartitionProblem& estimated) const {
  const double alone_s = latency_in(estimated, query_, request.plan->plan);
  return {.age_s = request.age_s,
          .usual_s = observer_.slowest_s(request.plan->number),
          .expected_s = alone_s * (1 + request.ahead)};
}

// Observes a warm-up request or a probe.
void AdaptationLoop::observe_own(const DeployedPlan& plan, const std::vector<HopTiming>& hops) {
  const double now_s = router_.now_s();
  Observations seen = observations_of(problem_, query_.input_bytes, plan.plan, plan.places, hops);
  for (const HopObservation& hop : seen.hops) controller_.observe(hop, now_s);
  for (StageObservation& stage : seen.stages) {
    stage.is_probe = true;
    controller_.observe(stage, now_s);
  }
}

void AdaptationLoop::on_probe_result(const ProbeResult& result) {
  --probes_in_flight_;
  const Probe& probe = result.probe;
  if (result.plan) {
    observe_own(*result.plan, result.hops);
  } else if (result.seconds) {
    controller_.observe(HopObservation{probe.from, *probe.to, probe.bytes, *result.seconds},
                        router_.now_s());
  } else {
    controller_.mark_link_lost(probe.from, *probe.to, router_.now_s());
  }
  const std::lock_guard lock(mutex_);
  ++cost_.probes;
  cost_.probe_bytes += probe.bytes;
}

void AdaptationLoop::on_lost_request(const LostRequest& lost) {
  const int max_tries = 2 * problem_.system_count() + 2;
  if (lost.request->tries > max_tries) return router_.give_up(lost.request, lost.failure);
  try {
    if (is_new_loss(lost)) {
      apply(LoopEvent::loss);
      mark_lost(lost.request->plan->plan, lost.failure);
      lost_at_s_[lost.failure.system] = router_.now_s();
    }
    router_.resend(lost.request);
  } catch (const std::exception&) {
    router_.give_up(lost.request, lost.failure);
  }
}

// A request through an earlier plan, or sent before the loss was known, reports nothing new.
bool AdaptationLoop::is_new_loss(const LostRequest& lost) const {
  if (lost.request->plan != pool_.running() || lost.failure.message == overtaken) return false;
  const auto known = lost_at_s_.find(lost.failure.system);
  return known == lost_at_s_.end() || lost.request->sent_s > known->second;
}

void AdaptationLoop::mark_lost(const Plan& plan, const CallFailure& failure) {
  if (failure.is_undeployed) {
    // A restarted worker may have lost the segments of all plans.
    retire(pool_.remove_all());
    return apply(LoopEvent::plan_removed);
  }
  const double now_s = router_.now_s();
  int from = plan.source;
  for (const Stage& stage : plan.stages) {
    if (problem_.systems[static_cast<std::size_t>(stage.system)].name == failure.system) {
      if (from != stage.system) controller_.mark_link_lost(from, stage.system, now_s);
      const bool is_silent = failure.is_stalled && failure.observer.empty();
      if (is_silent || !is_alive(stage.system)) {
        controller_.mark_system_lost(stage.system, now_s);
      }
      return retire(pool_.remove_using(stage.system));
    }
    from = stage.system;
  }
  // The system is unknown: assume the first one other than the source.
  for (const Stage& stage : plan.stages) {
    if (stage.system != plan.source) return controller_.mark_system_lost(stage.system, now_s);
  }
}

void AdaptationLoop::probe_if_idle() {
  const bool is_deploying = state_ == LoopState::deploying || state_ == LoopState::awaiting;
  if (!callbacks_.probe || is_deploying || probes_in_flight_ > 0) return;
  const bool is_idle = router_.idle_s() >= options_.idle_s;
  if (!may_probe(is_idle)) return;
  for (const Probe& probe : controller_.wanted_probes(router_.now_s())) {
    if (!is_idle && is_observed_by_requests(probe)) continue;
    const SharedPlan plan = probe.to ? nullptr : pool_.spare_on(probe.from);
    if (!probe.to && (!plan || options_.sample.empty())) continue;
    ++probes_in_flight_;
    if (plan) {
      deployer_->probe_plan(probe, plan);
    } else {
      deployer_->probe_link(probe);
    }
  }
}

// Under a steady load there is no idle time to find out that the plan of before would do again.
bool AdaptationLoop::may_probe(bool is_idle) {
  if (is_idle) return true;
  const double now_s = router_.now_s();
  if (switches().empty() || now_s < next_busy_probe_s_) return false;
  next_busy_probe_s_ = now_s + busy_probe_every_s;
  return true;
}

bool AdaptationLoop::is_observed_by_requests(const Probe& probe) const {
  const Plan& plan = controller_.running();
  return uses(plan, probe.to.value_or(probe.from)) || (!probe.to && probe.from == plan.source);
}

void AdaptationLoop::request_switch(const Plan& plan) {
  plan_cost(problem_, plan, query_.input_bytes);  // throws for an invalid plan
  {
    const std::lock_guard lock(mutex_);
    requested_ = plan;
  }
  events_.wake();
}

int AdaptationLoop::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::vector<Plan> AdaptationLoop::plans() const {
  const std::lock_guard lock(mutex_);
  return plans_;
}

std::vector<PlanSwitch> AdaptationLoop::switches() const {
  const std::lock_guard lock(mutex_);
  return switches_;
}

MonitoringCost AdaptationLoop::monitoring_cost() const {
  const std::lock_guard lock(mutex_);
  return cost_;
}

bool AdaptationLoop::is_alive(int system) const {
  try {
    return callbacks_.is_alive && callbacks_.is_alive(system);
  } catch (const std::exception&) {
    return false;
  }
}

int AdaptationLoop::number_of(const Plan& plan) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find(plans_.begin(), plans_.end(), plan);
  if (known != plans_.end()) return static_cast<int>(known - plans_.begin());
  plans_.push_back(plan);
  return static_cast<int>(plans_.size()) - 1;
}

}  // namespace scission::runtime
