#include "runtime/adaptive/minder.hpp"

#include <time.h>

#include <exception>
#include <utility>

#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr double longest_wait_s = 0.25;  // without news; probes and retries are due then

double thread_cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

AdaptiveOptions checked(AdaptiveOptions options) {
  const auto require = [](bool is_fine, const char* option, const char* demand) {
    if (!is_fine) throw Error(ErrorCode::invalid_argument, demand, option);
  };
  require(options.plans_in_memory >= 1, "plans_in_memory", "must be 1 or more");
  require(options.max_waiting >= 0, "max_waiting", "must be 0 or more");
  require(options.warmup >= 0, "warmup", "must be 0 or more");
  require(options.deploy_share >= 0.01 && options.deploy_share <= 1, "deploy_share",
          "must be 0.01 to 1");
  require(options.decide_every_s >= 0, "decide_every_s", "must be 0 or more");
  require(options.idle_s >= 0, "idle_s", "must be 0 or more");
  require(options.max_gap_wait_s >= 0, "max_gap_wait_s", "must be 0 or more");
  return options;
}

AdaptiveCallbacks checked(AdaptiveCallbacks callbacks) {
  if (!callbacks.deploy) throw Error(ErrorCode::invalid_argument, "must be set", "deploy");
  return callbacks;
}

}  // namespace

Minder::Minder(PartitionProblem problem, Query query, AdaptiveCallbacks callbacks,
               AdaptiveOptions options, std::optional<Plan> first)
    : problem_(std::move(problem)),
      query_(std::move(query)),
      callbacks_(checked(std::move(callbacks))),
      options_(checked(std::move(options))),
      controller_(problem_, query_, options_.controller, std::move(first)),
      overlaps_(problem_, options_.overlap_window_s),
      traffic_(Traffic::Clock::now(), options_.max_waiting) {
  deployer_.emplace(callbacks_, options_, traffic_);
  const Prepared prepared =
      deployer_->make({number_of(controller_.running()), controller_.running()});
  observe_beside(prepared.wish.plan, prepared.lane->places, prepared.hops);
  lanes_.run(prepared.lane);
  traffic_.cut_over(prepared.lane);
  thread_ = std::thread([this] { run(); });
}

Minder::~Minder() {
  traffic_.wait_until_empty();
  ends_ = true;
  traffic_.ring();
  thread_.join();
  traffic_.hold();  // there are no requests that taking away could disturb
  deployer_->retire(lanes_.shrink_to(0, true));
  deployer_.reset();
}

void Minder::run() {
  while (!ends_) {
    Events events = traffic_.wait(options_.decide_every_s, longest_wait_s);
    try {
      turn(events);
    } catch (const std::exception& error) {
      give_up_turn(events, error.what());
    }
    const std::lock_guard lock(mutex_);
    watching_.cpu_s = thread_cpu_s() + traffic_.noting_s();
  }
}

// Nothing that is observed may end the process, or leave requests waiting for a decision that is
// not made.
void Minder::give_up_turn(const Events& events, const std::string& why) {
  for (const Failure& failure : events.failures) traffic_.give_up(failure.errand, failure.failure);
  traffic_.refuse({why, "", true});
  if (lanes_.running()) traffic_.cut_over(lanes_.running());
}

// Takes out of the events what it has seen to.
void Minder::turn(Events& events) {
  for (const News& news : events.news) observe(news);
  hear_of_probes();
  take_up_failures(std::exchange(events.failures, {}));
  for (const Prepared& prepared : deployer_->take_prepared()) conclude(prepared);
  settle();
  deployer_->retire(std::exchange(leaving_, {}));  // after what requests may wait for
  probe_when_idle();
}

void Minder::take_leave(std::vector<SharedLane> lanes) {
  leaving_.insert(leaving_.end(), lanes.begin(), lanes.end());
}

void Minder::observe(const News& news) {
  Sightings seen =
      sightings_of(problem_, query_.input_bytes, news.lane->plan, news.lane->places, news.hops);
  overlaps_.filter(seen.hops, news.is_alone, news.now_s);
  for (const HopObservation& hop : seen.hops) controller_.observe(hop, news.now_s);
  for (const StageObservation& stage : seen.stages) controller_.observe(stage, news.now_s);
  const std::lock_guard lock(mutex_);
  watching_.observations += static_cast<long>(seen.hops.size() + seen.stages.size());
}

