// What the parts of Client share.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>

#include "control.grpc.pb.h"
#include "inference.grpc.pb.h"
#include "runtime/client/open_calls.hpp"
#include "runtime/wire/call_errors.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::runtime {

/// So many seconds from now; what is no time at all is now, and beyond years is years.
std::chrono::system_clock::time_point deadline_in(double seconds);

class Client::Impl {
 public:
  Impl(std::string address, const Security& security);
  ~Impl() { calls->end(); }
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

  /// The same; throws as error_of() says.
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
  const std::shared_ptr<OpenCalls> calls = std::make_shared<OpenCalls>();
};

}  // namespace scission::runtime
