// What happens to requests when a worker fails: they go through the next plan without it. Failures
// are detected in pipeline_core.cpp and wire/stall_watch.hpp; plans that adapt switch in
// adaptive/adaptation_decisions.cpp instead.
#include "scission/runtime/pipeline/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/seconds.hpp"
#include "runtime/pipeline/plan_choice.hpp"
#include "runtime/pipeline/request_router.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::set<std::string>> systems_of(
    const std::vector<std::shared_ptr<Pipeline>>& pipelines) {
  std::vector<std::set<std::string>> all;
  for (const auto& pipeline : pipelines) {
    if (!pipeline) throw Error(ErrorCode::invalid_argument, "must not be null", "pipelines");
    std::set<std::string>& needed = all.emplace_back();
    const PipelineStage* before = nullptr;
    for (const PipelineStage& stage : pipeline->stages()) {
      needed.insert(stage.system);
      if (before != nullptr) needed.insert(link_name(before->system, stage.system));
      before = &stage;
    }
  }
  return all;
}

constexpr std::string_view arrow = " → ";

}  // namespace

std::string link_name(const std::string& from, const std::string& to) {
  return fmt::format("{}{}{}", from, arrow, to);
}

std::optional<std::pair<std::string, std::string>> ends_of_link(const std::string& name) {
  const std::size_t at = name.find(arrow);
  if (at == std::string::npos) return std::nullopt;
  return std::pair(name.substr(0, at), name.substr(at + arrow.size()));
}

PlanChoice::PlanChoice(std::vector<std::set<std::string>> plans) : plans_(std::move(plans)) {
  if (plans_.empty())
    throw Error(ErrorCode::invalid_argument, "failover needs at least one pipeline");
}

bool PlanChoice::mark_lost(const std::string& system, std::uint64_t epoch) {
  const auto restored = restored_at_.find(system);
  if (restored != restored_at_.end() && epoch < restored->second) return false;
  const auto before = active_;
  lost_.insert(system);
  choose();
  return active_ != before;
}

void PlanChoice::restore(const std::string& system) {
  restored_at_[system] = ++epoch_;
  lost_.erase(system);
  choose();
}

void PlanChoice::choose() {
  const auto needs_lost = [&](const std::set<std::string>& needed) {
    return std::any_of(lost_.begin(), lost_.end(),
                       [&](const std::string& system) { return needed.count(system) > 0; });
  };
  const auto found = std::find_if_not(plans_.begin(), plans_.end(), needs_lost);
  active_.reset();
  if (found != plans_.end()) active_ = static_cast<std::size_t>(found - plans_.begin());
}

class Failover::Impl {
 public:
  explicit Impl(std::vector<std::shared_ptr<Pipeline>> pipelines)
      : choice_(systems_of(pipelines)),
        router_(0, {.on_completed = {},
                    .on_lost = [this](const SharedRequest& request, PipelineResult result) {
                      on_lost(request, std::move(result));
                    }}) {
    for (auto& pipeline : pipelines) {
      const auto plan = std::make_shared<DeployedPlan>();
      plan->number = static_cast<int>(plans_.size());
      plan->pipeline = std::move(pipeline);
      plans_.push_back(plan);
    }
    activate(0);
  }

  ~Impl() {
    router_.wait_until_empty();
    // Released here, because a pipeline's own thread cannot join itself.
    for (const SharedPlan& plan : plans_) plan->pipeline = nullptr;
  }

  void send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
    {
      const std::lock_guard lock(mutex_);
      if (last_answer_ == Clock::time_point{}) last_answer_ = Clock::now();
    }
    router_.route(std::move(inputs), [this, done = std::move(done)](RoutedResult routed) {
      if (routed.result.is_answered) note_answer(static_cast<std::size_t>(routed.plan));
      routed.result.plan = routed.plan;
      done(std::move(routed.result));
    });
  }

  std::size_t active() {
    const std::lock_guard lock(mutex_);
    return active_;
  }

  std::vector<FailoverSwitch> switches() {
    const std::lock_guard lock(mutex_);
    return switches_;
  }

  std::set<std::string> lost() {
    const std::lock_guard lock(mutex_);
    return choice_.lost();
  }

  void restore(const std::string& system) {
    const std::lock_guard lock(mutex_);
    choice_.restore(system);
    activate(choice_.active().value_or(active_));
  }

 private:
  void activate(std::size_t plan) {
    active_ = plan;
    router_.cut_over(plans_[plan], choice_.epoch());
  }

  // Where no other plan is left, a request waits for a system that is only silent.
  void on_lost(const SharedRequest& request, PipelineResult result) {
    const bool may_wait = result.failure.is_stalled &&
                          seconds_since(request->began) < request->plan->pipeline->deadline_s();
    if (switch_after(*request, lost_by(result.failure)) || may_wait) {
      router_.resend(request);
    } else {
      router_.give_up(request, std::move(result));
    }
  }

  // What a worker cannot reach may be reached by others.
  static std::string lost_by(const CallFailure& failure) {
    return failure.observer.empty() ? failure.system : link_name(failure.observer, failure.system);
  }

  // Whether a plan is active that the loss, or an earlier one, does not concern. Each request
  // ends, as without a restore the active plan only moves on.
  bool switch_after(const PendingRequest& request, const std::string& lost) {
    const auto known = Clock::now();
    const std::lock_guard lock(mutex_);
    const bool is_switch = choice_.mark_lost(lost, request.epoch);
    const auto next = choice_.active();
    if (!next) return false;
    if (is_switch) {
      activate(*next);
      switches_.push_back({*next, lost, seconds_since(known), 0});
    }
    return static_cast<int>(*next) != request.plan->number || request.epoch != choice_.epoch();
  }

  void note_answer(std::size_t plan) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    if (followed_ < switches_.size() && plan != active_) return;  // late, from an earlier plan
    for (; followed_ < switches_.size(); ++followed_) {
      switches_[followed_].gap_s = seconds(now - last_answer_);
    }
    last_answer_ = std::max(last_answer_, now);
  }

  std::vector<SharedPlan> plans_;
  std::mutex mutex_;
  PlanChoice choice_;
  std::size_t active_ = 0;  ///< the last one, when no plan is left
  std::vector<FailoverSwitch> switches_;
  std::size_t followed_ = 0;  ///< switches that an answer has followed
  Clock::time_point last_answer_{};
  RequestRouter router_;
};

Failover::Failover(std::vector<std::shared_ptr<Pipeline>> pipelines)
    : impl_(std::make_unique<Impl>(std::move(pipelines))) {}

Failover::~Failover() = default;

void Failover::send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
  impl_->send(std::move(inputs), std::move(done));
}

std::size_t Failover::active() const { return impl_->active(); }

std::vector<FailoverSwitch> Failover::switches() const { return impl_->switches(); }

std::set<std::string> Failover::lost() const { return impl_->lost(); }

void Failover::restore(const std::string& system) { impl_->restore(system); }

}  // namespace scission::runtime
