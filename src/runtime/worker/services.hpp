// The worker's services, and what they share.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/access/access_control.hpp"
#include "runtime/metrics/metrics.hpp"
#include "runtime/threads/threads.hpp"
#include "runtime/worker/hop_watch.hpp"
#include "runtime/worker/idle_memory.hpp"
#include "runtime/worker/in_flight_requests.hpp"
#include "runtime/worker/leases.hpp"
#include "runtime/worker/listener.hpp"
#include "runtime/worker/models.hpp"
#include "runtime/worker/peers.hpp"

namespace scission::runtime {

/// Outlives all calls.
struct WorkerContext {
  const std::string& name;  ///< of the system
  const WorkerLimits& limits;
  const std::function<void(const std::string&)>& log;          ///< takes one line per event
  const std::function<void(const std::string&)>& warn;         ///< takes one line per warning
  const std::function<void(const RequestEvent&)>& on_request;  ///< may be empty
  Models& models;
  Peers& peers;
  HopWatch& hop_watch;
  Leases& leases;
  SerialExecutor& compute;  ///< the computing thread
  SerialExecutor& coding;   ///< runs codecs on what is sent
  InFlightRequests& in_flight;
  IdleMemory& idle_memory;
  TimerThread& timer;
  RequestMetrics& metrics;
  AccessControl& access;
  Listener& listener;
};

/// names_of_certificate() of the caller's verified certificate; none without one.
std::vector<std::string> certificate_names(const grpc::ServerContextBase& context);

/// As AccessControl::authenticate(), for a call's metadata and certificate, or as the HTTP server
/// of this process has authenticated it. Tells the listener of callers that may infer.
grpc::Status authenticate(WorkerContext& worker, const grpc::ServerContextBase& context,
                          Caller& caller);

/// Tells the listener of a caller that may infer, by a call that everyone may make: health checks
/// have a connection to themselves. A call without token or certificate counts as no refused one.
void recognise(WorkerContext& worker, const grpc::ServerContextBase& context);

/// A call of ModelInfer.
grpc::ServerGenericBidiReactor* begin_inference(WorkerContext& worker,
                                                grpc::CallbackServerContext* context);

/// The Open Inference Protocol (inference.proto) for the worker's models, without ModelInfer; ready
/// while the worker accepts requests.
std::unique_ptr<grpc::Service> make_inference_service(WorkerContext& worker);

/// Scission's own calls (control.proto). `benchmark` runs on the computing thread; empty:
/// benchmarks are unimplemented. If `needs_certificate`, callers without a verified certificate
/// that AccessControl::may_deploy() get PERMISSION_DENIED.
std::unique_ptr<grpc::Service> make_control_service(
    WorkerContext& worker, std::function<std::string(const BenchmarkJob&)> benchmark,
    bool needs_certificate);

/// Answers ModelInfer and the calls of triton_calls.hpp, and all other ones with UNIMPLEMENTED and
/// a sentence that says which one it was, and what this worker offers instead. Callers that may not
/// infer get UNAUTHENTICATED.
std::unique_ptr<grpc::CallbackGenericService> make_unknown_service(WorkerContext& worker);

}  // namespace scission::runtime
