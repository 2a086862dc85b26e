#include "runtime/wire/channel.hpp"

#include <grpcpp/create_channel.h>

#include "runtime/wire/callback_threads.hpp"
#include "runtime/wire/credentials.hpp"

namespace scission::runtime {

MessageLimits answer_limits() {
  MessageLimits limits;
  limits.bytes = std::int64_t{2047} << 20;
  limits.tensor_bytes = limits.bytes;
  return limits;
}

grpc::ChannelArguments channel_arguments() {
  grpc::ChannelArguments arguments;
  // What is sent is the receiver's to limit, who answers for it better than a closed connection.
  arguments.SetMaxReceiveMessageSize(static_cast<int>(answer_limits().bytes));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 64 * 1024);
  // A server that was away is tried again after 50 ms, at the latest after a second. The least
  // backoff is also what one attempt to connect may take.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  // For a far end that went without a word; deadlines end the calls before that. A ping waits
  // behind what is being sent, so on a slow link a short timeout would cut good connections.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 30'000);
  // Two clients in one process do not share connections, nor each other's backoff; and what is
  // measured is the link to the server, not to a proxy from the environment.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

std::shared_ptr<grpc::Channel> make_channel(const std::string& address, const Security& security) {
  validate_security(address, security);
  keep_callback_threads();
  return grpc::CreateCustomChannel(address, client_credentials(security), channel_arguments());
}

}  // namespace scission::runtime
