// One thread for what must not run at the same time.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace scission::runtime {

/// Runs jobs one after the other, in order, on a thread of its own.
class SerialRunner {
 public:
  /// The one that all of this process's stages share: a model may be in several pipelines, and
  /// OpenMP keeps a pool of threads for every thread that computes.
  static std::shared_ptr<SerialRunner> shared();

  SerialRunner() : thread_([this] { run(); }) {}
  /// Runs what is left.
  ~SerialRunner();
  SerialRunner(const SerialRunner&) = delete;
  SerialRunner& operator=(const SerialRunner&) = delete;

  /// Thread-safe. `job` must not throw.
  void post(std::function<void()> job);
  /// Before all that wait.
  void post_first(std::function<void()> job);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace scission::runtime
