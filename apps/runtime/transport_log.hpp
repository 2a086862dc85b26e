// gRPC's own messages among ours.
#pragma once

namespace scission::apps {

/// From now on what gRPC would print on stderr goes through spdlog: its errors as debug messages,
/// since whatever comes of them comes back as a call's failure as well. With GRPC_VERBOSITY set,
/// they are told as they are.
void send_transport_log_to_spdlog();

}  // namespace scission::apps
