// A segment that comes over the wire.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include <functional>
#include <string>

#include "control.pb.h"
#include "runtime/worker/models.hpp"

namespace scission::runtime {

using DeployStream = grpc::ServerReaderWriterInterface<v1::DeployProgress, v1::DeployPart>;

/// Takes a header and the pieces, answering each by how many bytes are there, checks the file,
/// loads and serves the segment. ABORTED while somebody else uploads the same file and when the
/// pieces end too early: what came stays, and the upload goes on from there another time.
/// FAILED_PRECONDITION when it is to go on elsewhere than at the end of what is here. Throws as
/// Models' and the store's functions do. `tell` hears of what is served.
grpc::Status deploy(Models& models, DeployStream& parts,
                    const std::function<void(const std::string&)>& tell);

}  // namespace scission::runtime
