#include "runtime/pipeline/pipeline_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <future>
#include <string>
#include <utility>

#include "base/numbers.hpp"
#include "base/seconds.hpp"
#include "runtime/wire/request_id.hpp"
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

PipelineCore::PipelineCore(std::vector<PipelineStep> steps, PipelineOptions options,
                           std::vector<HealthCheck> checks)
    : steps_(std::move(steps)),
      options_(std::move(options)),
      stall_watch_(std::move(checks), options_.stall_timeout_s) {
  if (has_local_step(steps_)) runner_ = SerialExecutor::shared();
}

PipelineCore::~PipelineCore() {
  std::unique_lock lock(mutex_);
  is_closing_ = true;
  timer_.expire_all();
  all_done_.wait(lock, [&] { return in_flight_.empty(); });
}

void PipelineCore::start(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done,
                         std::vector<CodedTensor> coded) {
  const auto state = std::make_shared<RequestState>();
  state->coded = std::move(coded);
  state->tensors = std::move(inputs);
  state->done = std::move(done);
  state->began = Clock::now();
  state->id = make_request_id();
  {
    const std::lock_guard lock(mutex_);
    state->number = ++sent_;
    state->codecs = codecs_;
    in_flight_.insert(state);
  }
  start_watch();
  begin_step(state);
}

void PipelineCore::begin_step(const SharedState& state) {
  const PipelineStep& step = step_of(*state);
  state->attempts = state->refusals = 0;
  state->step_began = Clock::now();
  state->coding_wait_s = 0;
  rename_tensors(step.input_names, state->tensors);
  if (step.call && !codec_into(*state, step.first_stage).empty()) {
    call_coded(state);
  } else if (step.call) {
    call(state);
  } else {
    post_locally(state);
  }
}

const std::string& PipelineCore::codec_into(const RequestState& state, std::size_t stage) const {
  static const std::string none;
  return state.codecs->empty() ? none : state.codecs->at(stage);
}

// Codecs take long: neither the caller's thread nor that of local stages runs them.
void PipelineCore::call_coded(const SharedState& state) {
  coding_->submit([this, state, posted = Clock::now()] {
    state->coding_wait_s = seconds_since(posted);
    call(state);
  });
}

void PipelineCore::add_coding(const RequestState& state, std::vector<HopTiming>& hops) const {
  for (std::size_t i = 0; i < hops.size(); ++i) {
    hops[i].codec = codec_into(state, step_of(state).first_stage + i);
  }
  if (!hops.empty()) hops.front().encode_s += state.coding_wait_s;
}

void PipelineCore::set_codecs(std::vector<std::string> codecs) {
  const std::lock_guard lock(mutex_);
  if (!coding_ && !codecs.empty()) coding_ = std::make_unique<SerialExecutor>();
  codecs_ = std::make_shared<const std::vector<std::string>>(std::move(codecs));
}

std::vector<std::string> PipelineCore::codecs() const {
  const std::lock_guard lock(mutex_);
  return *codecs_;
}

void PipelineCore::call(const SharedState& state) {
  const std::optional<std::uint64_t> number = state->begin_call();
  if (!number) return fail(state, *state->interrupted());
  ++state->attempts;
  state->result.attempts = std::max(state->result.attempts, state->attempts);
  const double left_s = options_.deadline_s - seconds_since(state->step_began);
  // Keeps the tensors for another attempt. Their bytes are shared, not copied.
  const PipelineStep& step = step_of(*state);
  InferRequest request = request_of(step, state->tensors, state->id, *state->codecs);
  if (step.first_stage == 0) request.coded_inputs = state->coded;
  request.stall_timeout_s = options_.stall_timeout_s;
  auto cancel = step.call(request, std::max(left_s, 0.0), [this, state](InferResult result) {
    on_result(state, std::move(result));
  });
  state->keep_cancel(*number, std::move(cancel));  // this object may be gone by now
}

std::optional<CallFailure> PipelineCore::RequestState::interrupted() {
  const std::lock_guard lock(mutex);
  return interruption;
}

std::optional<std::uint64_t> PipelineCore::RequestState::begin_call() {
  const std::lock_guard lock(mutex);
  if (interruption) return std::nullopt;
  return ++calls;
}

