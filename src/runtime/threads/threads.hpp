// Threads with owners: one that runs jobs in order, one for each system, one that calls functions
// later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace scission::runtime {

/// Runs jobs in order of submission on a dedicated thread. All models of a process share one
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

/// Runs numbered jobs, those of one system one after the other, and keeps their exceptions.
class SystemThreads {
 public:
  explicit SystemThreads(std::size_t jobs) : failures_(jobs) {}
  ~SystemThreads() { join(); }
  SystemThreads(const SystemThreads&) = delete;
  SystemThreads& operator=(const SystemThreads&) = delete;

  /// Calls `job` with each of the numbers, in order, on the system's thread. At most once for each
  /// system.
  void run(const std::string& system, std::vector<std::size_t> numbers,
           std::function<void(std::size_t)> job);

  /// Returns when all jobs are done. Rethrows the exception of the lowest number.
  void wait();

 private:
  void join();

  std::vector<std::exception_ptr> failures_;
  std::map<std::string, std::thread> threads_;
};

/// Calls functions after a delay, all on one thread, so that no other thread has to sleep.
class TimerThread {
 public:
  TimerThread() : thread_([this] { run(); }) {}
  ~TimerThread();  ///< calls the pending functions immediately
  TimerThread(const TimerThread&) = delete;
  TimerThread& operator=(const TimerThread&) = delete;

  /// Calls `function` once, on the timer's thread, `delay_s` from now. Thread-safe.
  void after(double delay_s, std::function<void()> function);

  /// Drops all delays, pending and future: functions are called as soon as possible.
  void expire_all();

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool is_due() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::function<void()>> pending_;
  bool is_expired_ = false;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace scission::runtime
