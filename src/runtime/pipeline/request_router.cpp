#include "runtime/pipeline/request_router.hpp"

#include <algorithm>
#include <utility>

#include "base/seconds.hpp"

namespace scission::runtime {

using Clock = RequestRouter::Clock;

std::vector<StagePlace> places_of(const std::vector<PipelineStage>& stages) {
  std::vector<StagePlace> places;
  for (const PipelineStage& stage : stages) {
    const StagePlace remote = stage.is_foreign ? StagePlace::foreign : StagePlace::worker;
    places.push_back(stage.client ? remote : StagePlace::local);
  }
  return places;
}

double RequestRouter::now_s() const { return seconds_since(begin_); }

void RequestRouter::route(std::vector<Tensor> inputs, std::function<void(RoutedResult)> done) {
  const auto request = std::make_shared<PendingRequest>();
  request->inputs = std::move(inputs);
  request->done = std::move(done);
  {
    const std::lock_guard lock(mutex_);
    ++unanswered_;
    const bool has_room = waiting_.size() < static_cast<std::size_t>(max_waiting_);
    if (is_holding_ && has_room) {
      waiting_.push_back(request);
      return;
    }
    if (!is_holding_) enter(request);
  }
  if (request->plan) {
    send(request);
  } else {
    give_up(request, CallFailure{"too many requests wait for the next plan; try again later", "",
                                 true, true});
  }
}

// The caller holds the lock.
void RequestRouter::enter(const SharedRequest& request) {
  request->plan = plan_;
  request->epoch = epoch_;
  request->ahead = static_cast<int>(in_flight_.size());
  request->number = ++sent_;
  request->sent_s = now_s();
  ++request->tries;
  in_flight_.insert(request);
  ++plan_->in_flight;
}

// The caller holds the lock.
void RequestRouter::leave(const SharedRequest& request) {
  in_flight_.erase(request);
  --request->plan->in_flight;
  last_end_ = Clock::now();
  changed_.notify_all();
}

void RequestRouter::send(const SharedRequest& request) {
  request->plan->pipeline->send(request->inputs, [this, request](PipelineResult result) {
    on_result(request, std::move(result));
  });
}

void RequestRouter::on_result(const SharedRequest& request, PipelineResult result) {
  request->attempts = std::max(request->attempts, result.attempts);
  if (!result.is_answered && result.failure.is_loss()) {
    {
      const std::lock_guard lock(mutex_);
      leave(request);
    }
    callbacks_.on_lost(request, std::move(result));
    return;
  }
  std::vector<HopTiming> hops;
  if (result.is_answered && callbacks_.on_completed) hops = result.hops;
  const double limit_wait_s = result.limit_wait_s();
  int overlaps = 0;
  double at_s = 0;
  {
    // Before the answer, whose receiver may send the next request.
    const std::lock_guard lock(mutex_);
    overlaps = request->ahead + static_cast<int>(sent_ - request->number);
    at_s = now_s();
    in_flight_.erase(request);
    last_end_ = Clock::now();
  }
  answer(request, std::move(result));
  const std::lock_guard lock(mutex_);
  if (!hops.empty()) {
    callbacks_.on_completed(
        {request->plan, std::move(hops), overlaps, at_s, at_s - request->sent_s - limit_wait_s});
  }
  leave(request);
  --unanswered_;
}

// The caller counts the request as answered, afterwards.
void RequestRouter::answer(const SharedRequest& request, PipelineResult result) const {
  const auto now = Clock::now();
  RoutedResult routed;
  result.attempts = request->attempts + std::max(0, request->tries - 1);
  result.latency_s = seconds(now - request->began);
  routed.result = std::move(result);
  routed.tries = request->tries;
  if (request->plan) {
    routed.plan = request->plan->number;
    routed.waited_s = request->sent_s - seconds(request->began - begin_);
  }
  request->done(std::move(routed));
  request->done = nullptr;
  request->inputs.clear();
}

void RequestRouter::give_up(const SharedRequest& request, PipelineResult result) {
  answer(request, std::move(result));
  const std::lock_guard lock(mutex_);
  --unanswered_;
  changed_.notify_all();
}

void RequestRouter::give_up(const SharedRequest& request, const CallFailure& failure) {
  PipelineResult result;
  result.failure = failure;
  give_up(request, std::move(result));
}

CutOver RequestRouter::cut_over(const SharedPlan& plan, std::uint64_t epoch) {
  CutOver report;
  std::deque<SharedRequest> waiting;
  const auto begin = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    plan_ = plan;
    epoch_ = epoch;
    is_holding_ = false;
    waiting.swap(waiting_);
    for (const SharedRequest& request : waiting) enter(request);
  }
  const auto end = Clock::now();
  report.seconds = seconds(end - begin);
  report.waited = static_cast<int>(waiting.size());
  for (const SharedRequest& request : waiting) {
    report.longest_wait_s = std::max(report.longest_wait_s, seconds(end - request->began));
    send(request);
  }
  return report;
}

void RequestRouter::hold() {
  const std::lock_guard lock(mutex_);
  is_holding_ = true;
  changed_.notify_all();
}

bool RequestRouter::is_holding() const {
  const std::lock_guard lock(mutex_);
  return is_holding_;
}

void RequestRouter::resend(const SharedRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (is_holding_) {
      waiting_.push_front(request);
      return;
    }
    enter(request);
  }
  send(request);
}

void RequestRouter::refuse_waiting(const CallFailure& failure) {
  std::deque<SharedRequest> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const SharedRequest& request : waiting) give_up(request, failure);
}

std::vector<InFlightRequest> RequestRouter::in_flight() const {
  std::vector<InFlightRequest> requests;
  const std::lock_guard lock(mutex_);
  const double at_s = now_s();
  for (const SharedRequest& request : in_flight_) {
    const double age_s =
        std::min(at_s - request->sent_s, request->plan->pipeline->since_limit_wait_s());
    requests.push_back({request->plan, age_s, request->ahead});
  }
  return requests;
}

// The owner may destroy the pipeline once the plan has no requests in flight.
void RequestRouter::interrupt(const SharedPlan& plan, const CallFailure& failure) {
  std::shared_ptr<Pipeline> pipeline;
  bool is_recoded = false;
  {
    const std::lock_guard lock(mutex_);
    if (plan->in_flight > 0) pipeline = plan->pipeline;
    is_recoded = plan_ && plan_ != plan && plan_->pipeline == pipeline;
  }
  if (!pipeline) return;
  if (is_recoded) {
    pipeline->interrupt_recoded(failure);
  } else {
    pipeline->interrupt({}, failure);
  }
}

void RequestRouter::wait_until_idle(const SharedPlan& plan) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return plan->in_flight == 0; });
}

void RequestRouter::wait_until_empty() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return unanswered_ == 0; });
}

bool RequestRouter::wait_for_gap(double latest_s) const {
  const auto begin = Clock::now();
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, begin + clock_duration(latest_s), [&] {
    if (is_holding_) return true;
    const bool has_just_ended = last_end_ > begin;
    const bool has_been_quiet = seconds(begin - last_end_) >= latest_s;
    return in_flight_.empty() && (has_just_ended || has_been_quiet);
  });
}

double RequestRouter::idle_s() const {
  const std::lock_guard lock(mutex_);
  return in_flight_.empty() ? seconds_since(last_end_) : 0;
}

}  // namespace scission::runtime
