// What a worker grants the next one, and makes of its failure.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <string>

namespace scission::runtime {

/// The next stage has a little less time (5 % of what is left, at most 20 ms), so that this one can
/// still tell that it was the next that took too long.
std::chrono::system_clock::time_point next_deadline(std::chrono::system_clock::time_point deadline);

/// What the failure of a call of `system` is to the caller: the same, but for the CANCELLED with
/// which a server ends its calls when it goes down, which is UNAVAILABLE.
grpc::Status handed_on(const grpc::Status& status, const std::string& system);

}  // namespace scission::runtime
