// The one thread that runs models.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace scission::runtime {

/// Runs jobs one at a time, first come, first served. All models share one thread because an
/// OpenMP pool belongs to the thread that opened it: a second one would take the first one's
/// processors. How many jobs wait is bounded by whoever submits them (see UnderWay). Thread-safe.
class ComputeThread {
 public:
  using Ticket = std::uint64_t;

  /// `at_start` runs on the thread before any job; may be empty. What it throws is rethrown by
  /// wait_until_ready().
  explicit ComputeThread(std::function<void()> at_start);
  /// Runs what has been submitted, then ends.
  ~ComputeThread();
  ComputeThread(const ComputeThread&) = delete;
  ComputeThread& operator=(const ComputeThread&) = delete;

  /// Returns when `at_start` has run; rethrows what it threw.
  void wait_until_ready();

  /// The job must not throw.
  Ticket submit(std::function<void()> job);

  /// Takes a job out that has not begun; false when it has, or is over. O(jobs that wait).
  bool withdraw(Ticket ticket);

 private:
  struct Job {
    Ticket ticket = 0;
    std::function<void()> run;
  };

  void work(const std::function<void()>& at_start);
  void start(const std::function<void()>& at_start);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  Ticket last_ticket_ = 0;
  bool is_ready_ = false;
  bool is_ending_ = false;
  std::exception_ptr start_failure_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace scission::runtime
