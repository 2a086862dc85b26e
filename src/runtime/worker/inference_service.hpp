// The service of the Open Inference Protocol (inference.proto).
#pragma once

#include "inference.grpc.pb.h"
#include "runtime/worker/worker_context.hpp"

namespace scission::runtime {

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

}  // namespace scission::runtime
