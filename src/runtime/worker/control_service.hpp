// Scission's own calls, served.
#pragma once

#include <functional>
#include <string>

#include "control.grpc.pb.h"
#include "runtime/worker/benchmark_runner.hpp"
#include "runtime/worker/infer_host.hpp"
#include "runtime/worker/stress_stream.hpp"
#include "runtime/worker/system_load.hpp"

namespace scission::runtime {

// Calls that wait for disks and models have a thread each while they last; Probe and ProbeBack go
// the way that requests for inference go, and are not parsed: they measure the way, not protobuf.
using ControlServiceBase = v1::Control::WithRawCallbackMethod_Probe<
    v1::Control::WithRawCallbackMethod_ProbeBack<v1::Control::Service>>;

/// Where `needs_certificate`, callers without a verified one get PERMISSION_DENIED.
class ControlService final : public ControlServiceBase {
 public:
  ControlService(InferHost& host, BenchmarkRunner& benchmarks, bool needs_certificate,
                 std::function<void(const std::string&)> tell);

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

  grpc::Status check_caller(const grpc::ServerContextBase& context) const;
  /// What `call` returns or throws, for those who may.
  template <typename Call>
  grpc::Status serve(const Context& context, Call call) const;

  InferHost& host_;
  BenchmarkRunner& benchmarks_;
  const bool needs_certificate_;
  const std::function<void(const std::string&)> tell_;
  CpuLoad cpu_load_;
  StressStreams stresses_;
};

}  // namespace scission::runtime
