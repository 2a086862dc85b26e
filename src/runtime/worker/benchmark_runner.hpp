// Benchmarks of the worker's own machine.
#pragma once

#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/threads/serial_executor.hpp"
#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// Runs benchmarks one at a time on the computing thread, so that no stage computes meanwhile.
class BenchmarkRunner {
 public:
  BenchmarkRunner(SerialExecutor& compute,
                  std::function<std::string(const BenchmarkJob&)> benchmark);
  ~BenchmarkRunner();

  /// Waits for the profile, polling `is_cancelled`; a benchmark that has begun continues when the
  /// wait is cancelled. UNIMPLEMENTED without a `benchmark` function, RESOURCE_EXHAUSTED while
  /// another benchmark runs.
  grpc::Status run(const BenchmarkJob& job, const std::function<bool()>& is_cancelled,
                   std::string& profile);

 private:
  struct Run;

  bool claim(const std::shared_ptr<Run>& run);

  SerialExecutor& compute_;
  const std::function<std::string(const BenchmarkJob&)> benchmark_;
  std::mutex mutex_;
  std::weak_ptr<Run> current_;
};

}  // namespace scission::runtime
