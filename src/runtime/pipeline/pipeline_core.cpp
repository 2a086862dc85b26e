#include "runtime/pipeline/pipeline_core.hpp"

#include <algorithm>
#include <exception>
#include <future>
#include <string>
#include <utility>

#include "base/seconds.hpp"
#include "runtime/wire/status.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

RetryOptions retry_options(const PipelineOptions& options) {
  return {options.deadline_s, options.retries, options.backoff_s};
}

bool has_local_step(const std::vector<PipelineStep>& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const PipelineStep& step) { return !step.call; });
}

void rename_tensors(const std::vector<std::string>& names, std::vector<Tensor>& tensors) {
  if (names.size() != tensors.size()) return;
  for (std::size_t i = 0; i < names.size(); ++i) tensors[i].name = names[i];
}

}  // namespace

PipelineCore::PipelineCore(std::vector<PipelineStep> steps, PipelineOptions options)
    : steps_(std::move(steps)), options_(std::move(options)) {
  if (has_local_step(steps_)) runner_ = SerialExecutor::shared();
}

PipelineCore::~PipelineCore() {
  std::unique_lock lock(mutex_);
  is_closing_ = true;
  timer_.expire_all();
  all_done_.wait(lock, [&] { return in_flight_ == 0; });
}

void PipelineCore::start(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
  const auto state = std::make_shared<RequestState>();
  state->tensors = std::move(inputs);
  state->done = std::move(done);
  state->began = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    state->number = ++sent_;
    ++in_flight_;
  }
  begin_step(state);
}

void PipelineCore::begin_step(const SharedState& state) {
  const PipelineStep& step = step_of(*state);
  state->attempts = 0;
  state->step_began = Clock::now();
  rename_tensors(step.input_names, state->tensors);
  if (step.call) {
    call(state);
  } else {
    post_locally(state);
  }
}

void PipelineCore::call(const SharedState& state) {
  ++state->attempts;
  state->result.attempts = std::max(state->result.attempts, state->attempts);
  const double left_s = options_.deadline_s - seconds_since(state->step_began);
  // Keeps the tensors for another attempt. Their bytes are shared, not copied.
  step_of(*state).call(request_of(step_of(*state), state->tensors, std::to_string(state->number)),
                       std::max(left_s, 0.0),
                       [this, state](InferResult result) { on_result(state, std::move(result)); });
}

void PipelineCore::on_result(const SharedState& state, InferResult result) {
  if (CallFailure* failure = std::get_if<CallFailure>(&result)) {
    retry_or_fail(state, std::move(*failure));
    return;
  }
  auto& answer = std::get<InferAnswer>(result);
  std::vector<HopTiming> hops = hops_of_call(options_.source, step_of(*state).systems(), answer);
  state->result.is_early = answer.is_early;
  advance(state, std::move(answer.outputs), std::move(hops));
}

void PipelineCore::retry_or_fail(const SharedState& state, CallFailure failure) {
  const auto wait_s = wait_before_retry(retry_options(options_), failure, state->attempts,
                                        seconds_since(state->step_began), state->number);
  if (!wait_s || is_closing()) {
    fail(state, std::move(failure));
    return;
  }
  timer_.after(*wait_s, [this, state, failure = std::move(failure)] {
    if (is_closing()) {
      fail(state, failure);
    } else {
      call(state);
    }
  });
}

void PipelineCore::post_locally(const SharedState& state) {
  runner_->submit([this, state, posted = Clock::now()] { run_locally(state, posted); });
}

void PipelineCore::run_locally(const SharedState& state, Clock::time_point posted) {
  const PipelineStep& step = step_of(*state);
  HopTiming hop;
  hop.from = options_.source;
  hop.to = step.stops.front().system;
  const auto began = Clock::now();
  hop.queue_s = seconds(began - posted);
  std::vector<Tensor> outputs;
  try {
    outputs = step.local->run(std::move(state->tensors));
  } catch (const std::exception& error) {
    const std::string what = error.what();
    fail(state, {what.substr(0, what.find('\n')), hop.to});
    return;
  }
  hop.compute_s = seconds_since(began);
  advance(state, std::move(outputs), {hop});
}

void PipelineCore::advance(const SharedState& state, std::vector<Tensor> outputs,
                           std::vector<HopTiming> hops) {
  auto& all = state->result.hops;
  all.insert(all.end(), hops.begin(), hops.end());
  const bool is_last = state->step + 1 == steps_.size();
  if (!is_last && !state->result.is_early) {
    if (auto answer = early_answer(step_of(*state).exits, outputs)) {
      state->result.is_early = true;
      outputs = std::move(*answer);
    }
  }
  state->tensors = std::move(outputs);
  if (!is_last && !state->result.is_early) {
    ++state->step;
    begin_step(state);
    return;
  }
  state->result.outputs = std::move(state->tensors);
  state->result.is_answered = true;
  finish(state);
}

void PipelineCore::fail(const SharedState& state, CallFailure failure) {
  if (failure.system.empty()) failure.system = step_of(*state).stops.front().system;
  state->result.failure = std::move(failure);
  finish(state);
}

void PipelineCore::finish(const SharedState& state) {
  state->result.latency_s = seconds_since(state->began);
  state->done(std::move(state->result));
  state->done = nullptr;
  const std::lock_guard lock(mutex_);
  --in_flight_;
  all_done_.notify_all();
}

bool PipelineCore::is_closing() {
  const std::lock_guard lock(mutex_);
  return is_closing_;
}

class Pipeline::Impl {
 public:
  Impl(std::vector<PipelineStage> stages, PipelineOptions options)
      : stages_(std::move(stages)), core_(steps_of(stages_), std::move(options)) {}

  const std::vector<PipelineStage>& stages() const { return stages_; }
  PipelineCore& core() { return core_; }

 private:
  const std::vector<PipelineStage> stages_;
  PipelineCore core_;
};

Pipeline::Pipeline(std::vector<PipelineStage> stages, PipelineOptions options)
    : impl_(std::make_unique<Impl>(std::move(stages), std::move(options))) {}

Pipeline::~Pipeline() = default;

const std::vector<PipelineStage>& Pipeline::stages() const { return impl_->stages(); }

void Pipeline::send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
  impl_->core().start(std::move(inputs), std::move(done));
}

std::future<PipelineResult> Pipeline::send(std::vector<Tensor> inputs) {
  const auto promise = std::make_shared<std::promise<PipelineResult>>();
  send(std::move(inputs),
       [promise](PipelineResult result) { promise->set_value(std::move(result)); });
  return promise->get_future();
}

PipelineResult Pipeline::run(std::vector<Tensor> inputs) { return send(std::move(inputs)).get(); }

}  // namespace scission::runtime
