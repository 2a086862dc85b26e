#include "transport_log.hpp"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace scission::apps {
namespace {

void tell(gpr_log_func_args* message) { spdlog::debug("transport: {}", message->message); }

}  // namespace

void send_transport_log_to_spdlog() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function(tell);
}

}  // namespace scission::apps
