// Connections to servers: channels and their credentials.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "scission/runtime/wire/calls.hpp"
#include "scission/runtime/wire/security.hpp"

namespace scission::runtime {

// The credentials read the PEM files immediately. They throw Error(not_found | io) on a file that
// cannot be read and Error(damaged) on one without PEM of its kind, each with the file as place,
// and Error(invalid_argument) on a certificate without its key or a key without its certificate.

/// Without an authority, the system's roots are trusted; without a certificate, the client stays
/// anonymous.
std::shared_ptr<grpc::ChannelCredentials> client_credentials(const Security& security);

/// A certificate is required. A client's certificate is requested and verified if there is an
/// authority, but not required.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const Security& security);

/// Limits on an answer, which the caller has asked for: as large as a worker's limits can be set.
MessageLimits answer_limits();

/// Settings of all our connections: messages up to answer_limits(), metadata for the timings of 64
/// stages, fast reconnection to a server that comes back.
grpc::ChannelArguments channel_arguments();

/// A channel that shares no connections and has not connected yet. Throws as validate_security()
/// and client_credentials().
std::shared_ptr<grpc::Channel> make_channel(const std::string& address, const Security& security);

}  // namespace scission::runtime
