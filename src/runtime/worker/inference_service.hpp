// The Open Inference Protocol, served.
#pragma once

#include "inference.grpc.pb.h"
#include "runtime/worker/infer_host.hpp"

namespace scission::runtime {

// All calls by callbacks, so that none keeps a thread; ModelInfer by bytes, so that tensors are
// copied once instead of through protobuf's strings.
using OpenInference = inference::GRPCInferenceService;
using InferenceServiceBase = OpenInference::WithCallbackMethod_ServerLive<
    OpenInference::WithCallbackMethod_ServerReady<OpenInference::WithCallbackMethod_ModelReady<
        OpenInference::WithCallbackMethod_ServerMetadata<
            OpenInference::WithCallbackMethod_ModelMetadata<
                OpenInference::WithRawCallbackMethod_ModelInfer<OpenInference::Service>>>>>>;

/// Answers for the host's models. Ready as long as the host takes requests.
class InferenceService final : public InferenceServiceBase {
 public:
  explicit InferenceService(InferHost& host) : host_(host) {}

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

  InferHost& host_;
};

}  // namespace scission::runtime
