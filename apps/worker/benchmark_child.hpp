// scission-benchmark, run by a worker.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "scission/runtime/worker/worker.hpp"

namespace scission::apps {

/// The arguments after PLATFORM and NAME. Throws Error(invalid_argument) unless the model was
/// deployed or is named like a built-in one, and all options are of those that say how to measure:
/// whoever asks for a benchmark may not choose files.
std::vector<std::string> benchmark_arguments(const runtime::BenchmarkJob& job);

/// Runs scission-benchmark beside this program, one at a time. run() is for one thread, stop() for
/// any.
class BenchmarkChild {
 public:
  /// `name` is this system's, `speed` its share of this machine's.
  explicit BenchmarkChild(std::string name, double speed = 1)
      : name_(std::move(name)), speed_(speed) {}

  /// The profile's JSON. Throws Error(unsupported) when the program is not there,
  /// Error(invalid_argument) as benchmark_arguments() does, Error(mismatch) with its last line when
  /// it fails, Error(io).
  std::string run(const runtime::BenchmarkJob& job);

  /// Ends what runs, and lets nothing begin any more.
  void stop();

 private:
  void start(const std::vector<std::string>& command, int output);
  int wait();

  const std::string name_;
  const double speed_;
  std::mutex mutex_;
  pid_t process_ = 0;  // 0: none
  bool is_stopped_ = false;
};

}  // namespace scission::apps
