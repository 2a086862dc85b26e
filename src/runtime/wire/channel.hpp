// Connections to servers.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "scission/runtime/wire/calls.hpp"
#include "scission/runtime/wire/security.hpp"

namespace scission::runtime {

/// Of an answer, whose caller has asked for it: as much as any worker's limits can be set to.
MessageLimits answer_limits();

/// What every connection of ours is set to: messages as large as answer_limits() lets them be,
/// room for 64 stages' timings in the metadata, quick reconnection to a server that comes back.
grpc::ChannelArguments channel_arguments();

/// A channel with connections of its own, none made yet. Throws as validate_security() and
/// client_credentials() do.
std::shared_ptr<grpc::Channel> make_channel(const std::string& address, const Security& security);

}  // namespace scission::runtime
