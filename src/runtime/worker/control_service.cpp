#include "runtime/worker/control_service.hpp"

#include <fmt/format.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <map>
#include <utility>

#include "runtime/wire/padding.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/worker/deploy.hpp"
#include "runtime/worker/probe.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

// Of a probe whose caller sets none.
constexpr auto longest_probe = std::chrono::seconds(60);

void check_probe(std::int64_t bytes, const MessageLimits& limits) {
  if (bytes >= 0 && bytes <= limits.bytes) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("must be 0 to {}", limits.bytes), "bytes");
}

std::size_t probed_bytes(const grpc::ByteBuffer& message, const MessageLimits& limits) {
  grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&message));
  v1::ProbeBackRequest request;
  if (!request.ParseFromZeroCopyStream(&reader)) {
    throw Error(ErrorCode::invalid_argument, "is no ProbeBackRequest", "message");
  }
  check_probe(request.bytes(), limits);
  return static_cast<std::size_t>(request.bytes());
}

}  // namespace

ControlService::ControlService(InferHost& host, BenchmarkRunner& benchmarks, bool needs_certificate,
                               std::function<void(const std::string&)> tell)
    : host_(host),
      benchmarks_(benchmarks),
      needs_certificate_(needs_certificate),
      tell_(std::move(tell)),
      stresses_([this] { return host_.under_way.is_open(); }, tell_) {}

// gRPC has refused a certificate that does not verify before any call comes here.
grpc::Status ControlService::check_caller(const grpc::ServerContextBase& context) const {
  if (!needs_certificate_ || context.auth_context()->IsPeerAuthenticated()) {
    return grpc::Status::OK;
  }
  return {grpc::StatusCode::PERMISSION_DENIED,
          "control calls need a client certificate signed by the worker's authority"};
}

template <typename Call>
grpc::Status ControlService::serve(const Context& context, Call call) const {
  const grpc::Status allowed = check_caller(context);
  return allowed.ok() ? guarded(call) : allowed;
}

grpc::Status ControlService::UploadState(Context* context, const v1::UploadStateRequest* request,
                                         v1::UploadStateResponse* response) {
  return serve(*context, [&] {
    response->set_bytes(host_.models.store().uploaded_bytes(request->sha256()));
    response->set_is_complete(host_.models.store().has(request->sha256()));
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::Deploy(Context* context, Parts* parts) {
  return serve(*context, [&] { return deploy(host_.models, *parts, tell_); });
}

grpc::Status ControlService::List(Context* context, const v1::ListRequest* /*request*/,
                                  v1::ListResponse* response) {
  return serve(*context, [&] {
    for (const StoredModel& stored : host_.models.list()) {
      auto* const model = response->add_models();
      model->set_model(stored.model);
      model->set_sha256(stored.sha256);
      model->set_bytes(stored.bytes);
    }
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::Drop(Context* context, const v1::DropRequest* request,
                                  v1::DropResponse* /*response*/) {
  return serve(*context, [&] {
    if (!host_.models.drop(request->model())) {
      throw Error(ErrorCode::not_found, "is not here", "model " + request->model());
    }
    tell_(fmt::format("dropped {}", request->model()));
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::SetPeers(Context* context, const v1::SetPeersRequest* request,
                                      v1::SetPeersResponse* /*response*/) {
  return serve(*context, [&] {
    // One by one: a range of protobuf's pairs makes a template that a shared library would export.
    std::map<std::string, std::string> peers;
    for (const auto& [name, address] : request->peers()) peers[name] = address;
    host_.peers.set(peers);
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::Load(Context* context, const v1::LoadRequest* /*request*/,
                                  v1::LoadResponse* response) {
  return serve(*context, [&] {
    response->set_cpu_load(cpu_load_.measure());
    response->set_memory_free_bytes(available_memory());
    response->set_process_rss_bytes(resident_memory());
    response->set_queued_requests(host_.under_way.count());
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::Benchmark(Context* context, const v1::BenchmarkRequest* request,
                                       v1::BenchmarkResponse* response) {
  return serve(*context, [&] {
    tell_(fmt::format("benchmark of {} asked for", request->model()));
    BenchmarkJob job{request->model(), request->options(), request->platform()};
    if (const auto deployed = host_.models.find(job.model)) {
      job.file = host_.models.store().file(deployed->segment.sha256);
    }
    return benchmarks_.run(
        job, [&] { return context->IsCancelled(); }, *response->mutable_profile());
  });
}

grpc::ServerUnaryReactor* ControlService::Probe(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* /*request*/,
                                                grpc::ByteBuffer* response) {
  const grpc::Slice nothing;
  grpc::ByteBuffer(&nothing, 1).Swap(response);  // an empty ProbeResponse
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(check_caller(*context));
  return reactor;
}

grpc::Status ControlService::ProbePeer(Context* context, const v1::ProbePeerRequest* request,
                                       v1::ProbePeerResponse* response) {
  return serve(*context, [&] {
    check_probe(request->bytes(), host_.limits.message);
    const auto deadline =
        std::min(context->deadline(), std::chrono::system_clock::now() + longest_probe);
    double seconds = 0;
    grpc::Status status =
        probe(host_.peers.channel(request->peer()), request->bytes(), deadline, seconds);
    response->set_seconds(seconds);
    return status;
  });
}

grpc::ServerUnaryReactor* ControlService::ProbeBack(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  grpc::Status status = check_caller(*context);
  if (status.ok()) {
    status = guarded([&] {
      const std::size_t bytes = probed_bytes(*request, host_.limits.message);
      padded_message(v1::ProbeBackResponse::kPayloadFieldNumber, bytes).Swap(response);
      return grpc::Status::OK;
    });
  }
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

grpc::Status ControlService::Stress(Context* context, StressStreams::Stream* stream) {
  return serve(*context, [&] { return stresses_.serve(*context, *stream); });
}

}  // namespace scission::runtime
