// The server's side of a deployment: a segment received over a stream.
#pragma once

#include <grpcpp/support/sync_stream.h>

#include <functional>
#include <string>

#include "control.pb.h"
#include "runtime/worker/models.hpp"

namespace scission::runtime {

using DeployStream = grpc::ServerReaderWriterInterface<v1::DeployProgress, v1::DeployPart>;

/// Receives a header and the pieces, acknowledges each piece with the number of bytes stored,
/// verifies the file, loads the segment and serves it. ABORTED while another caller uploads the
/// same file, and when the pieces end early: what arrived is kept, and a later upload resumes
/// there. FAILED_PRECONDITION when the offset is not where the stored part ends. Throws as the
/// functions of Models and SegmentStore. `log` gets a line for a served segment.
grpc::Status receive_deployment(Models& models, DeployStream& parts,
                                const std::function<void(const std::string&)>& log);

}  // namespace scission::runtime
