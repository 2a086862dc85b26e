// Events for the adaptation loop, queued by other threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/seconds.hpp"
#include "runtime/pipeline/request_router.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::runtime {

/// A plan that is wanted, and why.
struct SwitchRequest {
  int number = 0;
  Plan plan;
  SwitchReason reason = SwitchReason::faster;
  double running_objective = 0;  ///< see PlanSwitch
  double best_objective = 0;     ///< see PlanSwitch
  double began_s = 0;

  /// Whether requests cannot be served until it is done.
  bool is_urgent() const { return reason == SwitchReason::lost; }
};

/// The outcome of a deployment: the plan, or the reason for the failure.
struct DeployResult {
  SwitchRequest request;
  SharedPlan plan;
  bool was_kept = false;  ///< it had been deployed before
  std::string why;
  std::vector<HopTiming> hops;  ///< of the last warm-up request
};

/// The outcome of a probe.
struct ProbeResult {
  Probe probe;
  std::optional<double> seconds;  ///< of a link; nothing: the transfer failed
  SharedPlan plan;              ///< the deployed plan that the probe was sent through; null: a link
  std::vector<HopTiming> hops;  ///< of that plan
};

/// A request that found a system lost.
struct LostRequest {
  SharedRequest request;
  CallFailure failure;
};

/// What has happened since the last call of EventQueue::wait().
struct Events {
  std::vector<CompletedRequest> completed;
  std::vector<ProbeResult> probed;
  std::vector<LostRequest> lost;
  std::vector<DeployResult> deployed;
  bool is_woken = false;  ///< EventQueue::wake() was called
};

/// Collects events for the loop. Thread-safe.
class EventQueue {
 public:
  void push(CompletedRequest request) {
    const auto begin = Clock::now();
    const std::lock_guard lock(mutex_);
    events_.completed.push_back(std::move(request));
    if (std::exchange(wants_completed_, false)) changed_.notify_all();
    observing_s_ += seconds_since(begin);
  }
  void push(ProbeResult result) { push_urgent(events_.probed, std::move(result)); }
  void push(LostRequest request) { push_urgent(events_.lost, std::move(request)); }
  void push(DeployResult result) { push_urgent(events_.deployed, std::move(result)); }

  /// Ends a wait().
  void wake() {
    const std::lock_guard lock(mutex_);
    events_.is_woken = true;
    changed_.notify_all();
  }

  /// Waits for events and takes them, after `latest_s` at the latest. Completed requests do not end
  /// the wait before `completed_s`.
  Events wait(double completed_s, double latest_s) {
    const auto begin = Clock::now();
    const auto at = [begin](double seconds) { return begin + clock_duration(seconds); };
    const auto is_urgent = [&] { return events_.is_woken || !events_.lost.empty(); };
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, at(completed_s), is_urgent);
    wants_completed_ = true;
    changed_.wait_until(lock, at(std::max(completed_s, latest_s)),
                        [&] { return is_urgent() || !events_.completed.empty(); });
    wants_completed_ = false;
    return std::exchange(events_, {});
  }

  /// Puts results back that could not be handled. Completed and lost requests are dropped.
  void put_back(Events events) {
    const std::lock_guard lock(mutex_);
    prepend(events_.probed, std::move(events.probed));
    prepend(events_.deployed, std::move(events.deployed));
  }

  /// Time spent on queueing completed requests so far.
  double observing_s() const {
    const std::lock_guard lock(mutex_);
    return observing_s_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  template <typename Event>
  void push_urgent(std::vector<Event>& events, Event event) {
    const std::lock_guard lock(mutex_);
    events.push_back(std::move(event));
    events_.is_woken = true;
    changed_.notify_all();
  }

  template <typename Event>
  static void prepend(std::vector<Event>& events, std::vector<Event> first) {
    first.insert(first.end(), std::make_move_iterator(events.begin()),
                 std::make_move_iterator(events.end()));
    events = std::move(first);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Events events_;
  bool wants_completed_ = false;
  double observing_s_ = 0;
};

}  // namespace scission::runtime
