// A thread that runs jobs one at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace scission::runtime {

/// Runs jobs in order of submission on a thread of its own. All models of a process share one
/// executor, because OpenMP keeps a pool of threads for each thread that computes: a second pool
/// would compete for the same processors. The queue is unbounded. Thread-safe.
class SerialExecutor {
 public:
  using Ticket = std::uint64_t;

  /// The executor that all stages in this process share; it ends with its last owner.
  static std::shared_ptr<SerialExecutor> shared();

  /// `at_start` runs on the thread before any job; may be empty.
  explicit SerialExecutor(std::function<void()> at_start = {});
  ~SerialExecutor();  ///< runs the submitted jobs, then ends the thread
  SerialExecutor(const SerialExecutor&) = delete;
  SerialExecutor& operator=(const SerialExecutor&) = delete;

  /// Returns after `at_start`; rethrows its exception.
  void wait_until_ready();

  /// `job` must not throw.
  Ticket submit(std::function<void()> job);
  /// Ahead of all jobs that have not begun. `job` must not throw.
  Ticket submit_first(std::function<void()> job);

  /// Removes a job that has not begun; false if it has. O(queued jobs).
  bool withdraw(Ticket ticket);

 private:
  struct Job {
    Ticket ticket = 0;
    std::function<void()> run;
  };

  void start(const std::function<void()>& at_start);
  void run_jobs();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  Ticket last_ticket_ = 0;
  bool is_ready_ = false;
  bool is_ending_ = false;
  std::exception_ptr start_failure_;
  std::thread thread_;  // last: it uses the other members
};

}  // namespace scission::runtime
