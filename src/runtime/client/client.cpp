// Connections, inference and the blocking calls; deployment is in client_deploy.cpp.
#include "scission/runtime/client/client.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <future>
#include <string_view>
#include <utility>

#include "base/require.hpp"
#include "base/seconds.hpp"
#include "runtime/client/client_impl.hpp"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/wire/tensor_codec.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;
using Inference = inference::GRPCInferenceService::Stub;
using Control = v1::Control::Stub;

/// NumPy's name of the type; a type without one (BYTES) is returned unchanged.
std::string dtype_or_same(const std::string& type) {
  try {
    return dtype_of(type);
  } catch (const Error&) {
    return type;
  }
}

template <typename Fields>
std::vector<TensorSpec> specs_of(const Fields& fields) {
  std::vector<TensorSpec> specs;
  for (const auto& field : fields) {
    specs.push_back({field.name(),
                     dtype_or_same(field.datatype()),
                     {field.shape().begin(), field.shape().end()}});
  }
  return specs;
}

InferMessage message_of(const InferRequest& request, const std::string& lease) {
  InferMessage message;
  message.model = request.model;
  message.id = request.id;
  message.tensors = request.inputs;
  message.codec = request.codec;
  message.ready = request.coded_inputs;
  if (!request.answer_codec.empty()) {
    message.parameters[answer_codec_parameter] = request.answer_codec;
  }
  if (request.route.empty()) return message;
  message.parameters[route_parameter] = encode_route(request.route);
  const std::string codecs = encode_codecs(request.route);
  if (!codecs.empty()) message.parameters[codecs_parameter] = codecs;
  if (!lease.empty()) message.parameters[lease_parameter] = lease;
  if (request.stall_timeout_s > 0) {
    message.parameters[stall_timeout_parameter] = request.stall_timeout_s;
  }
  return message;
}

/// A failure that is not transient.
CallFailure permanent_failure(std::string message, std::string system) {
  CallFailure failure;
  failure.message = std::move(message);
  failure.system = std::move(system);
  return failure;
}

/// Of the decimal number in retry_after_metadata; 0 without one.
double seconds_in(const std::string& text) {
  double seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::isfinite(seconds) ? std::max(seconds, 0.0) : 0;
}

/// Completes `answer`, which has the figures known when the call began.
InferResult read_answer(const RawAnswer& call, InferAnswer answer, const std::string& address) {
  if (!call.status.ok()) {
    CallFailure failure = failure_of(call.status, address, call.failed, call.observer);
    if (failure.is_busy) failure.retry_after_s = seconds_in(call.retry_after);
    return failure;
  }
  const Clock::time_point start = Clock::now();
  try {
    InferMessage message = decode_response(call.message, answer_limits());
    answer.outputs = std::move(message.tensors);
    answer.decode_s = message.decoding.seconds;
  } catch (const std::exception& error) {
    return permanent_failure(address + ": its answer cannot be read: " + error.what(), call.failed);
  }
  answer.deserialise_s = seconds_since(start) - answer.decode_s;
  answer.call_s = call.seconds;
  answer.is_early = call.is_early;
  for (const std::string& stage : call.stages) {
    if (auto timing = decode_timing(stage, call.seconds))
      answer.stages.push_back(std::move(*timing));
  }
  return answer;
}

}  // namespace

Client::Impl::Impl(std::string its_address, const Security& security, std::string its_lease)
    : address(std::move(its_address)),
      lease(std::move(its_lease)),
      channel(make_channel(address, security)),
      health(std::make_shared<HealthConnection>(address, read_identity(security))),
      inference_stub(inference::GRPCInferenceService::NewStub(channel)),
      control_stub(v1::Control::NewStub(channel)),
      calls(std::make_shared<CallsInFlight>()) {}

Client::Impl::~Impl() { calls->cancel_all(); }

Client::Client(std::string address, const Security& security, std::string lease)
    : impl_(std::make_unique<Impl>(std::move(address), security, std::move(lease))) {}

Client::~Client() = default;

const std::string& Client::address() const { return impl_->address; }

const std::string& Client::lease() const { return impl_->lease; }

std::vector<std::string> ServerInfo::codecs() const {
  const std::string_view prefix = codec_extension;
  std::vector<std::string> names;
  for (const std::string& extension : extensions) {
    if (extension.rfind(prefix, 0) == 0) names.push_back(extension.substr(prefix.size()));
  }
  return names;
}

bool Client::is_live(double deadline_s) const {
  inference::ServerLiveResponse response;
  const auto status = impl_->try_call(*impl_->inference_stub, &Inference::ServerLive,
                                      inference::ServerLiveRequest(), response, deadline_s);
  return status.ok() && response.live();
}

bool Client::is_ready(double deadline_s) const {
  inference::ServerReadyResponse response;
  const auto status = impl_->try_call(*impl_->inference_stub, &Inference::ServerReady,
                                      inference::ServerReadyRequest(), response, deadline_s);
  return status.ok() && response.ready();
}

bool Client::is_model_ready(const std::string& model, double deadline_s) const {
  inference::ModelReadyRequest request;
  request.set_name(model);
  inference::ModelReadyResponse response;
  const auto status = impl_->try_call(*impl_->inference_stub, &Inference::ModelReady, request,
                                      response, deadline_s);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return false;
  require_ok(status, impl_->address);
  return response.ready();
}

ServerInfo Client::server(double deadline_s) const {
  const auto response = impl_->call(*impl_->inference_stub, &Inference::ServerMetadata,
                                    inference::ServerMetadataRequest(), deadline_s);
  return {response.name(),
          response.version(),
          {response.extensions().begin(), response.extensions().end()}};
}

