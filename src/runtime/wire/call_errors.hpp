// What a call ended with, told to callers.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "scission/base/error.hpp"
#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// Why an inference did not do; `system` as a worker named it, or empty.
CallFailure failure_of(const grpc::Status& status, const std::string& address, std::string system);

/// A blocking call's: Error(io) when the far end is away, late, or cut the call off,
/// Error(unsupported) when it does not know the call, Error(damaged) when data did not arrive as it
/// was announced, Error(mismatch) on every refusal. The address is the place.
Error error_of(const grpc::Status& status, const std::string& address);

/// Returns when the call went well, else throws error_of().
void require_ok(const grpc::Status& status, const std::string& address);

}  // namespace scission::runtime
