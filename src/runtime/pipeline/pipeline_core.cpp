#include "runtime/pipeline/pipeline_core.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "base/seconds.hpp"
#include "runtime/pipeline/hop_timings.hpp"
#include "runtime/wire/retry.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

RetryOptions retry_options(const PipelineOptions& options) {
  return {options.deadline_s, options.retries, options.backoff_s};
}

bool has_local_leg(const std::vector<Leg>& legs) {
  return std::any_of(legs.begin(), legs.end(), [](const Leg& leg) { return !leg.call; });
}

void rename(const std::vector<std::string>& names, std::vector<Tensor>& tensors) {
  if (names.size() != tensors.size()) return;
  for (std::size_t i = 0; i < names.size(); ++i) tensors[i].name = names[i];
}

}  // namespace

PipelineCore::PipelineCore(std::vector<Leg> legs, PipelineOptions options)
    : legs_(std::move(legs)), options_(std::move(options)) {
  if (has_local_leg(legs_)) runner_ = SerialExecutor::shared();
}

PipelineCore::~PipelineCore() {
  std::unique_lock lock(mutex_);
  closes_ = true;
  timer_.expire_all();
  all_done_.wait(lock, [&] { return under_way_ == 0; });
}

void PipelineCore::send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
  const auto course = std::make_shared<Course>();
  course->tensors = std::move(inputs);
  course->done = std::move(done);
  course->began = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    course->number = ++sent_;
    ++under_way_;
  }
  begin_leg(course);
}

void PipelineCore::begin_leg(const SharedCourse& course) {
  const Leg& leg = leg_of(*course);
  course->attempts = 0;
  course->leg_began = Clock::now();
  rename(leg.input_names, course->tensors);
  if (leg.call) {
    call(course);
  } else {
    post_locally(course);
  }
}

void PipelineCore::call(const SharedCourse& course) {
  ++course->attempts;
  course->result.attempts = std::max(course->result.attempts, course->attempts);
  const double left_s = options_.deadline_s - seconds_since(course->leg_began);
  // The tensors stay for another attempt; their bytes are shared, not copied.
  leg_of(*course).call(request_of(leg_of(*course), course->tensors, std::to_string(course->number)),
                       std::max(left_s, 0.0),
                       [this, course](InferResult result) { take(course, std::move(result)); });
}

void PipelineCore::take(const SharedCourse& course, InferResult result) {
  if (CallFailure* failure = std::get_if<CallFailure>(&result)) {
    retry_or_fail(course, std::move(*failure));
    return;
  }
  auto& answer = std::get<InferAnswer>(result);
  std::vector<HopTiming> hops = hops_of_call(options_.source, leg_of(*course).systems(), answer);
  go_on(course, std::move(answer.outputs), std::move(hops));
}

void PipelineCore::retry_or_fail(const SharedCourse& course, CallFailure failure) {
  const auto wait_s = wait_before_retry(retry_options(options_), failure, course->attempts,
                                        seconds_since(course->leg_began), course->number);
  if (!wait_s || is_closing()) {
    fail(course, std::move(failure));
    return;
  }
  timer_.after(*wait_s, [this, course, failure = std::move(failure)] {
    if (is_closing()) {
      fail(course, failure);
    } else {
      call(course);
    }
  });
}

void PipelineCore::post_locally(const SharedCourse& course) {
  runner_->submit([this, course, posted = Clock::now()] { run_locally(course, posted); });
}

void PipelineCore::run_locally(const SharedCourse& course, Clock::time_point posted) {
  const Leg& leg = leg_of(*course);
  HopTiming hop;
  hop.from = options_.source;
  hop.to = leg.stops.front().system;
  const auto began = Clock::now();
  hop.queue_s = seconds(began - posted);
  std::vector<Tensor> outputs;
  try {
    outputs = leg.local->run(std::move(course->tensors));
  } catch (const std::exception& error) {
    const std::string what = error.what();
    fail(course, {what.substr(0, what.find('\n')), hop.to});
    return;
  }
  hop.compute_s = seconds_since(began);
  go_on(course, std::move(outputs), {hop});
}

void PipelineCore::go_on(const SharedCourse& course, std::vector<Tensor> outputs,
                         std::vector<HopTiming> hops) {
  auto& all = course->result.hops;
  all.insert(all.end(), hops.begin(), hops.end());
  course->tensors = std::move(outputs);
  if (++course->leg < legs_.size()) {
    begin_leg(course);
    return;
  }
  course->result.outputs = std::move(course->tensors);
  course->result.is_answered = true;
  finish(course);
}

void PipelineCore::fail(const SharedCourse& course, CallFailure failure) {
  if (failure.system.empty()) failure.system = leg_of(*course).stops.front().system;
  course->result.failure = std::move(failure);
  finish(course);
}

void PipelineCore::finish(const SharedCourse& course) {
  course->result.latency_s = seconds_since(course->began);
  course->done(std::move(course->result));
  course->done = nullptr;
  const std::lock_guard lock(mutex_);
  --under_way_;
  all_done_.notify_all();
}

bool PipelineCore::is_closing() {
  const std::lock_guard lock(mutex_);
  return closes_;
}

}  // namespace scission::runtime
