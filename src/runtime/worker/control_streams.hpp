// The server's side of Control's streams: a segment received, and stress of the worker's machine
// for as long as a stream lasts.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <functional>
#include <string>

#include "control.grpc.pb.h"
#include "runtime/worker/services.hpp"
#include "stress/stress.hpp"

namespace scission::runtime {

using DeployStream = grpc::ServerReaderWriterInterface<v1::DeployProgress, v1::DeployPart>;

/// Serves Control.Deploy. Each stream occupies a thread of the server, which other calls need too:
/// at most WorkerLimits::deployments are served at a time, and one whose caller neither sends nor
/// reads for WorkerLimits::stall_s is cut off.
class Deployments {
 public:
  explicit Deployments(WorkerContext& worker) : worker_(worker) {}

  /// Receives a header and the pieces, acknowledges each piece with the number of bytes stored,
  /// verifies the file, loads the segment and serves it. ABORTED above the limit of deployments,
  /// while another caller uploads the same file, when the offset is not where the stored part ends,
  /// and when the pieces end early: what arrived is kept, and a later upload resumes there. Only
  /// the last of these is logged as a failure: after the others the caller tries again. Failures of
  /// Models, SegmentStore, Leases and require_memory() become statuses.
  grpc::Status receive(grpc::ServerContext& context, DeployStream& stream);

 private:
  WorkerContext& worker_;
  std::atomic<int> count_ = 0;
};

/// Serves Control.Stress, one stream at a time.
class StressStreams {
 public:
  using Stream = grpc::ServerReaderWriter<v1::StressResponse, v1::StressRequest>;

  /// Stress ends when the worker no longer accepts requests, as reported by `is_open`.
  StressStreams(std::function<bool()> is_open, std::function<void(const std::string&)> log)
      : is_open_(std::move(is_open)), log_(std::move(log)) {}

  /// Stresses the machine until the stream ends, is cancelled or silent for 10 s, stress-ng ends
  /// unexpectedly (ABORTED), or the worker is drained (UNAVAILABLE). No stress process is left when
  /// this returns OK. RESOURCE_EXHAUSTED while there is another stream. Throws as Stress.
  grpc::Status serve(grpc::ServerContext& context, Stream& stream);

 private:
  class Listener;

  grpc::Status wait_while(const grpc::ServerContext& context, const Listener& listener,
                          const std::function<bool()>& lasts) const;
  grpc::Status hold(grpc::ServerContext& context, Stream& stream, Listener& listener,
                    const StressLevel& level);

  const std::function<bool()> is_open_;
  const std::function<void(const std::string&)> log_;
  std::atomic_flag is_taken_;
};

}  // namespace scission::runtime
