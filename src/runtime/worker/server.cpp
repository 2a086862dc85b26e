#include "runtime/worker/server.hpp"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <mutex>

#include "runtime/wire/credentials.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr int most_threads = 64;
constexpr int largest_metadata = 64 << 10;  // 64 stages' timings

// They register themselves with whatever server is built next, for good.
void enable_plugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

/// Messages on their way in, which nobody has decoded yet, take at most this.
std::size_t transport_memory(const WorkerLimits& limits) {
  return 4 * static_cast<std::size_t>(std::max(limits.message.bytes, std::int64_t{16} << 20));
}

void set_limits(grpc::ServerBuilder& builder, const WorkerLimits& limits) {
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  builder.SetMaxReceiveMessageSize(static_cast<int>(std::min(limits.message.bytes, most)));
  builder.SetMaxSendMessageSize(-1);
  grpc::ResourceQuota quota("scission-worker");
  quota.Resize(transport_memory(limits)).SetMaxThreads(most_threads);
  builder.SetResourceQuota(quota);
  // Above the queue's length, so that callers learn that it is full instead of waiting unseen.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4 * limits.queued_requests + 64);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, largest_metadata);
}

void set_connections(grpc::ServerBuilder& builder) {
  // A second worker on the same port is a mistake that must be seen.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Ours ping to notice that a worker is gone; and so do we, or a broken upload kept its file.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
}

}  // namespace

std::unique_ptr<grpc::Server> start_server(const WorkerOptions& options,
                                           const std::vector<grpc::Service*>& services, int& port) {
  validate_security(options.listen, options.security);
  enable_plugins();
  grpc::ServerBuilder builder;
  set_limits(builder, options.limits);
  set_connections(builder);
  builder.AddListeningPort(options.listen, server_credentials(options.security), &port);
  for (grpc::Service* const service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server && port > 0) return server;
  throw Error(ErrorCode::io, "cannot listen there: the address is in use, or none of this machine",
              options.listen);
}

}  // namespace scission::runtime
