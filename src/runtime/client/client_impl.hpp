// The connection behind Client and RemoteStress, and its calls in flight.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "control.grpc.pb.h"
#include "inference.grpc.pb.h"
#include "runtime/wire/calls_in_flight.hpp"
#include "runtime/wire/status.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::runtime {

class Client::Impl {
 public:
  Impl(std::string address, const Security& security, std::string lease);
  ~Impl();
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

  /// Holds the lease for `seconds`; 0 ends it.
  void renew(double seconds, double deadline_s) const;

  const std::string address;
  const std::string lease;
  const std::shared_ptr<grpc::Channel> channel;
  const std::shared_ptr<HealthConnection> health;
  const std::unique_ptr<inference::GRPCInferenceService::Stub> inference_stub;
  const std::unique_ptr<scission::v1::Control::Stub> control_stub;
  const std::shared_ptr<CallsInFlight> calls;
};

}  // namespace scission::runtime
