#include "runtime/worker/triton_calls.hpp"

#include <fmt/format.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "runtime/wire/compressed_message.hpp"
#include "runtime/wire/tensor_codec.hpp"
#include "triton.pb.h"

namespace scission::runtime {
namespace {

constexpr const char* only_version = "1";

/// Triton's name of a type is the protocol's with a prefix.
inference::DataType triton_type(const std::string& dtype) {
  inference::DataType type = inference::TYPE_INVALID;
  inference::DataType_Parse("TYPE_" + protocol_type(dtype), &type);
  return type;
}

template <typename Fields>
void fill_tensors(const std::vector<TensorSpec>& specs, bool is_batch_free, Fields* fields) {
  for (const TensorSpec& spec : specs) {
    auto* const field = fields->Add();
    field->set_name(spec.name);
    field->set_data_type(triton_type(spec.dtype));
    field->mutable_dims()->Add(spec.shape.begin(), spec.shape.end());
    if (is_batch_free) field->set_dims(0, -1);
  }
}

void set_duration(std::int64_t count, double seconds, inference::StatisticDuration* to) {
  to->set_count(static_cast<std::uint64_t>(count));
  to->set_ns(static_cast<std::uint64_t>(std::max(seconds, 0.0) * 1e9));
}

void fill_one(const std::string& name, const ModelTotals& sums, inference::ModelStatistics* to) {
  to->set_name(name);
  to->set_version(only_version);
  to->set_last_inference(static_cast<std::uint64_t>(sums.last_ms));
  to->set_inference_count(static_cast<std::uint64_t>(sums.succeeded));
  to->set_execution_count(static_cast<std::uint64_t>(sums.succeeded));
  auto* const statistics = to->mutable_inference_stats();
  set_duration(sums.succeeded, sums.total_s, statistics->mutable_success());
  set_duration(sums.failures(), sums.failed_s, statistics->mutable_fail());
  set_duration(sums.succeeded, sums.queue_s, statistics->mutable_queue());
  set_duration(sums.succeeded, sums.deserialise_s, statistics->mutable_compute_input());
  set_duration(sums.succeeded, sums.compute_s, statistics->mutable_compute_infer());
  set_duration(sums.succeeded, sums.serialise_s, statistics->mutable_compute_output());
}

template <typename Request>
Request parse(const grpc::ByteBuffer& bytes) {
  constexpr std::size_t max_bytes = 64 << 10;
  if (bytes.Length() > max_bytes) {
    throw_invalid_argument(fmt::format("has more than {} bytes", max_bytes), "request");
  }
  grpc::ByteBuffer pieces = decompressed(bytes, max_bytes);  // a copy: gRPC's reader changes it
  grpc::ProtoBufferReader reader(&pieces);
  Request request;
  if (!request.ParseFromZeroCopyStream(&reader)) {
    throw_invalid_argument("is not a message of the protocol", "request");
  }
  return request;
}

template <typename Response>
grpc::ByteBuffer serialise(const Response& response) {
  const grpc::Slice slice(response.SerializeAsString());
  return {&slice, 1};
}

/// The model of a request that may name its version. Throws as Models::resolve(), and
/// Error(not_found) on another version.
std::shared_ptr<const ServedModel> resolve_version(const WorkerContext& worker,
                                                   const std::string& name,
                                                   const std::string& version) {
  auto model = worker.models.resolve(name);
  if (version.empty() || version == only_version) return model;
  throw Error(ErrorCode::not_found,
              fmt::format("has no version '{}', only {}", version, only_version), "model " + name);
}

/// Every served model, by the name that requests use; all of them are ready.
grpc::ByteBuffer index(const WorkerContext& worker, const grpc::ByteBuffer& /*request*/) {
  inference::RepositoryIndexResponse response;
  for (const StoredModel& stored : worker.models.list()) {
    auto* const model = response.add_models();
    model->set_name(stored.model);
    model->set_version(only_version);
    model->set_state("READY");
  }
  return serialise(response);
}

/// Inputs and outputs, with the batch among their dimensions: max_batch_size is 0, as no requests
/// are batched.
grpc::ByteBuffer config(const WorkerContext& worker, const grpc::ByteBuffer& bytes) {
  const auto request = parse<inference::ModelConfigRequest>(bytes);
  const auto model = resolve_version(worker, request.name(), request.version());
  inference::ModelConfigResponse response;
  inference::ModelConfig& config = *response.mutable_config();
  config.set_name(request.name());
  config.set_platform("scission");
  const bool is_batch_free = has_free_batch(*model);
  fill_tensors(model->segment.inputs, is_batch_free, config.mutable_input());
  fill_tensors(model->segment.outputs, is_batch_free, config.mutable_output());
  return serialise(response);
}

/// Sums over requests since the worker's start, of the model, or of all models if none is named.
/// Served models that were given the same name have the same sums.
grpc::ByteBuffer statistics(const WorkerContext& worker, const grpc::ByteBuffer& bytes) {
  const auto request = parse<inference::ModelStatisticsRequest>(bytes);
  inference::ModelStatisticsResponse response;
  const auto totals = worker.metrics.totals();
  const auto add = [&](const std::string& model, const std::string& given_name) {
    const auto found = totals.find(given_name);
    fill_one(model, found == totals.end() ? ModelTotals{} : found->second,
             response.add_model_stats());
  };
  if (!request.name().empty()) {
    add(request.name(), resolve_version(worker, request.name(), request.version())->given_name);
  } else {
    for (const StoredModel& stored : worker.models.list()) add(stored.model, stored.given_name);
  }
  return serialise(response);
}

}  // namespace

TritonAnswer find_triton_answer(std::string_view method) {
  constexpr std::string_view service = "/inference.GRPCInferenceService/";
  constexpr std::array<std::pair<std::string_view, TritonAnswer>, 3> answers{
      {{"RepositoryIndex", index}, {"ModelConfig", config}, {"ModelStatistics", statistics}}};
  if (!method.starts_with(service)) return nullptr;
  method.remove_prefix(service.size());
  const auto* const found = std::find_if(
      answers.begin(), answers.end(), [&](const auto& answer) { return answer.first == method; });
  return found == answers.end() ? nullptr : found->second;
}

}  // namespace scission::runtime
