// Calling functions later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace scission::runtime {

/// One thread for all that is to happen later, so that nobody sleeps.
class TimerThread {
 public:
  TimerThread() : thread_([this] { run(); }) {}
  /// Calls what is left at once.
  ~TimerThread();
  TimerThread(const TimerThread&) = delete;
  TimerThread& operator=(const TimerThread&) = delete;

  /// Calls `what` once, from the thread, `delay_s` from now. Thread-safe.
  void after(double delay_s, std::function<void()> what);

  /// All that waits is called now, and what comes later waits no more.
  void hurry();

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool is_due() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::function<void()>> waiting_;
  bool hurries_ = false;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace scission::runtime
