#include "runtime/worker/control_service.hpp"

#include <fmt/format.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <map>

#include "base/this_machine.hpp"
#include "runtime/wire/byte_buffers.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/worker/authorisation.hpp"
#include "runtime/worker/deploy_stream.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

// Deadline of a probe whose caller sets none.
constexpr auto max_probe_time = std::chrono::seconds(60);

void validate_probe(std::int64_t bytes, const MessageLimits& limits) {
  if (bytes >= 0 && bytes <= limits.bytes) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("must be 0 to {}", limits.bytes), "bytes");
}

std::size_t requested_bytes(const grpc::ByteBuffer& message, const MessageLimits& limits) {
  grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&message));
  v1::ProbeBackRequest request;
  if (!request.ParseFromZeroCopyStream(&reader)) {
    throw Error(ErrorCode::invalid_argument, "is not a ProbeBackRequest", "message");
  }
  validate_probe(request.bytes(), limits);
  return static_cast<std::size_t>(request.bytes());
}

}  // namespace

ControlService::ControlService(WorkerContext& worker, BenchmarkRunner& benchmarks,
                               bool needs_certificate)
    : worker_(worker),
      benchmarks_(benchmarks),
      needs_certificate_(needs_certificate),
      stress_streams_([this] { return worker_.in_flight.is_open(); }, worker.log) {}

template <typename Call>
grpc::Status ControlService::serve(const Context& context, Call call) const {
  const grpc::Status allowed = authorise_control_call(context, needs_certificate_);
  return allowed.ok() ? guarded(call) : allowed;
}

grpc::Status ControlService::UploadState(Context* context, const v1::UploadStateRequest* request,
                                         v1::UploadStateResponse* response) {
  return serve(*context, [&] {
    response->set_bytes(worker_.models.store().uploaded_bytes(request->sha256()));
    response->set_is_complete(worker_.models.store().has(request->sha256()));
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::Deploy(Context* context, Parts* parts) {
  return serve(*context, [&] { return receive_deployment(worker_.models, *parts, worker_.log); });
}

grpc::Status ControlService::List(Context* context, const v1::ListRequest* /*request*/,
                                  v1::ListResponse* response) {
  return serve(*context, [&] {
    for (const StoredModel& stored : worker_.models.list()) {
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
    if (!worker_.models.drop(request->model())) {
      throw Error(ErrorCode::not_found, "is not deployed on this worker",
                  "model " + request->model());
    }
    worker_.log(fmt::format("dropped {}", request->model()));
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::SetPeers(Context* context, const v1::SetPeersRequest* request,
                                      v1::SetPeersResponse* /*response*/) {
  return serve(*context, [&] {
    // Not by a range of protobuf's pairs: its template would be exported by a shared library.
    std::map<std::string, std::string> peers;
    for (const auto& [name, address] : request->peers()) peers[name] = address;
    worker_.peers.set(peers);
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::Load(Context* context, const v1::LoadRequest* /*request*/,
                                  v1::LoadResponse* response) {
  return serve(*context, [&] {
    response->set_cpu_load(cpu_load_.measure());
    response->set_memory_free_bytes(available_memory_bytes());
    response->set_process_rss_bytes(resident_memory_bytes());
    response->set_queued_requests(worker_.in_flight.count());
    return grpc::Status::OK;
  });
}

grpc::Status ControlService::Benchmark(Context* context, const v1::BenchmarkRequest* request,
                                       v1::BenchmarkResponse* response) {
  return serve(*context, [&] {
    worker_.log(fmt::format("benchmark of {} requested", request->model()));
    BenchmarkJob job{request->model(), request->options(), request->platform()};
    if (const auto deployed = worker_.models.find(job.model)) {
      job.file = worker_.models.store().file(deployed->segment.sha256);
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
  reactor->Finish(authorise_control_call(*context, needs_certificate_));
  return reactor;
}

grpc::Status ControlService::ProbePeer(Context* context, const v1::ProbePeerRequest* request,
                                       v1::ProbePeerResponse* response) {
  return serve(*context, [&] {
    validate_probe(request->bytes(), worker_.limits.message);
    const auto deadline =
        std::min(context->deadline(), std::chrono::system_clock::now() + max_probe_time);
    double seconds = 0;
    grpc::Status status =
        probe(worker_.peers.channel(request->peer()), request->bytes(), deadline, seconds);
    response->set_seconds(seconds);
    return status;
  });
}

grpc::ServerUnaryReactor* ControlService::ProbeBack(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  grpc::Status status = authorise_control_call(*context, needs_certificate_);
  if (status.ok()) {
    status = guarded([&] {
      const std::size_t bytes = requested_bytes(*request, worker_.limits.message);
      payload_message(v1::ProbeBackResponse::kPayloadFieldNumber, bytes).Swap(response);
      return grpc::Status::OK;
    });
  }
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

grpc::Status ControlService::Stress(Context* context, StressStreams::Stream* stream) {
  return serve(*context, [&] { return stress_streams_.serve(*context, *stream); });
}

}  // namespace scission::runtime
