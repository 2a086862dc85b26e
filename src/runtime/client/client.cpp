// The blocking calls; inference is in client_infer.cpp, deployment in client_deploy.cpp.
#include "scission/runtime/client/client.hpp"

#include <algorithm>
#include <utility>

#include "base/seconds.hpp"
#include "runtime/client/client_impl.hpp"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/infer_codec.hpp"

namespace scission::runtime {
namespace {

using Inference = inference::GRPCInferenceService::Stub;
using Control = v1::Control::Stub;

/// The type in NumPy's words; one that has none (BYTES) stays as it is.
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

}  // namespace

std::chrono::system_clock::time_point deadline_in(double seconds) {
  constexpr double years = 1e8;
  const std::chrono::duration<double> wait(seconds > 0 ? std::min(seconds, years) : 0.0);
  using Clock = std::chrono::system_clock;
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(wait);
}

Client::Impl::Impl(std::string its_address, const Security& security)
    : address(std::move(its_address)),
      channel(make_channel(address, security)),
      inference_stub(inference::GRPCInferenceService::NewStub(channel)),
      control_stub(v1::Control::NewStub(channel)) {}

Client::Client(std::string address, const Security& security)
    : impl_(std::make_unique<Impl>(std::move(address), security)) {}

Client::~Client() = default;

const std::string& Client::address() const { return impl_->address; }

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
    models.push_back({model.model(), model.sha256(), model.bytes()});
  }
  return models;
}

void Client::drop(const std::string& model, double deadline_s) {
  v1::DropRequest request;
  request.set_model(model);
  impl_->call(*impl_->control_stub, &Control::Drop, request, deadline_s);
}

void Client::set_peers(const std::map<std::string, std::string>& peers, double deadline_s) {
  v1::SetPeersRequest request;
  request.mutable_peers()->insert(peers.begin(), peers.end());
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
  request.set_bytes(static_cast<std::int64_t>(bytes));
  return impl_->call(*impl_->control_stub, &Control::ProbePeer, request, deadline_s).seconds();
}

}  // namespace scission::runtime
