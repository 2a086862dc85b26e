// The server of Scission's own calls: deploy, lease, peers, probe, benchmark, stress.
#include "runtime/worker/services.hpp"

#include <fmt/format.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "base/require.hpp"
#include "base/this_machine.hpp"
#include "control.grpc.pb.h"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"
#include "runtime/worker/control_streams.hpp"
#include "runtime/worker/system_load.hpp"

namespace scission::runtime {
namespace {

// Deadline of a probe whose caller sets none.
constexpr auto max_probe_time = std::chrono::seconds(60);

void validate_probe(std::int64_t bytes, const MessageLimits& limits) {
  if (bytes >= 0 && bytes <= limits.bytes) return;
  throw_invalid_argument(fmt::format("must be 0 to {}", limits.bytes), "bytes");
}

std::size_t requested_bytes(const grpc::ByteBuffer& message, const MessageLimits& limits) {
  grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&message));
  v1::ProbeBackRequest request;
  if (!request.ParseFromZeroCopyStream(&reader)) {
    throw_invalid_argument("is not a ProbeBackRequest", "message");
  }
  validate_probe(request.bytes(), limits);
  return static_cast<std::size_t>(request.bytes());
}

/// OK, or PERMISSION_DENIED if a certificate is needed and the caller has none, or one that may
/// only infer. gRPC has already refused connections whose certificate does not verify, so any
/// certificate is one that the worker's authority signed.
grpc::Status authorise_control_call(const WorkerContext& worker,
                                    const grpc::ServerContextBase& context,
                                    bool needs_certificate) {
  const std::vector<std::string> names =
      needs_certificate ? certificate_names(context) : std::vector<std::string>{};
  if (needs_certificate && names.empty()) {
    return {grpc::StatusCode::PERMISSION_DENIED,
            "control calls need a client certificate signed by the worker's authority"};
  }
  if (!worker.access.may_deploy(names)) {
    return {grpc::StatusCode::PERMISSION_DENIED,
            "this client certificate may infer and nothing else"};
  }
  worker.listener.mark_accepted(context.peer());
  return grpc::Status::OK;
}

/// Runs benchmarks one at a time on the computing thread, so that no stage computes meanwhile.
class BenchmarkRunner {
 public:
  BenchmarkRunner(SerialExecutor& compute,
                  std::function<std::string(const BenchmarkJob&)> benchmark)
      : compute_(compute), benchmark_(std::move(benchmark)) {}

  /// Waits for the profile, polling `is_cancelled`. A cancelled wait sets
  /// BenchmarkJob::is_cancelled of a benchmark that has begun. UNIMPLEMENTED without a `benchmark`
  /// function, RESOURCE_EXHAUSTED while another benchmark runs.
  grpc::Status run(BenchmarkJob job, const std::function<bool()>& is_cancelled,
                   std::string& profile) {
    if (!benchmark_) {
      return {grpc::StatusCode::UNIMPLEMENTED, "this worker does not run benchmarks"};
    }
    const auto run = std::make_shared<Run>();
    if (!claim(run)) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED,
              "another benchmark is running; try again later"};
    }
    job.is_cancelled = [run] { return !run->is_wanted(); };
    compute_.submit([run, job = std::move(job), benchmark = benchmark_] {
      if (!run->is_wanted()) return;
      std::string text;
      grpc::Status status = guarded([&] {
        text = benchmark(job);
        return grpc::Status::OK;
      });
      run->finish(std::move(status), std::move(text));
    });
    if (!run->wait(is_cancelled))
      return {grpc::StatusCode::CANCELLED, "the benchmark was cancelled"};
    profile = std::move(run->profile);
    return run->status;
  }

 private:
  /// Shared by the waiting call and the computing thread.
  struct Run {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_over = false;
    bool is_abandoned = false;
    grpc::Status status;
    std::string profile;

    void finish(grpc::Status result, std::string text) {
      const std::lock_guard lock(mutex);
      status = std::move(result);
      profile = std::move(text);
      is_over = true;
      changed.notify_all();
    }

    bool is_done() {
      const std::lock_guard lock(mutex);
      return is_over;
    }

    bool is_wanted() {
      const std::lock_guard lock(mutex);
      return !is_abandoned;
    }

    /// False when the call was cancelled first.
    bool wait(const std::function<bool()>& is_cancelled) {
      std::unique_lock lock(mutex);
      while (!changed.wait_for(lock, std::chrono::milliseconds(50), [&] { return is_over; })) {
        is_abandoned = is_cancelled();
        if (is_abandoned) return false;
      }
      return true;
    }
  };

  bool claim(const std::shared_ptr<Run>& run) {
    const std::lock_guard lock(mutex_);
    const auto current = current_.lock();
    if (current && !current->is_done()) return false;
    current_ = run;
    return true;
  }

  SerialExecutor& compute_;
  const std::function<std::string(const BenchmarkJob&)> benchmark_;
  std::mutex mutex_;
  std::weak_ptr<Run> current_;
};

// Calls that wait for disks and models occupy a thread each. Probe and ProbeBack use callbacks and
// raw bytes like requests for inference, because they measure the transport, not protobuf.
using ControlServiceBase = v1::Control::WithRawCallbackMethod_Probe<
    v1::Control::WithRawCallbackMethod_ProbeBack<v1::Control::Service>>;

class ControlService final : public ControlServiceBase {
 public:
  ControlService(WorkerContext& worker, std::function<std::string(const BenchmarkJob&)> benchmark,
                 bool needs_certificate)
      : worker_(worker),
        benchmarks_(worker.compute, std::move(benchmark)),
        needs_certificate_(needs_certificate),
        deployments_(worker_),
        stress_streams_([this] { return worker_.in_flight.is_open(); }, worker.log) {}

