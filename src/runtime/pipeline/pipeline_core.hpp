// Requests on their way through legs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/pipeline/legs.hpp"
#include "runtime/threads/serial_executor.hpp"
#include "runtime/threads/timer_thread.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// What Pipeline does, over calls that need not be a client's.
class PipelineCore {
 public:
  PipelineCore(std::vector<Leg> legs, PipelineOptions options);
  /// Sends nothing again, and waits until every request is answered.
  ~PipelineCore();
  PipelineCore(const PipelineCore&) = delete;
  PipelineCore& operator=(const PipelineCore&) = delete;

  void send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done);

 private:
  using Clock = std::chrono::steady_clock;

  /// A request on its way. Only one thread at a time has it.
  struct Course {
    std::uint64_t number = 0;
    std::vector<Tensor> tensors;  ///< that go into the leg
    std::size_t leg = 0;
    int attempts = 0;  ///< of the leg's call
    Clock::time_point began;
    Clock::time_point leg_began;
    PipelineResult result;
    std::function<void(PipelineResult)> done;
  };
  using SharedCourse = std::shared_ptr<Course>;

  void begin_leg(const SharedCourse& course);
  void call(const SharedCourse& course);
  void take(const SharedCourse& course, InferResult result);
  void retry_or_fail(const SharedCourse& course, CallFailure failure);
  void post_locally(const SharedCourse& course);
  void run_locally(const SharedCourse& course, Clock::time_point posted);
  void go_on(const SharedCourse& course, std::vector<Tensor> outputs, std::vector<HopTiming> hops);
  void fail(const SharedCourse& course, CallFailure failure);
  void finish(const SharedCourse& course);
  bool is_closing();
  const Leg& leg_of(const Course& course) const { return legs_[course.leg]; }

  const std::vector<Leg> legs_;
  const PipelineOptions options_;
  std::mutex mutex_;
  std::condition_variable all_done_;
  std::uint64_t sent_ = 0;
  std::size_t under_way_ = 0;
  bool closes_ = false;
  std::shared_ptr<SerialExecutor> runner_;  ///< where a stage runs here
  TimerThread timer_;
};

}  // namespace scission::runtime
