// Bytes of ours in a message of gRPC's.
#pragma once

#include <grpcpp/support/slice.h>

#include "scission/model/tensor.hpp"

namespace scission::runtime {

/// A slice that is the bytes, not a copy of them, and keeps their owner alive.
grpc::Slice refer_to(const SharedBytes& bytes);

}  // namespace scission::runtime
