// Who calls, by what gRPC knows of a call.
#include <grpcpp/security/auth_context.h>

#include <algorithm>
#include <string_view>

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

std::vector<std::string> certificate_names(const grpc::ServerContextBase& context) {
  std::vector<std::string> names;
  const auto known = context.auth_context();
  if (!known || !known->IsPeerAuthenticated()) return names;
  for (const char* const property : {"x509_common_name", "x509_subject_alternative_name"}) {
    for (const grpc::string_ref& name : known->FindPropertyValues(property)) {
      names.emplace_back(name.data(), name.size());
    }
  }
  return names;
}

grpc::Status authenticate(AccessControl& access, const grpc::ServerContextBase& context,
                          Caller& caller) {
  if (!access.is_restricted()) return grpc::Status::OK;
  if (access.open(metadata_of(context, caller_metadata), caller)) return grpc::Status::OK;
  return access.authenticate(
      {.authorization = std::string(metadata_of(context, authorization_metadata)),
       .certificate = certificate_names(context)},
      caller);
}

}  // namespace scission::runtime
