// Credentials of gRPC from our Security.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "scission/runtime/wire/security.hpp"

namespace scission::runtime {

// Both read the files now. Throw Error(not_found | io) on a file that cannot be read,
// Error(damaged) on one that holds no PEM of its kind, each with the file as place, and
// Error(invalid_argument) when a certificate comes without its key or the other way round.

/// Of a client. Without an authority of its own the system's are trusted; without a certificate
/// the client stays anonymous.
std::shared_ptr<grpc::ChannelCredentials> client_credentials(const Security& security);

/// Of a server, which must have a certificate. A client's certificate is asked for and verified if
/// given, not required: without an authority, none is asked for.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const Security& security);

}  // namespace scission::runtime
