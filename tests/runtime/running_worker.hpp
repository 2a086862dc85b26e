// A worker in this process, with fake segments, and stubs to call it by.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control.grpc.pb.h"
#include "inference.grpc.pb.h"
#include "runtime/fake_stage.hpp"
#include "runtime/wire/message_fields.hpp"
#include "scission/runtime/worker/worker.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace scission::testing {

/// Upper bound of a call that should take milliseconds.
inline constexpr auto patience = std::chrono::seconds(30);

/// Options of a worker at a free port of the loopback; its store is for a Scratch to give.
inline runtime::WorkerOptions worker_options(const std::string& name,
                                             std::shared_ptr<Gate> gate = {}) {
  runtime::WorkerOptions options;
  options.name = name;
  options.listen = "127.0.0.1:0";
  options.load = fake_loader(std::move(gate));
  return options;
}

inline std::string address_of(const runtime::Worker& worker) {
  return "127.0.0.1:" + std::to_string(worker.port());
}

/// Context of a call that is given up after `patience`.
inline std::unique_ptr<grpc::ClientContext> context() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + patience);
  return context;
}

using Stub = inference::GRPCInferenceService::Stub;
using Control = scission::v1::Control::Stub;

/// A worker and what talks to it.
struct RunningWorker {
  explicit RunningWorker(const std::string& name, std::shared_ptr<Gate> gate = {})
      : RunningWorker(worker_options(name, std::move(gate))) {}

  /// Its store is in `folder`, overriding the options.
  explicit RunningWorker(runtime::WorkerOptions options)
      : worker(with_store(std::move(options), folder)),
        channel(grpc::CreateChannel(address_of(worker), grpc::InsecureChannelCredentials())),
        stub(inference::GRPCInferenceService::NewStub(channel)),
        control(scission::v1::Control::NewStub(channel)) {}

  /// Puts a fake segment there, all in one piece.
  grpc::Status deploy(const std::string& model, const std::string& words,
                      const Segment& segment = small_segment()) const {
    return upload(*control, fake_deployment(folder, model, words, segment), words);
  }

  static grpc::Status upload(Control& control, const runtime::Deployment& deployment,
                             const std::string& bytes, std::int64_t offset = 0) {
    const auto call = context();
    const auto stream = control.Deploy(call.get());
    scission::v1::DeployPart header;
    header.mutable_header()->set_model(deployment.model);
    header.mutable_header()->set_segment(runtime::format_segment(deployment.segment));
    header.mutable_header()->set_offset(offset);
    scission::v1::DeployPart piece;
    piece.set_piece(bytes);
    if (stream->Write(header) && !bytes.empty()) stream->Write(piece);
    stream->WritesDone();
    scission::v1::DeployProgress progress;
    while (stream->Read(&progress)) {
    }
    return stream->Finish();
  }

  Scratch folder;
  runtime::Worker worker;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<Stub> stub;
  std::unique_ptr<Control> control;

 private:
  static runtime::WorkerOptions with_store(runtime::WorkerOptions options, const Scratch& folder) {
    options.store = folder.path() / "store";
    return options;
  }
};

/// A request for a segment of one tensor of [1, N].
inline inference::ModelInferRequest float_request(const std::string& model,
                                                  const std::vector<float>& numbers,
                                                  const std::string& route = {}) {
  inference::ModelInferRequest request;
  request.set_model_name(model);
  auto* const input = request.add_inputs();
  input->set_name("x");
  input->set_datatype("FP32");
  input->add_shape(1);
  input->add_shape(static_cast<std::int64_t>(numbers.size()));
  request.add_raw_input_contents(float_tensor("x", numbers).bytes.view().data(),
                                 numbers.size() * sizeof(float));
  if (!route.empty()) {
    (*request.mutable_parameters())["scission_route"].set_string_param(route);
  }
  return request;
}

inline std::vector<float> floats_of(const std::string& raw) {
  std::vector<float> numbers(raw.size() / sizeof(float));
  if (!numbers.empty()) std::memcpy(numbers.data(), raw.data(), raw.size());
  return numbers;
}

/// What came of a call of ModelInfer.
struct Inferred {
  grpc::Status status;
  inference::ModelInferResponse response;
  std::vector<scission::v1::StageTiming> stages;
  std::string failed;

  std::vector<float> numbers() const { return floats_of(response.raw_output_contents(0)); }
};

inline Inferred infer(Stub& stub, const inference::ModelInferRequest& request,
                      grpc::ClientContext* call) {
  Inferred inferred;
  inferred.status = stub.ModelInfer(call, request, &inferred.response);
  for (const auto& [key, value] : call->GetServerTrailingMetadata()) {
    if (key == "scission-failed-bin") inferred.failed.assign(value.data(), value.size());
    if (key != "scission-stage-bin") continue;
    inferred.stages.emplace_back().ParseFromArray(value.data(), static_cast<int>(value.size()));
  }
  return inferred;
}

inline Inferred infer(Stub& stub, const inference::ModelInferRequest& request) {
  return infer(stub, request, context().get());
}

/// That it failed in this way, with a word of why, in one line.
inline void check_refused(const Inferred& inferred, const std::string& part,
                          grpc::StatusCode code = grpc::StatusCode::INVALID_ARGUMENT) {
  CAPTURE(inferred.status.error_message());
  CHECK(inferred.status.error_code() == code);
  CHECK(inferred.status.error_message().find(part) != std::string::npos);
  CHECK(inferred.status.error_message().find('\n') == std::string::npos);
}

}  // namespace scission::testing
