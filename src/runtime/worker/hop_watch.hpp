// Finds out that the next system of forwarded requests cannot be reached any more.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "runtime/threads/threads.hpp"
#include "runtime/wire/stall_watch.hpp"
#include "runtime/worker/peers.hpp"

namespace scission::runtime {

/// Sends health checks to the systems that have forwarded requests. Requests that are answered
/// within a tenth of the time that their system may be silent cause none. Thread-safe; outlives its
/// watches and the timer.
class HopWatch {
 public:
  /// A system, the lease whose address it is asked at, and how long it may be silent, in seconds.
  struct Hop {
    std::string system;
    std::string lease;
    double stall_s = 0;

    friend auto operator<=>(const Hop&, const Hop&) = default;
  };

  /// A request that is being watched, until the destructor.
  class Watch {
   public:
    Watch(HopWatch& owner, Hop hop, std::uint64_t number)
        : owner_(owner), hop_(std::move(hop)), number_(number) {}
    ~Watch() { owner_.remove(hop_, number_); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    HopWatch& owner_;
    const Hop hop_;
    const std::uint64_t number_;
  };

  HopWatch(Peers& peers, TimerThread& timer) : peers_(peers), timer_(timer) {}

  /// Calls `on_silent` on the timer's thread, at most once, when the hop's system is silent;
  /// possibly just after the watch has ended.
  std::unique_ptr<Watch> watch(Hop hop, std::function<void()> on_silent);

 private:
  using Clock = std::chrono::steady_clock;

  struct Watched {
    explicit Watched(StallWatch its_checks) : checks(std::move(its_checks)) {}
    StallWatch checks;  ///< used by the timer's thread
    std::map<std::uint64_t, std::function<void()>> requests = {};
  };

  HealthCheck check_of(const Hop& hop);
  void remove(const Hop& hop, std::uint64_t number);
  void step_later(const Hop& hop);
  void step(const Hop& hop, Clock::time_point last);

  Peers& peers_;
  TimerThread& timer_;
  std::mutex mutex_;
  std::uint64_t last_number_ = 0;
  std::map<Hop, Watched> watched_;  ///< removed by the timer's thread only
};

}  // namespace scission::runtime
