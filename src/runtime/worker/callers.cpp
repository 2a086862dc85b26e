// Who calls, by what gRPC knows of a call.
#include <grpcpp/security/auth_context.h>

#include <string>
#include <string_view>
#include <vector>

#include "runtime/wire/certificates.hpp"
#include "runtime/wire/tokens.hpp"
#include "runtime/worker/services.hpp"

namespace scission::runtime {
namespace {

std::string_view metadata_of(const grpc::ServerContextBase& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

// gRPC has refused connections whose certificate does not verify. Its own properties have only the
// first common name, so the names are read from the certificate.
std::vector<std::string> certificate_names(const grpc::ServerContextBase& context) {
  const auto known = context.auth_context();
  if (!known) return {};
  const std::vector<grpc::string_ref> pem = known->FindPropertyValues("x509_pem_cert");
  if (pem.size() != 1) return {};
  return names_of_certificate(std::string(pem.front().data(), pem.front().size()));
}

grpc::Status authenticate(WorkerContext& worker, const grpc::ServerContextBase& context,
                          Caller& caller) {
  AccessControl& access = worker.access;
  if (access.is_restricted()) {
    if (access.open(metadata_of(context, caller_metadata), caller)) return grpc::Status::OK;
    const grpc::Status status = access.authenticate(
        {.authorization = std::string(metadata_of(context, authorization_metadata)),
         .certificate = certificate_names(context)},
        caller);
    if (!status.ok()) return status;
  }
  worker.listener.mark_accepted(context.peer());
  return grpc::Status::OK;
}

void recognise(WorkerContext& worker, const grpc::ServerContextBase& context) {
  const bool is_anonymous =
      metadata_of(context, authorization_metadata).empty() && certificate_names(context).empty();
  Caller caller;
  if (!worker.access.is_restricted() || !is_anonymous) authenticate(worker, context, caller);
}

}  // namespace scission::runtime
