// The service of Scission's own calls (control.proto).
#pragma once

#include "control.grpc.pb.h"
#include "runtime/worker/benchmark_runner.hpp"
#include "runtime/worker/stress_stream.hpp"
#include "runtime/worker/system_load.hpp"
#include "runtime/worker/worker_context.hpp"

namespace scission::runtime {

// Calls that wait for disks and models occupy a thread each. Probe and ProbeBack use callbacks and
// raw bytes like requests for inference, because they measure the transport, not protobuf.
using ControlServiceBase = v1::Control::WithRawCallbackMethod_Probe<
    v1::Control::WithRawCallbackMethod_ProbeBack<v1::Control::Service>>;

/// If `needs_certificate`, callers without a verified certificate get PERMISSION_DENIED.
class ControlService final : public ControlServiceBase {
 public:
  ControlService(WorkerContext& worker, BenchmarkRunner& benchmarks, bool needs_certificate);

 private:
  using Context = grpc::ServerContext;
  using Parts = grpc::ServerReaderWriter<v1::DeployProgress, v1::DeployPart>;

  grpc::Status UploadState(Context* context, const v1::UploadStateRequest* request,
                           v1::UploadStateResponse* response) override;
  grpc::Status Deploy(Context* context, Parts* parts) override;
  grpc::Status List(Context* context, const v1::ListRequest* request,
                    v1::ListResponse* response) override;
  grpc::Status Drop(Context* context, const v1::DropRequest* request,
                    v1::DropResponse* response) override;
  grpc::Status SetPeers(Context* context, const v1::SetPeersRequest* request,
                        v1::SetPeersResponse* response) override;
  grpc::Status Load(Context* context, const v1::LoadRequest* request,
                    v1::LoadResponse* response) override;
  grpc::Status Benchmark(Context* context, const v1::BenchmarkRequest* request,
                         v1::BenchmarkResponse* response) override;
  grpc::ServerUnaryReactor* Probe(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::Status ProbePeer(Context* context, const v1::ProbePeerRequest* request,
                         v1::ProbePeerResponse* response) override;
  grpc::ServerUnaryReactor* ProbeBack(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::Status Stress(Context* context, StressStreams::Stream* stream) override;

  /// The result or exception of `call` as a status, if the caller is authorised.
  template <typename Call>
  grpc::Status serve(const Context& context, Call call) const;

  WorkerContext& worker_;
  BenchmarkRunner& benchmarks_;
  const bool needs_certificate_;
  CpuLoad cpu_load_;
  StressStreams stress_streams_;
};

}  // namespace scission::runtime
