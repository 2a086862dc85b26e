// The calls of a client that have not ended.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "runtime/wire/hop_call.hpp"

namespace scission::runtime {

/// Owns calls until their `done` has returned. Thread-safe. Owned by shared pointers, as a `done`
/// may end who started it.
class OpenCalls : public std::enable_shared_from_this<OpenCalls> {
 public:
  /// Starts a call; `done` runs once, on a thread of gRPC's.
  void start(std::unique_ptr<HopCall> call, const grpc::ByteBuffer& request,
             std::chrono::system_clock::time_point deadline, std::function<void(HopAnswer)> done);

  /// Runs `done` once, on a thread of gRPC's, soon.
  void run_later(std::function<void()> done);

  /// Cuts off what is under way and waits until the last `done` has returned and its call is gone;
  /// when called from inside one, that one is not waited for.
  void end();

 private:
  using Calls = std::list<std::unique_ptr<HopCall>>;  // null for those of run_later()

  Calls::iterator enter(std::unique_ptr<HopCall> call);
  void leave(Calls::iterator place);
  void run(const std::function<void()>& done) noexcept;

  std::mutex mutex_;
  std::condition_variable left_;
  Calls calls_;
};

}  // namespace scission::runtime
