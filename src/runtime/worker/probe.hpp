// Timing a message's way to another worker.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <cstdint>
#include <memory>

namespace scission::runtime {

/// Sends a Probe of so many bytes and waits for the answer; `seconds` is from the one to the other.
grpc::Status probe(const std::shared_ptr<grpc::Channel>& channel, std::int64_t bytes,
                   std::chrono::system_clock::time_point deadline, double& seconds);

}  // namespace scission::runtime
