// Runs requests through the steps of a pipeline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/pipeline/pipeline_steps.hpp"
#include "runtime/threads/threads.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// The implementation of Pipeline, over calls that tests can replace.
class PipelineCore {
 public:
  PipelineCore(std::vector<PipelineStep> steps, PipelineOptions options);
  /// Stops retrying, and waits until every request is answered.
  ~PipelineCore();
  PipelineCore(const PipelineCore&) = delete;
  PipelineCore& operator=(const PipelineCore&) = delete;

  void start(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done);

 private:
  using Clock = std::chrono::steady_clock;

  /// A request in flight. Only one thread at a time uses it.
  struct RequestState {
    std::uint64_t number = 0;
    std::vector<Tensor> tensors;  ///< inputs of the step
    std::size_t step = 0;
    int attempts = 0;  ///< of the step's call
    Clock::time_point began;
    Clock::time_point step_began;
    PipelineResult result;
    std::function<void(PipelineResult)> done;
  };
  using SharedState = std::shared_ptr<RequestState>;

  void begin_step(const SharedState& state);
  void call(const SharedState& state);
  void on_result(const SharedState& state, InferResult result);
  void retry_or_fail(const SharedState& state, CallFailure failure);
  void post_locally(const SharedState& state);
  void run_locally(const SharedState& state, Clock::time_point posted);
  void advance(const SharedState& state, std::vector<Tensor> outputs, std::vector<HopTiming> hops);
  void fail(const SharedState& state, CallFailure failure);
  void finish(const SharedState& state);
  bool is_closing();
  const PipelineStep& step_of(const RequestState& state) const { return steps_[state.step]; }

  const std::vector<PipelineStep> steps_;
  const PipelineOptions options_;
  std::mutex mutex_;
  std::condition_variable all_done_;
  std::uint64_t sent_ = 0;
  std::size_t in_flight_ = 0;
  bool is_closing_ = false;
  std::shared_ptr<SerialExecutor> runner_;  ///< null without a local stage
  TimerThread timer_;
};

}  // namespace scission::runtime
