// The connection behind Client and RemoteStress, and its calls in flight.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "control.grpc.pb.h"
#include "inference.grpc.pb.h"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/status.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::runtime {

/// The time in `seconds` from now; at least now (also for NaN), at most years away.
std::chrono::system_clock::time_point deadline_in(double seconds);

/// A client's calls in flight: owns each until its `done` has returned. Thread-safe. Shared,
/// because a `done` may destroy the client.
class CallsInFlight : public std::enable_shared_from_this<CallsInFlight> {
 public:
  /// Starts a call; `done` runs once, on a gRPC thread.
  void start(std::unique_ptr<RawCall> call, const grpc::ByteBuffer& request,
             std::chrono::system_clock::time_point deadline, std::function<void(RawAnswer)> done);

  /// Runs `done` once, soon, on a gRPC thread.
  void run_later(std::function<void()> done);

  /// Cancels all calls, and waits until the last `done` has returned and its call is destroyed.
  /// Called from inside a `done`, does not wait for that one.
  void cancel_all();

 private:
  using Calls = std::list<std::unique_ptr<RawCall>>;  // null for those of run_later()

  Calls::iterator add(std::unique_ptr<RawCall> call);
  void remove(Calls::iterator call);
  void run(const std::function<void()>& done) noexcept;

  std::mutex mutex_;
  std::condition_variable removed_;
  Calls calls_;
};

class Client::Impl {
 public:
  Impl(std::string address, const Security& security);
  ~Impl() { calls->cancel_all(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// One blocking call of a generated stub.
  template <typename Stub, typename Request, typename Response>
  grpc::Status try_call(Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const Request& request, Response& response, double deadline_s) const {
    grpc::ClientContext context;
    context.set_deadline(deadline_in(deadline_s));
    return (stub.*method)(&context, request, &response);
  }

  /// As try_call(), returning the response; throws error_of() on failure.
  template <typename Stub, typename Request, typename Response>
  Response call(Stub& stub,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request, double deadline_s) const {
    Response response;
    require_ok(try_call(stub, method, request, response, deadline_s), address);
    return response;
  }

  const std::string address;
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<inference::GRPCInferenceService::Stub> inference_stub;
  const std::unique_ptr<scission::v1::Control::Stub> control_stub;
  const std::shared_ptr<CallsInFlight> calls = std::make_shared<CallsInFlight>();
};

}  // namespace scission::runtime
