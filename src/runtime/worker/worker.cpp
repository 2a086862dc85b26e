#include "scission/runtime/worker/worker.hpp"

#include <fmt/format.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "runtime/worker/control_service.hpp"
#include "runtime/worker/infer_host.hpp"
#include "runtime/worker/inference_service.hpp"
#include "runtime/worker/server.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

WorkerOptions checked(WorkerOptions options) {
  if (options.name.empty()) {
    throw Error(ErrorCode::invalid_argument, "a worker must have a name", "name");
  }
  if (options.store.empty()) throw Error(ErrorCode::invalid_argument, "must be set", "store");
  if (!options.load) throw Error(ErrorCode::invalid_argument, "must be set", "load");
  validate_security(options.listen, options.security);
  if (!options.on_event) options.on_event = [](const std::string&) {};
  return options;
}

std::chrono::nanoseconds duration_of(double seconds) {
  constexpr double longest = 1e9;  // 30 years: far from what the clocks' numbers hold
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(std::clamp(seconds, 0.0, longest) * 1e9));
}

grpc::Status going_down() { return {grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"}; }

}  // namespace

class Worker::Impl {
 public:
  explicit Impl(WorkerOptions options)
      : options_(checked(std::move(options))),
        peers_(options_.peers, options_.peer_security),
        under_way_(options_.limits.queued_requests),
        models_(options_, options_.on_event),
        compute_(options_.on_compute_thread),
        benchmarks_(compute_, options_.benchmark),
        control_(host_, benchmarks_, options_.security.tls.has_value(), options_.on_event) {
    peers_.remember_in(options_.store / "peers.json", options_.on_event);
    compute_.wait_until_ready();
    server_ = start_server(options_, {&inference_, &control_}, port_);
  }

  // The server goes before what its calls use; and requests that gRPC is through with may still
  // be on the computing thread.
  ~Impl() {
    drain(0);
    under_way_.wait_until_empty();
  }

  int port() const { return port_; }

  void drain(double deadline_s) {
    const std::lock_guard lock(drain_mutex_);
    if (is_drained_ || !server_) return;
    under_way_.close();
    server_->GetHealthCheckService()->SetServingStatus(false);
    const auto patience = duration_of(deadline_s);
    const auto latest = std::chrono::system_clock::now() + patience;
    if (!under_way_.wait_until_empty(std::chrono::steady_clock::now() + patience)) {
      under_way_.end_all(going_down());
    }
    server_->Shutdown(latest);
    server_->Wait();
    is_drained_ = true;
  }

 private:
  // In the order that they need each other.
  const WorkerOptions options_;
  Peers peers_;
  UnderWay under_way_;
  Models models_;
  ComputeThread compute_;
  BenchmarkRunner benchmarks_;
  InferHost host_{options_.name, options_.limits, models_, peers_, compute_, under_way_};
  InferenceService inference_{host_};
  ControlService control_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::mutex drain_mutex_;
  bool is_drained_ = false;
};

Worker::Worker(WorkerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Worker::~Worker() = default;

int Worker::port() const { return impl_->port(); }

void Worker::drain(double deadline_s) { impl_->drain(deadline_s); }

}  // namespace scission::runtime
