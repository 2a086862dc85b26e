// The calls by which Triton's clients ask what a server has and how it does (triton.proto).
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <string_view>

#include "runtime/worker/services.hpp"

namespace scission::runtime {

/// Answers a serialised request. Throws Error(invalid_argument) on one that is no message of the
/// protocol, and Error(not_found | infeasible) as Models::resolve().
using TritonAnswer = grpc::ByteBuffer (*)(const WorkerContext& worker,
                                          const grpc::ByteBuffer& request);

/// Of RepositoryIndex, ModelConfig and ModelStatistics, by the method's full name; null for others.
TritonAnswer find_triton_answer(std::string_view method);

}  // namespace scission::runtime