 private:
  using Context = grpc::ServerContext;
  using Parts = grpc::ServerReaderWriter<v1::DeployProgress, v1::DeployPart>;

  /// The result or exception of `call` as a status, if the caller is authorised.
  template <typename Call>
  grpc::Status serve(const Context& context, Call call) const {
    const grpc::Status allowed = authorise_control_call(worker_, context, needs_certificate_);
    return allowed.ok() ? guarded(call) : allowed;
  }

  grpc::Status UploadState(Context* context, const v1::UploadStateRequest* request,
                           v1::UploadStateResponse* response) override {
    return serve(*context, [&] {
      response->set_bytes(worker_.models.store().uploaded_bytes(request->sha256()));
      response->set_is_complete(worker_.models.store().has(request->sha256()));
      return grpc::Status::OK;
    });
  }

  grpc::Status Deploy(Context* context, Parts* parts) override {
    return serve(*context, [&] { return deployments_.receive(*context, *parts); });
  }

  grpc::Status List(Context* context, const v1::ListRequest* /*request*/,
                    v1::ListResponse* response) override {
    return serve(*context, [&] {
      for (const StoredModel& stored : worker_.models.list()) {
        auto* const model = response->add_models();
        model->set_model(stored.model);
        model->set_sha256(stored.sha256);
        model->set_bytes(stored.bytes);
        model->set_given_name(stored.given_name);
        model->set_lease(stored.lease);
        model->set_lease_left_s(worker_.leases.left_s(stored.lease));
        model->set_is_whole(stored.is_whole);
      }
      return grpc::Status::OK;
    });
  }

  grpc::Status Drop(Context* context, const v1::DropRequest* request,
                    v1::DropResponse* /*response*/) override {
    return serve(*context, [&] {
      worker_.log(fmt::format("dropped {}", worker_.models.drop_resolved(request->model())));
      worker_.idle_memory.release_soon();
      return grpc::Status::OK;
    });
  }

  grpc::Status Renew(Context* context, const v1::RenewRequest* request,
                     v1::RenewResponse* /*response*/) override {
    return serve(*context, [&] {
      worker_.leases.renew(request->lease(), request->seconds());
      return grpc::Status::OK;
    });
  }

  grpc::Status SetPeers(Context* context, const v1::SetPeersRequest* request,
                        v1::SetPeersResponse* /*response*/) override {
    return serve(*context, [&] {
      // Not by a range of protobuf's pairs: its template would be exported by a shared library.
      std::map<std::string, std::string> peers;
      for (const auto& [name, address] : request->peers()) peers[name] = address;
      worker_.leases.require_held(request->lease());
      worker_.peers.set(peers, request->lease());
      if (!worker_.leases.is_held(request->lease())) worker_.peers.forget(request->lease());
      return grpc::Status::OK;
    });
  }

  grpc::Status Load(Context* context, const v1::LoadRequest* /*request*/,
                    v1::LoadResponse* response) override {
    return serve(*context, [&] {
      response->set_cpu_load(cpu_load_.measure());
      response->set_memory_free_bytes(available_memory_bytes());
      response->set_process_rss_bytes(resident_memory_bytes());
      response->set_queued_requests(worker_.in_flight.count());
      return grpc::Status::OK;
    });
  }

  grpc::Status Benchmark(Context* context, const v1::BenchmarkRequest* request,
                         v1::BenchmarkResponse* response) override {
    return serve(*context, [&] {
      if (request->only_if_alone() && worker_.leases.holds_other_than(request->lease())) {
        return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                            "another run uses this worker, and its requests would wait");
      }
      worker_.log(fmt::format("benchmark of {} requested", request->model()));
      BenchmarkJob job{request->model(), request->options(), request->platform()};
      if (const auto deployed = worker_.models.find(job.model)) {
        job.file = worker_.models.store().file(deployed->segment.sha256);
      }
      return benchmarks_.run(
          job, [&] { return context->IsCancelled(); }, *response->mutable_profile());
    });
  }

  grpc::ServerUnaryReactor* Probe(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override {
    if (request->Length() >= IdleMemory::worthwhile_bytes) worker_.idle_memory.release_soon();
    const grpc::Slice nothing;
    grpc::ByteBuffer(&nothing, 1).Swap(response);  // an empty ProbeResponse
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(authorise_control_call(worker_, *context, needs_certificate_));
    return reactor;
  }

  grpc::Status ProbePeer(Context* context, const v1::ProbePeerRequest* request,
                         v1::ProbePeerResponse* response) override {
    return serve(*context, [&] {
      validate_probe(request->bytes(), worker_.limits.message);
      const auto deadline =
          std::min(context->deadline(), std::chrono::system_clock::now() + max_probe_time);
      double seconds = 0;
      grpc::Status status = probe(worker_.peers.channel(request->peer(), request->lease()),
                                  request->bytes(), deadline, seconds);
      response->set_seconds(seconds);
      return status;
    });
  }

  grpc::ServerUnaryReactor* ProbeBack(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    grpc::Status status = authorise_control_call(worker_, *context, needs_certificate_);
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

  grpc::Status Stress(Context* context, StressStreams::Stream* stream) override {
    return serve(*context, [&] { return stress_streams_.serve(*context, *stream); });
  }

  WorkerContext& worker_;
  BenchmarkRunner benchmarks_;
  const bool needs_certificate_;
  Deployments deployments_;
  CpuLoad cpu_load_;
  StressStreams stress_streams_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_control_service(
    WorkerContext& worker, std::function<std::string(const BenchmarkJob&)> benchmark,
    bool needs_certificate) {
  return std::make_unique<ControlService>(worker, std::move(benchmark), needs_certificate);
}

}  // namespace scission::runtime
