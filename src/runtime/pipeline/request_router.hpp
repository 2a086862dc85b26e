// Routes requests to the active one of the deployed plans.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// Where a stage runs.
enum class StagePlace { local, worker, foreign };

std::vector<StagePlace> places_of(const std::vector<PipelineStage>& stages);

/// A plan whose segments are on their systems.
struct DeployedPlan {
  int number = 0;  ///< given by the owner
  Plan plan;       ///< empty where the owner does not need it
  std::shared_ptr<Pipeline> pipeline;
  std::vector<StagePlace> places;
  int in_flight = 0;  ///< requests; only the RequestRouter uses it
};

using SharedPlan = std::shared_ptr<DeployedPlan>;

/// The outcome of a request, and how it was routed.
struct RoutedResult {
  PipelineResult result;  ///< latency_s includes waiting and earlier plans
  int plan = 0;           ///< number of the last plan; 0 when no plan was tried
  int tries = 0;          ///< plans that it was sent through
  double waited_s = 0;    ///< until it was sent through the last plan
};

/// A request that is not answered yet.
struct PendingRequest {
  using Clock = std::chrono::steady_clock;

  std::vector<Tensor> inputs;
  std::function<void(RoutedResult)> done;
  SharedPlan plan;  ///< that it was last sent through
  Clock::time_point began = Clock::now();
  double sent_s = 0;        ///< when it was sent through that plan, on the router's clock
  std::uint64_t epoch = 0;  ///< of the router at that time
  long number = 0;          ///< requests sent until then, over all plans
  int ahead = 0;            ///< requests in flight at that time
  int attempts = 1;
  int tries = 0;
};

using SharedRequest = std::shared_ptr<PendingRequest>;

/// A request that has not been answered by the plan that it was sent through.
struct InFlightRequest {
  SharedPlan plan;
  /// Since it was sent through that plan, or since a request of the plan last waited for a client
  /// limit: this one may have been among them.
  double age_s = 0;
  int ahead = 0;  ///< see PendingRequest
};

/// The times of an answered request.
struct CompletedRequest {
  SharedPlan plan;
  std::vector<HopTiming> hops;
  int overlaps = 0;  ///< other requests that were in flight at the same time
  double at_s = 0;
  double latency_s = 0;  ///< of the plan that answered, without waits for client limits
};

/// Notifications for the owner of a router.
struct RouterCallbacks {
  /// After the answer. Called with the router locked: it must not call the router. May be empty.
  std::function<void(CompletedRequest)> on_completed;
  /// A request found a system lost. The owner must pass it to resend() or give_up(). Required.
  std::function<void(const SharedRequest&, PipelineResult)> on_lost;
};

/// The effect of a cut-over on requests.
struct CutOver {
  double seconds = 0;  ///< for which no request could be routed
  int waited = 0;
  double longest_wait_s = 0;
};

/// Passes requests to the active plan, and their answers back. Requests wait while no plan is
/// active. Thread-safe.
class RequestRouter {
 public:
  using Clock = PendingRequest::Clock;

  /// At most `max_waiting` requests wait; more are answered with a busy failure.
  RequestRouter(int max_waiting, RouterCallbacks callbacks)
      : max_waiting_(max_waiting), callbacks_(std::move(callbacks)) {}

  void route(std::vector<Tensor> inputs, std::function<void(RoutedResult)> done);

  /// Makes the plan the active one for waiting and new requests, which are marked with `epoch`.
  CutOver cut_over(const SharedPlan& plan, std::uint64_t epoch = 0);
  /// Makes requests wait for the next cut_over() or refuse_waiting().
  void hold();
  bool is_holding() const;
  /// Sends the request through the active plan.
  void resend(const SharedRequest& request);
  /// Answers the request with a failure.
  void give_up(const SharedRequest& request, PipelineResult result);
  void give_up(const SharedRequest& request, const CallFailure& failure);
  /// Answers all waiting requests with the failure.
  void refuse_waiting(const CallFailure& failure);

  std::vector<InFlightRequest> in_flight() const;  ///< O(requests in flight)
  /// Fails the plan's requests in flight; RouterCallbacks::on_lost gets those that are not
  /// answered. Where the active plan has the same pipeline, those with other codecs only.
  void interrupt(const SharedPlan& plan, const CallFailure& failure);

  /// Waits until the plan has no requests in flight.
  void wait_until_idle(const SharedPlan& plan) const;
  /// Waits until every request is answered.
  void wait_until_empty() const;
  /// Waits for a gap: the moment after a request has ended with no other one in flight, in which
  /// other work disturbs least. Returns at once when no request has been in flight for `latest_s`
  /// or requests wait for a plan. Returns false when there was no gap for `latest_s`.
  bool wait_for_gap(double latest_s) const;
  /// Time without requests in flight; 0 while there are any.
  double idle_s() const;
  double now_s() const;  ///< since construction

 private:
  void enter(const SharedRequest& request);
  void leave(const SharedRequest& request);
  void send(const SharedRequest& request);
  void on_result(const SharedRequest& request, PipelineResult result);
  void answer(const SharedRequest& request, PipelineResult result) const;

  const Clock::time_point begin_ = Clock::now();
  const int max_waiting_;
  const RouterCallbacks callbacks_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;  ///< a request has ended, or requests are held
  SharedPlan plan_;
  std::uint64_t epoch_ = 0;
  bool is_holding_ = true;  ///< until the first cut_over()
  std::deque<SharedRequest> waiting_;
  long sent_ = 0;
  std::set<SharedRequest> in_flight_;
  int unanswered_ = 0;
  Clock::time_point last_end_ = Clock::now();
};

}  // namespace scission::runtime
