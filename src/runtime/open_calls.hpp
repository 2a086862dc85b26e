// The calls of a client that have not ended.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include "runtime/hop_call.hpp"

namespace scission::runtime {

/// Keeps calls alive until their `done` has returned. Thread-safe; owned by shared pointers, as
/// calls may outlive who started them.
class OpenCalls : public std::enable_shared_from_this<OpenCalls> {
 public:
  /// Starts a call; `done` runs once, on a thread of gRPC's.
  void start(const std::shared_ptr<HopCall>& call, grpc::ByteBuffer request,
             std::chrono::system_clock::time_point deadline, std::function<void(HopAnswer)> done);

  /// Runs `done` once, on a thread of gRPC's, soon.
  void run_later(std::function<void()> done);

  /// Cuts off what is under way and waits until the last `done` has returned; when called from
  /// inside one, that one is not waited for.
  void end();

 private:
  void enter(const std::shared_ptr<HopCall>& call);
  void leave(const std::shared_ptr<HopCall>& call);
  void run(const std::function<void()>& done) noexcept;

  std::mutex mutex_;
  std::condition_variable left_;
  std::multiset<std::shared_ptr<HopCall>> calls_;  // null for those of run_later()
};

}  // namespace scission::runtime