void PipelineCore::RequestState::keep_cancel(std::uint64_t call, std::function<void()> its_cancel) {
  {
    const std::lock_guard lock(mutex);
    if (calls != call) return;
    if (!interruption) {
      cancel = std::move(its_cancel);
      return;
    }
  }
  its_cancel();
}

void PipelineCore::RequestState::advance() {
  const std::lock_guard lock(mutex);
  ++step;
}

bool PipelineCore::needs(std::size_t from_step, const std::string& system) const {
  const auto is_there = [&](const PipelineStep& step) {
    return std::any_of(step.stops.begin(), step.stops.end(),
                       [&](const RouteStop& stop) { return stop.system == system; });
  };
  const auto from = std::min(from_step, steps_.size());
  return system.empty() ||
         std::any_of(steps_.begin() + static_cast<std::ptrdiff_t>(from), steps_.end(), is_there);
}

void PipelineCore::interrupt(const std::string& system, const CallFailure& failure) {
  interrupt_where([&](const RequestState& state) { return needs(state.step, system); }, failure);
}

void PipelineCore::interrupt_recoded(const CallFailure& failure) {
  interrupt_where([this](const RequestState& state) { return state.codecs != codecs_; }, failure);
}

// Calls `is_concerned` with the locks of this and of the request held.
void PipelineCore::interrupt_where(const std::function<bool(const RequestState&)>& is_concerned,
                                   const CallFailure& failure) {
  std::vector<std::function<void()>> cancels;
  {
    const std::lock_guard lock(mutex_);
    for (const SharedState& state : in_flight_) {
      const std::lock_guard state_lock(state->mutex);
      if (state->interruption || !is_concerned(*state)) continue;
      state->interruption = failure;
      if (state->cancel) cancels.push_back(state->cancel);
    }
  }
  for (const auto& cancel : cancels) cancel();
}

void PipelineCore::start_watch() {
  if (!stall_watch_.is_on()) return;
  {
    const std::lock_guard lock(mutex_);
    if (is_watching_ || is_closing_) return;
    is_watching_ = true;
  }
  timer_.after(stall_watch_.tick_s(), [this, began = Clock::now()] { watch(began); });
}

// Requests that are answered within a tick cause no health checks.
void PipelineCore::watch(Clock::time_point last) {
  {
    const std::lock_guard lock(mutex_);
    is_watching_ = !in_flight_.empty() && !is_closing_;
    if (!is_watching_) return stall_watch_.rest();
  }
  const Clock::time_point now = Clock::now();
  for (const std::string& system : stall_watch_.step(seconds(now - last))) {
    CallFailure failure;
    failure.message = fmt::format("answered no health check for {:g} s", options_.stall_timeout_s);
    failure.system = system;
    failure.is_transient = failure.is_stalled = true;
    interrupt(system, failure);
  }
  timer_.after(stall_watch_.tick_s(), [this, now] { watch(now); });
}

void PipelineCore::on_result(const SharedState& state, InferResult result) {
  if (CallFailure* failure = std::get_if<CallFailure>(&result)) {
    if (auto interruption = state->interrupted()) return fail(state, std::move(*interruption));
    if (failure->is_stalled) return fail_stalled(state, std::move(*failure));
    retry_or_fail(state, std::move(*failure));
    return;
  }
  auto& answer = std::get<InferAnswer>(result);
  std::vector<HopTiming> hops = hops_of_call(options_.source, step_of(*state).systems(), answer);
  add_coding(*state, hops);
  state->result.is_early = answer.is_early;
  advance(state, std::move(answer.outputs), std::move(hops));
}

// A system that is silent to this process, too, is lost, and not only the link from the worker that
// reports it. It is not tried again: each attempt would take as long.
void PipelineCore::fail_stalled(const SharedState& state, CallFailure failure) {
  timer_.after(0, [this, state, failure = std::move(failure)]() mutable {
    if (stall_watch_.is_waiting_for(failure.system)) failure.observer.clear();
    fail(state, std::move(failure));
  });
}

