// What a service manager such as systemd learns of this process.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace scission::runtime {

/// Sends a line such as "READY=1" to $NOTIFY_SOCKET, as sd_notify() does. Does nothing
/// without it, or if no process listens there.
void notify_service_manager(const std::string& line);

/// Within how many seconds the service manager wants to hear "WATCHDOG=1" again and again, by
/// $WATCHDOG_USEC and $WATCHDOG_PID; nullopt: it does not watch this process.
std::optional<double> watchdog_period_s();

/// Sends "WATCHDOG=1" three times a period, each time after `is_well` has said so.
class Watchdog {
 public:
  /// `is_well(deadline_s)` takes up to `deadline_s`. Called on the watchdog's thread.
  Watchdog(double period_s, std::function<bool(double deadline_s)> is_well);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void run();

  const double pause_s_;
  const std::function<bool(double)> is_well_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace scission::runtime
