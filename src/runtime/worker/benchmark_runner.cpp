#include "runtime/worker/benchmark_runner.hpp"

#include <chrono>
#include <condition_variable>
#include <utility>

#include "runtime/wire/status.hpp"

namespace scission::runtime {

// Shared by the waiting call and the computing thread.
struct BenchmarkRunner::Run {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_over = false;
  bool is_abandoned = false;
  grpc::Status status;
  std::string profile;

  void finish(grpc::Status result, std::string text) {
    const std::lock_guard lock(mutex);
    status = std::move(result);
    profile = std::move(text);
    is_over = true;
    changed.notify_all();
  }

  bool is_done() {
    const std::lock_guard lock(mutex);
    return is_over;
  }

  bool is_wanted() {
    const std::lock_guard lock(mutex);
    return !is_abandoned;
  }

  /// False when the call was cancelled first.
  bool wait(const std::function<bool()>& is_cancelled) {
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, std::chrono::milliseconds(50), [&] { return is_over; })) {
      is_abandoned = is_cancelled();
      if (is_abandoned) return false;
    }
    return true;
  }
};

BenchmarkRunner::BenchmarkRunner(SerialExecutor& compute,
                                 std::function<std::string(const BenchmarkJob&)> benchmark)
    : compute_(compute), benchmark_(std::move(benchmark)) {}

BenchmarkRunner::~BenchmarkRunner() = default;

bool BenchmarkRunner::claim(const std::shared_ptr<Run>& run) {
  const std::lock_guard lock(mutex_);
  const auto current = current_.lock();
  if (current && !current->is_done()) return false;
  current_ = run;
  return true;
}

grpc::Status BenchmarkRunner::run(const BenchmarkJob& job,
                                  const std::function<bool()>& is_cancelled, std::string& profile) {
  if (!benchmark_) {
    return {grpc::StatusCode::UNIMPLEMENTED, "this worker does not run benchmarks"};
  }
  const auto run = std::make_shared<Run>();
  if (!claim(run)) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "another benchmark is running; try again later"};
  }
  compute_.submit([run, job, benchmark = benchmark_] {
    if (!run->is_wanted()) return;
    std::string text;
    grpc::Status status = guarded([&] {
      text = benchmark(job);
      return grpc::Status::OK;
    });
    run->finish(std::move(status), std::move(text));
  });
  if (!run->wait(is_cancelled)) return {grpc::StatusCode::CANCELLED, "the benchmark was cancelled"};
  profile = std::move(run->profile);
  return run->status;
}

}  // namespace scission::runtime
