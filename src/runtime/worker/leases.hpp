// Leases: what a run has on this worker, and for how long.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace scission::runtime {

/// Longest id of a lease.
inline constexpr std::size_t max_lease_bytes = 64;

/// The leases that clients hold. A client that ends without saying so stops renewing, and what it
/// has brought goes. Thread-safe.
class Leases {
 public:
  /// `on_end` is called once for each lease that ends, outside of all locks.
  explicit Leases(std::function<void(const std::string& lease)> on_end);
  ~Leases();  ///< ends none of them: a worker that starts again serves what it served
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  /// The lease ends `seconds` from now, unless it is renewed before; 0 ends it. Throws
  /// Error(invalid_argument) on an id or a time out of range, and Error(infeasible) above 1024
  /// leases, and while the same lease is ending: what would be brought under it meanwhile would go.
  void renew(const std::string& lease, double seconds);

  /// The empty one, of clients without a lease, is always held.
  bool is_held(const std::string& lease) const;

  /// Whether any lease is held but this one and the empty one.
  bool holds_other_than(const std::string& lease) const;

  /// Seconds until it ends, unless it is renewed; 0 of one that is not held, and of the empty one.
  double left_s(const std::string& lease) const;

  /// Throws Error(infeasible) unless it is held.
  void require_held(const std::string& lease) const;

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  bool end_next(std::unique_lock<std::mutex>& lock);
  void end(const std::string& lease, std::unique_lock<std::mutex>& lock);

  const std::function<void(const std::string&)> on_end_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Clock::time_point> ends_;
  std::set<std::string> ending_;  ///< on_end runs for them
  bool is_ending_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace scission::runtime
