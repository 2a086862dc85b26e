// A worker that measures itself.
#pragma once

#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/threads/compute_thread.hpp"
#include "scission/runtime/worker/worker.hpp"

namespace scission::runtime {

/// Runs benchmarks one at a time on the computing thread, so that nothing else computes meanwhile.
class BenchmarkRunner {
 public:
  BenchmarkRunner(ComputeThread& compute,
                  std::function<std::string(const BenchmarkJob&)> benchmark);
  ~BenchmarkRunner();

  /// Waits for the profile, or until `is_cancelled`, which is asked again and again, says so: a
  /// benchmark that has begun goes on then. UNIMPLEMENTED without a function that does it,
  /// RESOURCE_EXHAUSTED while another one is under way.
  grpc::Status run(const BenchmarkJob& job, const std::function<bool()>& is_cancelled,
                   std::string& profile);

 private:
  struct Run;

  bool claim(const std::shared_ptr<Run>& run);

  ComputeThread& compute_;
  const std::function<std::string(const BenchmarkJob&)> benchmark_;
  std::mutex mutex_;
  std::weak_ptr<Run> current_;
};

}  // namespace scission::runtime
