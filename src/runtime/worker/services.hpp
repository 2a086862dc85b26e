// The worker's services: the Open Inference Protocol (inference.proto) and Scission's own calls
// (control.proto), and what they share.
#pragma once

#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "control.grpc.pb.h"
#include "inference.grpc.pb.h"
#include "runtime/threads/threads.hpp"
#include "runtime/worker/control_streams.hpp"
#include "runtime/worker/in_flight_requests.hpp"
#include "runtime/worker/models.hpp"
#include "runtime/worker/peers.hpp"
#include "runtime/worker/system_load.hpp"
#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// Outlives all calls.
struct WorkerContext {
  const std::string& name;  ///< of the system
  const WorkerLimits& limits;
  const std::function<void(const std::string&)>& log;  ///< takes one line per event
  Models& models;
  Peers& peers;
  SerialExecutor& compute;  ///< the computing thread
  InFlightRequests& in_flight;
};

/// Runs benchmarks one at a time on the computing thread, so that no stage computes meanwhile.
class BenchmarkRunner {
 public:
  BenchmarkRunner(SerialExecutor& compute,
                  std::function<std::string(const BenchmarkJob&)> benchmark);
  ~BenchmarkRunner();

  /// Waits for the profile, polling `is_cancelled`; a benchmark that has begun continues when the
  /// wait is cancelled. UNIMPLEMENTED without a `benchmark` function, RESOURCE_EXHAUSTED while
  /// another benchmark runs.
  grpc::Status run(const BenchmarkJob& job, const std::function<bool()>& is_cancelled,
                   std::string& profile);

 private:
  struct Run;

  bool claim(const std::shared_ptr<Run>& run);

  SerialExecutor& compute_;
  const std::function<std::string(const BenchmarkJob&)> benchmark_;
  std::mutex mutex_;
  std::weak_ptr<Run> current_;
};

// All calls use callbacks, so that none occupies a thread. ModelInfer uses raw bytes, so that
// tensors are copied once instead of through protobuf's strings.
using OpenInference = inference::GRPCInferenceService;
using InferenceServiceBase = OpenInference::WithCallbackMethod_ServerLive<
    OpenInference::WithCallbackMethod_ServerReady<OpenInference::WithCallbackMethod_ModelReady<
        OpenInference::WithCallbackMethod_ServerMetadata<
            OpenInference::WithCallbackMethod_ModelMetadata<
                OpenInference::WithRawCallbackMethod_ModelInfer<OpenInference::Service>>>>>>;

/// Serves the worker's models; ready while the worker accepts requests.
class InferenceService final : public InferenceServiceBase {
 public:
  explicit InferenceService(WorkerContext& worker) : worker_(worker) {}

 private:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* ServerLive(Context* context, const inference::ServerLiveRequest* request,
                      inference::ServerLiveResponse* response) override;
  Reactor* ServerReady(Context* context, const inference::ServerReadyRequest* request,
                       inference::ServerReadyResponse* response) override;
  Reactor* ModelReady(Context* context, const inference::ModelReadyRequest* request,
                      inference::ModelReadyResponse* response) override;
  Reactor* ServerMetadata(Context* context, const inference::ServerMetadataRequest* request,
                          inference::ServerMetadataResponse* response) override;
  Reactor* ModelMetadata(Context* context, const inference::ModelMetadataRequest* request,
                         inference::ModelMetadataResponse* response) override;
  Reactor* ModelInfer(Context* context, const grpc::ByteBuffer* request,
                      grpc::ByteBuffer* response) override;

  WorkerContext& worker_;
};

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
