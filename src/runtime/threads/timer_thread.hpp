// Delayed function calls.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace scission::runtime {

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