// What requests of our own, beside the user's, took.
void Minder::observe_beside(const Plan& plan, const std::vector<StagePlace>& places,
                            const std::vector<HopTiming>& hops) {
  const double now_s = traffic_.now_s();
  Sightings seen = sightings_of(problem_, query_.input_bytes, plan, places, hops);
  for (const HopObservation& hop : seen.hops) controller_.observe(hop, now_s);
  for (StageObservation& stage : seen.stages) {
    stage.is_probe = true;
    controller_.observe(stage, now_s);
  }
}

void Minder::take_up_failures(const std::vector<Failure>& failures) {
  const int most_tries = 2 * problem_.system_count() + 2;
  for (const Failure& failure : failures) {
    if (failure.errand->tries > most_tries) {
      traffic_.give_up(failure.errand, failure.failure);
      continue;
    }
    try {
      take_up(failure);
    } catch (const std::exception&) {
      traffic_.give_up(failure.errand, failure.failure);
    }
  }
}

void Minder::take_up(const Failure& failure) {
  if (is_new(failure)) {
    traffic_.hold();
    lose(failure.errand->lane->plan, failure.failure);
    lost_s_[failure.failure.system] = traffic_.now_s();
  }
  traffic_.send_again(failure.errand);
}

// What a plan that was left says is past, and so is what was sent before the loss was known.
bool Minder::is_new(const Failure& failure) const {
  const Errand& errand = *failure.errand;
  if (has_no_lane_ || errand.lane != lanes_.running()) return false;
  const auto lost = lost_s_.find(failure.failure.system);
  return lost == lost_s_.end() || errand.sent_s > lost->second;
}

void Minder::lose(const Plan& plan, const CallFailure& failure) {
  if (failure.is_undeployed) return deploy_again();
  const double now_s = traffic_.now_s();
  int from = plan.source;
  for (const Stage& stage : plan.stages) {
    if (problem_.systems[static_cast<std::size_t>(stage.system)].name == failure.system) {
      if (from != stage.system) controller_.link_lost(from, stage.system, now_s);
      if (!is_alive(stage.system)) controller_.system_lost(stage.system, now_s);
      take_leave(lanes_.take_those_on(stage.system));
      return;
    }
    from = stage.system;
  }
  // Nobody says where: the first place that is not this one.
  for (const Stage& stage : plan.stages) {
    if (stage.system != plan.source) return controller_.system_lost(stage.system, now_s);
  }
}

// A worker that was started again may have lost what it had: of the plans beside this one, too.
void Minder::deploy_again() {
  take_leave(lanes_.shrink_to(0, true));
  has_no_lane_ = true;
}

void Minder::hear_of_probes() {
  for (const Probed& probed : deployer_->take_probed()) {
    --probing_;
    const Probe& probe = probed.probe;
    if (probed.lane) {
      observe_beside(probed.lane->plan, probed.lane->places, probed.hops);
    } else if (probed.seconds) {
      controller_.observe(HopObservation{probe.from, *probe.to, probe.bytes, *probed.seconds},
                          traffic_.now_s());
    } else {
      controller_.link_lost(probe.from, *probe.to, traffic_.now_s());
    }
    const std::lock_guard lock(mutex_);
    ++watching_.probes;
    watching_.probe_bytes += probe.bytes;
  }
}

void Minder::probe_when_idle() {
  if (!callbacks_.probe || is_preparing_ || probing_ > 0) return;
  if (traffic_.idle_s() < options_.idle_s) return;
  for (const Probe& probe : controller_.wanted_probes(traffic_.now_s())) {
    const SharedLane lane = probe.to ? nullptr : lanes_.spare_on(probe.from);
    if (!probe.to && (!lane || options_.sample.empty())) continue;
    ++probing_;
    if (lane) {
      deployer_->probe_lane(probe, lane);
    } else {
      deployer_->probe_link(probe);
    }
  }
}

void Minder::ask(const Plan& plan) {
  plan_cost(problem_, plan, query_.input_bytes);  // throws if it is none
  {
    const std::lock_guard lock(mutex_);
    asked_ = plan;
  }
  traffic_.ring();
}

int Minder::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::vector<Plan> Minder::plans() const {
  const std::lock_guard lock(mutex_);
  return plans_;
}

std::vector<PlanSwitch> Minder::switches() const {
  const std::lock_guard lock(mutex_);
  return switches_;
}

MonitoringCost Minder::monitoring_cost() const {
  const std::lock_guard lock(mutex_);
  return watching_;
}

}  // namespace scission::runtime
