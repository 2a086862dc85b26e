#include "runtime/worker/authorisation.hpp"

namespace scission::runtime {

grpc::Status authorise_control_call(const grpc::ServerContextBase& context,
                                    bool needs_certificate) {
  if (!needs_certificate || context.auth_context()->IsPeerAuthenticated()) {
    return grpc::Status::OK;
  }
  return {grpc::StatusCode::PERMISSION_DENIED,
          "control calls need a client certificate signed by the worker's authority"};
}

}  // namespace scission::runtime
