// A gRPC server as a worker needs it.
#pragma once

#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "scission/runtime/worker/worker.hpp"

namespace scission::runtime {

/// Serves the services, health checks and reflection at options.listen; `port` is where.
/// The memory of messages that arrive, requests on a connection, and threads are bounded.
/// Throws as validate_security() and server_credentials() do; Error(io) when the address is not to
/// be had.
std::unique_ptr<grpc::Server> start_server(const WorkerOptions& options,
                                           const std::vector<grpc::Service*>& services, int& port);

}  // namespace scission::runtime