ModelInfo Client::model(const std::string& model, double deadline_s) const {
  inference::ModelMetadataRequest request;
  request.set_name(model);
  const auto response =
      impl_->call(*impl_->inference_stub, &Inference::ModelMetadata, request, deadline_s);
  return {response.name(), response.platform(), specs_of(response.inputs()),
          specs_of(response.outputs())};
}

std::vector<StoredModel> Client::list(double deadline_s) const {
  const auto response =
      impl_->call(*impl_->control_stub, &Control::List, v1::ListRequest(), deadline_s);
  std::vector<StoredModel> models;
  for (const auto& model : response.models()) {
    models.push_back({model.model(), model.sha256(), model.bytes(), model.given_name(),
                      model.is_whole(), model.lease(), model.lease_left_s()});
  }
  return models;
}

void Client::drop(const std::string& model, double deadline_s) {
  v1::DropRequest request;
  request.set_model(model);
  impl_->call(*impl_->control_stub, &Control::Drop, request, deadline_s);
}

void Client::Impl::renew(double seconds, double deadline_s) const {
  v1::RenewRequest request;
  request.set_lease(lease);
  request.set_seconds(seconds);
  call(*control_stub, &Control::Renew, request, deadline_s);
}

void Client::renew_lease(double seconds, double deadline_s) {
  if (!(seconds > 0)) throw_invalid_argument("must be above 0 seconds", "lease");
  impl_->renew(seconds, deadline_s);
}

// 0 seconds end a lease.
void Client::end_lease(double deadline_s) { impl_->renew(0, deadline_s); }

void Client::set_peers(const std::map<std::string, std::string>& peers, double deadline_s) {
  v1::SetPeersRequest request;
  request.mutable_peers()->insert(peers.begin(), peers.end());
  request.set_lease(impl_->lease);
  impl_->call(*impl_->control_stub, &Control::SetPeers, request, deadline_s);
}

WorkerLoad Client::load(double deadline_s) const {
  const auto response =
      impl_->call(*impl_->control_stub, &Control::Load, v1::LoadRequest(), deadline_s);
  return {response.cpu_load(), response.memory_free_bytes(), response.process_rss_bytes(),
          response.queued_requests()};
}

std::string Client::benchmark(const BenchmarkJob& job, double deadline_s) const {
  v1::BenchmarkRequest request;
  request.set_model(job.model);
  request.set_options(job.options);
  request.set_platform(job.platform);
  request.set_only_if_alone(job.only_if_alone);
  request.set_lease(impl_->lease);
  return impl_->call(*impl_->control_stub, &Control::Benchmark, request, deadline_s).profile();
}

double Client::probe_back(std::size_t bytes, double deadline_s) const {
  v1::ProbeBackRequest request;
  request.set_bytes(static_cast<std::int64_t>(bytes));
  const auto start = std::chrono::steady_clock::now();
  impl_->call(*impl_->control_stub, &Control::ProbeBack, request, deadline_s);
  return seconds_since(start);
}

double Client::probe_peer(const std::string& peer, std::size_t bytes, double deadline_s) const {
  v1::ProbePeerRequest request;
  request.set_peer(peer);
  request.set_lease(impl_->lease);
  request.set_bytes(static_cast<std::int64_t>(bytes));
  return impl_->call(*impl_->control_stub, &Control::ProbePeer, request, deadline_s).seconds();
}

std::function<void()> Client::infer(const InferRequest& request, double deadline_s,
                                    std::function<void(InferResult)> done) const {
  InferAnswer answer;
  grpc::ByteBuffer message;
  const Clock::time_point start = Clock::now();
  try {
    CodingStats coding;
    message = encode_request(message_of(request, impl_->lease), &coding);
    answer.encode_s = coding.seconds;
    answer.raw_tensors = coding.raw;
  } catch (const Error& error) {
    impl_->calls->run_later(
        [failure = permanent_failure(error.what(), ""), done = std::move(done)] { done(failure); });
    return [] {};
  }
  answer.serialise_s = seconds_since(start) - answer.encode_s;
  answer.sent_bytes = message.Length();
  return impl_->calls->start(
      std::make_unique<RawCall>(impl_->channel, infer_method), message, deadline_in(deadline_s),
      [answer = std::move(answer), address = impl_->address, done = std::move(done)](
          const RawAnswer& call) { done(read_answer(call, answer, address)); });
}

InferResult Client::infer(const InferRequest& request, double deadline_s) const {
  const auto result = std::make_shared<std::promise<InferResult>>();
  infer(request, deadline_s, [result](InferResult got) { result->set_value(std::move(got)); });
  return result->get_future().get();
}

void Client::check_health(double deadline_s, std::function<void(bool)> done) const {
  impl_->health->check(*impl_->calls, deadline_s, std::move(done));
}

double Client::probe(std::size_t bytes, double deadline_s) const {
  const auto result = std::make_shared<std::promise<RawAnswer>>();
  impl_->calls->start(std::make_unique<RawCall>(impl_->channel, probe_method),
                      payload_message(v1::ProbeRequest::kPayloadFieldNumber, bytes),
                      deadline_in(deadline_s),
                      [result](RawAnswer answer) { result->set_value(std::move(answer)); });
  const RawAnswer answer = result->get_future().get();
  require_ok(answer.status, impl_->address);
  return answer.seconds;
}

}  // namespace scission::runtime
