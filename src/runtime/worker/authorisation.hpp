// Who may call the control service: deploy, drop, benchmark, stress.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

namespace scission::runtime {

/// OK, or PERMISSION_DENIED if a certificate is needed and the caller has none. gRPC has already
/// refused connections whose certificate does not verify, so any certificate is one that the
/// worker's authority signed.
grpc::Status authorise_control_call(const grpc::ServerContextBase& context, bool needs_certificate);

}  // namespace scission::runtime