void PipelineCore::retry_or_fail(const SharedState& state, CallFailure failure) {
  if (failure.retry_after_s > 0) ++state->refusals;
  const int failed = std::max(1, state->attempts - state->refusals);
  const auto wait_s = wait_before_retry(retry_options(options_), failure, failed,
                                        seconds_since(state->step_began), state->number);
  if (!wait_s || is_closing()) {
    fail(state, std::move(failure));
    return;
  }
  const Clock::time_point now = Clock::now();
  Wait wait{now, now + clock_duration(*wait_s), std::move(failure)};
  if (wait.is_for_limit()) note_limit_wait(+1);
  call_after(state, std::move(wait));
}

// In slices: a request that is interrupted meanwhile ends without the rest of the wait.
void PipelineCore::call_after(const SharedState& state, Wait wait) {
  constexpr double slice_s = 0.1;
  const double left_s = std::max(seconds(wait.until - Clock::now()), 0.0);
  timer_.after(std::min(left_s, slice_s), [this, state, wait = std::move(wait)]() mutable {
    const bool is_over = Clock::now() >= wait.until || state->interrupted();
    if (is_over || !may_wait()) return end_wait(state, std::move(wait));
    call_after(state, std::move(wait));
  });
}

void PipelineCore::end_wait(const SharedState& state, Wait wait) {
  if (wait.is_for_limit()) {
    const std::string& system = wait.failure.system;
    state->result.limit_waits_s[system.empty() ? step_of(*state).stops.front().system : system] +=
        seconds_since(wait.began);
    note_limit_wait(-1);
  }
  if (!may_wait()) return fail(state, std::move(wait.failure));
  call(state);
}

void PipelineCore::note_limit_wait(int change) {
  const std::lock_guard lock(mutex_);
  limit_waits_ += change;
  last_limit_wait_ = Clock::now();
}

double PipelineCore::since_limit_wait_s() const {
  const std::lock_guard lock(mutex_);
  if (limit_waits_ > 0) return 0;
  return last_limit_wait_ ? seconds_since(*last_limit_wait_) : infinity;
}

bool PipelineCore::may_wait() {
  return !is_closing() && (!options_.may_wait || options_.may_wait());
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
    state->advance();
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
  state->result.id = state->id;
  state->done(std::move(state->result));
  state->done = nullptr;
  const std::lock_guard lock(mutex_);
  in_flight_.erase(state);
  all_done_.notify_all();
}

bool PipelineCore::is_closing() {
  const std::lock_guard lock(mutex_);
  return is_closing_;
}

class Pipeline::Impl {
 public:
  Impl(std::vector<PipelineStage> stages, PipelineOptions options)
      : stages_(std::move(stages)),
        core_(steps_of(stages_), std::move(options), health_checks_of(stages_)) {}

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

double Pipeline::deadline_s() const { return impl_->core().options().deadline_s; }

void Pipeline::set_codecs(const std::vector<std::string>& codecs) {
  impl_->core().set_codecs(codecs_between(stages(), codecs));
}

std::vector<std::string> Pipeline::codecs() const {
  std::vector<std::string> codecs = impl_->core().codecs();
  codecs.resize(stages().size() + 1);
  return codecs;
}

void Pipeline::interrupt(const std::string& system, const CallFailure& failure) {
  impl_->core().interrupt(system, failure);
}

double Pipeline::since_limit_wait_s() const { return impl_->core().since_limit_wait_s(); }

void Pipeline::interrupt_recoded(const CallFailure& failure) {
  impl_->core().interrupt_recoded(failure);
}

void Pipeline::send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
  impl_->core().start(std::move(inputs), std::move(done));
}

void Pipeline::send(std::vector<Tensor> inputs, std::vector<CodedTensor> coded,
                    std::function<void(PipelineResult)> done) {
  impl_->core().start(std::move(inputs), std::move(done), std::move(coded));
}

std::future<PipelineResult> Pipeline::send(std::vector<Tensor> inputs) {
  const auto promise = std::make_shared<std::promise<PipelineResult>>();
  send(std::move(inputs),
       [promise](PipelineResult result) { promise->set_value(std::move(result)); });
  return promise->get_future();
}

PipelineResult Pipeline::run(std::vector<Tensor> inputs) { return send(std::move(inputs)).get(); }

}  // namespace scission::runtime
