// Calls in flight with one owner, and health checks over a separate connection.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/wire/channel.hpp"

namespace scission::runtime {

/// The time in `seconds` from now; at least now (also for NaN), at most years away.
std::chrono::system_clock::time_point deadline_in(double seconds);

/// Owns each call until its `done` has returned. Thread-safe. Shared, because a `done` may destroy
/// the owner.
class CallsInFlight : public std::enable_shared_from_this<CallsInFlight> {
 public:
  /// Starts a call; `done` runs once, on a gRPC thread. Returns a function that cancels it.
  std::function<void()> start(std::unique_ptr<RawCall> call, const grpc::ByteBuffer& request,
                              std::chrono::system_clock::time_point deadline,
                              std::function<void(RawAnswer)> done);

  /// Runs `done` once, soon, on a gRPC thread.
  void run_later(std::function<void()> done);

  /// Cancels all calls, and waits until the last `done` has returned and its call is destroyed.
  /// Called from inside a `done`, does not wait for that one.
  void cancel_all();

 private:
  using Number = std::uint64_t;

  Number add(std::unique_ptr<RawCall> call);
  void cancel(Number number);
  void remove(Number number);
  void run(const std::function<void()>& done) noexcept;

  std::mutex mutex_;
  std::condition_variable removed_;
  Number last_number_ = 0;
  std::map<Number, std::unique_ptr<RawCall>> calls_;  ///< null for those of run_later()
};

/// Asks a server whether it is live, over a connection that no large message delays. Thread-safe.
/// Shared, because a check may outlive its owner's interest in the server.
class HealthConnection : public std::enable_shared_from_this<HealthConnection> {
 public:
  HealthConnection(std::string address, ClientIdentity identity);

  /// Calls `done` once, on a gRPC thread, with false when nothing came back within `deadline_s`.
  /// Any answer counts, and so does a refused connection: requests find that out.
  void check(CallsInFlight& calls, double deadline_s, std::function<void(bool is_answered)> done);

 private:
  std::shared_ptr<grpc::Channel> channel();
  void drop_channel();

  const std::string address_;
  const ClientIdentity identity_;
  std::mutex mutex_;
  std::shared_ptr<grpc::Channel> channel_;  ///< null: not made yet
};

}  // namespace scission::runtime
