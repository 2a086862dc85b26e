// Runs requests through the steps of a pipeline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/pipeline/pipeline_steps.hpp"
#include "runtime/threads/threads.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// The implementation of Pipeline, over calls that tests can replace.
class PipelineCore {
 public:
  /// `checks` are of the steps' servers; none are sent without PipelineOptions::stall_timeout_s.
  PipelineCore(std::vector<PipelineStep> steps, PipelineOptions options,
               std::vector<HealthCheck> checks = {});
  /// Stops retrying, and waits until every request is answered.
  ~PipelineCore();
  PipelineCore(const PipelineCore&) = delete;
  PipelineCore& operator=(const PipelineCore&) = delete;

  void start(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done,
             std::vector<CodedTensor> coded = {});
  void interrupt(const std::string& system, const CallFailure& failure);
  void interrupt_recoded(const CallFailure& failure);
  const PipelineOptions& options() const { return options_; }

  /// Of requests from now on, as codecs_between() returns them.
  void set_codecs(std::vector<std::string> codecs);
  std::vector<std::string> codecs() const;
  double since_limit_wait_s() const;

 private:
  using Clock = std::chrono::steady_clock;

  /// A request in flight. Only one thread at a time uses it, apart from what its mutex guards.
  struct RequestState {
    std::uint64_t number = 0;
    std::string id;                  ///< in the logs of the workers
    std::vector<Tensor> tensors;     ///< inputs of the step
    std::vector<CodedTensor> coded;  ///< codes of the first step's inputs
    int attempts = 0;                ///< of the step's call
    int refusals = 0;                ///< of these, refused with a time to wait
    /// Of all stages; empty: nothing is coded.
    std::shared_ptr<const std::vector<std::string>> codecs;
    double coding_wait_s = 0;  ///< of the step's call, for the coding thread
    Clock::time_point began;
    Clock::time_point step_began;
    PipelineResult result;
    std::function<void(PipelineResult)> done;

    std::mutex mutex;                         ///< of the following
    std::size_t step = 0;                     ///< changed by the thread that uses the request only
    std::uint64_t calls = 0;                  ///< of all steps
    std::function<void()> cancel;             ///< the last call
    std::optional<CallFailure> interruption;  ///< how the request is to end

    std::optional<CallFailure> interrupted();
    /// The next call's number; nothing when the request has been interrupted.
    std::optional<std::uint64_t> begin_call();
    /// The call may have ended, and another one begun, before this.
    void keep_cancel(std::uint64_t call, std::function<void()> its_cancel);
    void advance();
  };
  using SharedState = std::shared_ptr<RequestState>;

  /// The time before a call is repeated, after a failure.
  struct Wait {
    Clock::time_point began;
    Clock::time_point until;
    CallFailure failure;

    bool is_for_limit() const { return failure.retry_after_s > 0; }
  };

  void begin_step(const SharedState& state);
  void call_coded(const SharedState& state);
  void call(const SharedState& state);
  const std::string& codec_into(const RequestState& state, std::size_t stage) const;
  void add_coding(const RequestState& state, std::vector<HopTiming>& hops) const;
  void on_result(const SharedState& state, InferResult result);
  void fail_stalled(const SharedState& state, CallFailure failure);
  void retry_or_fail(const SharedState& state, CallFailure failure);
  void call_after(const SharedState& state, Wait wait);
  void end_wait(const SharedState& state, Wait wait);
  void note_limit_wait(int change);
  bool may_wait();
  void post_locally(const SharedState& state);
  void run_locally(const SharedState& state, Clock::time_point posted);
  void advance(const SharedState& state, std::vector<Tensor> outputs, std::vector<HopTiming> hops);
  void fail(const SharedState& state, CallFailure failure);
  void finish(const SharedState& state);
  bool is_closing();
  bool needs(std::size_t from_step, const std::string& system) const;
  void start_watch();
  void watch(Clock::time_point last);
  void interrupt_where(const std::function<bool(const RequestState&)>& is_concerned,
                       const CallFailure& failure);
  const PipelineStep& step_of(const RequestState& state) const { return steps_[state.step]; }

  const std::vector<PipelineStep> steps_;
  const PipelineOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable all_done_;
  std::uint64_t sent_ = 0;
  std::set<SharedState> in_flight_;
  bool is_closing_ = false;
  bool is_watching_ = false;
  int limit_waits_ = 0;  ///< requests that wait for a limit now
  std::optional<Clock::time_point> last_limit_wait_;
  StallWatch stall_watch_;                  ///< used by the timer's thread
  std::shared_ptr<SerialExecutor> runner_;  ///< null without a local stage
  std::shared_ptr<const std::vector<std::string>> codecs_ =
      std::make_shared<const std::vector<std::string>>();
  std::unique_ptr<SerialExecutor> coding_;  ///< null until something is coded
  TimerThread timer_;
};

}  // namespace scission::runtime
