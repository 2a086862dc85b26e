#include "runtime/worker/inference_service.hpp"

#include <vector>

#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_contents.hpp"
#include "runtime/worker/infer_call.hpp"
#include "scission/base/version.hpp"

namespace scission::runtime {
namespace {

bool is_version(const std::string& version) { return version.empty() || version == model_version; }

/// Answers with the result or exception of `call`.
template <typename Call>
grpc::ServerUnaryReactor* reply(grpc::CallbackServerContext* context, Call call) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(guarded(call));
  return reactor;
}

template <typename Tensors>
void fill(Tensors* tensors, const std::vector<TensorSpec>& specs) {
  for (const TensorSpec& spec : specs) {
    auto* const tensor = tensors->Add();
    tensor->set_name(spec.name);
    tensor->set_datatype(protocol_type(spec.dtype));
    for (const std::int64_t size : spec.shape) tensor->add_shape(size);
  }
}

grpc::Status describe(const WorkerContext& worker, const inference::ModelMetadataRequest& request,
                      inference::ModelMetadataResponse& response) {
  const auto model = worker.models.find(request.name());
  if (!model || !is_version(request.version())) {
    return make_status(grpc::StatusCode::NOT_FOUND, "model " + request.name() + ": is not here");
  }
  response.set_name(model->name);
  response.add_versions(model_version);
  response.set_platform("scission");
  fill(response.mutable_inputs(), model->segment.inputs);
  fill(response.mutable_outputs(), model->segment.outputs);
  return grpc::Status::OK;
}

}  // namespace

grpc::ServerUnaryReactor* InferenceService::ServerLive(
    Context* context, const inference::ServerLiveRequest* /*request*/,
    inference::ServerLiveResponse* response) {
  response->set_live(true);
  return reply(context, [] { return grpc::Status::OK; });
}

grpc::ServerUnaryReactor* InferenceService::ServerReady(
    Context* context, const inference::ServerReadyRequest* /*request*/,
    inference::ServerReadyResponse* response) {
  response->set_ready(worker_.in_flight.is_open());
  return reply(context, [] { return grpc::Status::OK; });
}

grpc::ServerUnaryReactor* InferenceService::ModelReady(Context* context,
                                                       const inference::ModelReadyRequest* request,
                                                       inference::ModelReadyResponse* response) {
  response->set_ready(worker_.in_flight.is_open() && is_version(request->version()) &&
                      worker_.models.find(request->name()) != nullptr);
  return reply(context, [] { return grpc::Status::OK; });
}

grpc::ServerUnaryReactor* InferenceService::ServerMetadata(
    Context* context, const inference::ServerMetadataRequest* /*request*/,
    inference::ServerMetadataResponse* response) {
  response->set_name(worker_.name);
  response->set_version(version());
  response->add_extensions("scission.v1");
  return reply(context, [] { return grpc::Status::OK; });
}

grpc::ServerUnaryReactor* InferenceService::ModelMetadata(
    Context* context, const inference::ModelMetadataRequest* request,
    inference::ModelMetadataResponse* response) {
  return reply(context, [&] { return describe(worker_, *request, *response); });
}

grpc::ServerUnaryReactor* InferenceService::ModelInfer(Context* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return InferCall::begin(worker_, context, request, response);
}

}  // namespace scission::runtime
