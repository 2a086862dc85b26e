// A server of the Open Inference Protocol other than a worker, in this process.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>

#include "inference.grpc.pb.h"
#include "runtime/fake_stage.hpp"

namespace scission::testing {

/// What its ModelInfer does is in the request's model name: "same" answers with the inputs, raw;
/// "typed" with one typed FP32 tensor; "timed" with the metadata of two stages; "nonsense" with an
/// answer that does not fit itself; "wait" when the gate opens; a number with that status.
class ForeignService : public inference::GRPCInferenceService::Service {
 public:
  Gate gate;

  grpc::Status ServerLive(grpc::ServerContext*, const inference::ServerLiveRequest*,
                          inference::ServerLiveResponse* response) override {
    response->set_live(true);
    return grpc::Status::OK;
  }
  grpc::Status ServerReady(grpc::ServerContext*, const inference::ServerReadyRequest*,
                           inference::ServerReadyResponse*) override {
    return grpc::Status::OK;  // not ready
  }
  grpc::Status ModelReady(grpc::ServerContext*, const inference::ModelReadyRequest* request,
                          inference::ModelReadyResponse* response) override;
  grpc::Status ServerMetadata(grpc::ServerContext*, const inference::ServerMetadataRequest*,
                              inference::ServerMetadataResponse* response) override;
  grpc::Status ModelMetadata(grpc::ServerContext*, const inference::ModelMetadataRequest* request,
                             inference::ModelMetadataResponse* response) override;
  grpc::Status ModelInfer(grpc::ServerContext* context, const inference::ModelInferRequest* request,
                          inference::ModelInferResponse* response) override;
};

/// The services on a port of the loopback interface, until the end of its life.
class InProcessServer {
 public:
  /// `port` 0 for any.
  template <typename... Service>
  explicit InProcessServer(int port, Service&... services) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                             &port_);
    (builder.RegisterService(&services), ...);
    builder.SetMaxReceiveMessageSize(-1);
    server_ = builder.BuildAndStart();
  }
  ~InProcessServer() { server_->Shutdown(std::chrono::system_clock::now()); }
  InProcessServer(const InProcessServer&) = delete;
  InProcessServer& operator=(const InProcessServer&) = delete;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

/// Opens a gate at the end of its life, before a server that was made earlier waits for its calls.
class OpenAtEnd {
 public:
  explicit OpenAtEnd(Gate& gate) : gate_(gate) {}
  ~OpenAtEnd() { gate_.open(); }
  OpenAtEnd(const OpenAtEnd&) = delete;
  OpenAtEnd& operator=(const OpenAtEnd&) = delete;

 private:
  Gate& gate_;
};

}  // namespace scission::testing
