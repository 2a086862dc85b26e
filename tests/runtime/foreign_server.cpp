#include "runtime/foreign_server.hpp"

#include <chrono>

#include "base/text.hpp"
#include "control.pb.h"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/message_fields.hpp"

namespace scission::testing {
namespace {

using grpc::Status;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

void add_output(const std::string& name, const std::string& type, const std::vector<int>& shape,
                ModelInferResponse& response) {
  auto* output = response.add_outputs();
  output->set_name(name);
  output->set_datatype(type);
  for (const int size : shape) output->add_shape(size);
}

void echo(const ModelInferRequest& request, ModelInferResponse& response) {
  response.set_model_name(request.model_name());
  response.set_id(request.id());
  for (const auto& input : request.inputs()) {
    add_output(input.name(), input.datatype(), {input.shape().begin(), input.shape().end()},
               response);
  }
  *response.mutable_raw_output_contents() = request.raw_input_contents();
}

void add_timing(const std::string& system, double compute_s, grpc::ServerContext& context) {
  v1::StageTiming timing;
  timing.set_system(system);
  timing.set_compute_s(compute_s);
  timing.set_received_bytes(100);
  context.AddTrailingMetadata(runtime::stage_metadata, timing.SerializeAsString());
}

}  // namespace

Status ForeignService::ModelReady(grpc::ServerContext*, const inference::ModelReadyRequest* request,
                                  inference::ModelReadyResponse* response) {
  if (request->name() == "unknown") return {grpc::StatusCode::NOT_FOUND, "no such model"};
  if (request->name() == "broken") return {grpc::StatusCode::INTERNAL, "out of\norder"};
  response->set_ready(request->name() == "net");
  return Status::OK;
}

Status ForeignService::ServerMetadata(grpc::ServerContext*, const inference::ServerMetadataRequest*,
                                      inference::ServerMetadataResponse* response) {
  response->set_name("foreign");
  response->set_version("2.5");
  response->add_extensions("statistics");
  return Status::OK;
}

Status ForeignService::ModelMetadata(grpc::ServerContext*,
                                     const inference::ModelMetadataRequest* request,
                                     inference::ModelMetadataResponse* response) {
  response->set_name(request->name());
  response->set_platform("pytorch_libtorch");
  auto* input = response->add_inputs();
  input->set_name("INPUT__0");
  input->set_datatype("BF16");
  input->add_shape(-1);
  input->add_shape(3);
  auto* output = response->add_outputs();
  output->set_name("OUTPUT__0");
  output->set_datatype("BYTES");
  return Status::OK;
}

Status ForeignService::ModelInfer(grpc::ServerContext* context, const ModelInferRequest* request,
                                  ModelInferResponse* response) {
  const std::string& model = request->model_name();
  if (const auto code = text::to_int(model)) {
    context->AddTrailingMetadata(runtime::failed_metadata, "cloud1");
    return {static_cast<grpc::StatusCode>(*code), "said\nso"};
  }
  if (model == "wait") gate.pass();
  if (model == "typed" || model == "nonsense") {
    add_output("y", "FP32", {1}, *response);
    if (model == "nonsense") response->add_raw_output_contents("abc");
    if (model == "typed") response->mutable_outputs(0)->mutable_contents()->add_fp32_contents(7);
    return Status::OK;
  }
  echo(*request, *response);
  if (model == "timed") {
    add_timing("edge1", 1e-6, *context);
    add_timing("cloud1", 0.25, *context);
  }
  return Status::OK;
}

}  // namespace scission::testing
