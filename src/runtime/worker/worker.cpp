#include "scission/runtime/worker/worker.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"
#include "runtime/rest/rest_server.hpp"
#include "runtime/wire/channel.hpp"
#include "runtime/worker/listener.hpp"
#include "runtime/worker/readings.hpp"
#include "runtime/worker/segment_store.hpp"
#include "runtime/worker/service_manager.hpp"
#include "runtime/worker/services.hpp"

namespace scission::runtime {
namespace {

constexpr int max_threads = 64;
constexpr int max_http_connections = 256;          // each of which takes a thread
constexpr int other_descriptors = 128;             // of segments, uploads, peers and the runtime
constexpr std::chrono::seconds stranger_grace{2};  // to connect, and have a call accepted
constexpr int max_metadata_bytes = 64 << 10;       // timings of 64 stages

/// gRPC applies the plugins to every server that is built afterwards.
void enable_plugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

/// Memory for arriving messages that are not decoded yet.
std::size_t transport_bytes(const MessageLimits& limits) {
  return 4 * static_cast<std::size_t>(std::max(limits.bytes, std::int64_t{16} << 20));
}

void set_limits(grpc::ServerBuilder& builder, const WorkerLimits& limits) {
  constexpr std::int64_t max_bytes = std::numeric_limits<int>::max();
  builder.SetMaxReceiveMessageSize(static_cast<int>(std::min(limits.message.bytes, max_bytes)));
  builder.SetMaxSendMessageSize(-1);
  // gRPC decompresses without a limit; decompressed() has one.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  grpc::ResourceQuota quota("scission-worker");
  quota.Resize(transport_bytes(limits.message)).SetMaxThreads(max_threads);
  builder.SetResourceQuota(quota);
  // Above the queue's length, so that callers are told that it is full instead of waiting.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4 * limits.queued_requests + 64);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, max_metadata_bytes);
}

void set_connection_options(grpc::ServerBuilder& builder) {
  // A connection that says nothing, and one without a call, is closed, so that none of them keeps
  // others out for long.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 600'000);
  // Clients ping to detect a vanished worker. The worker pings too: otherwise a broken upload would
  // keep its file locked.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
}

using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

/// Serves the services, refuses `other_calls`, and serves health checks and reflection on the
/// connections that `acceptor` is given. Bounds the memory of arriving messages, the requests on a
/// connection, and the threads.
std::unique_ptr<grpc::Server> start_server(const WorkerOptions& options,
                                           const std::vector<grpc::Service*>& services,
                                           grpc::CallbackGenericService& other_calls,
                                           const ServerCertificates& certificates,
                                           std::unique_ptr<Acceptor>& acceptor) {
  enable_plugins();
  grpc::ServerBuilder builder;
  set_limits(builder, options.limits);
  set_connection_options(builder);
  acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      certificates.credentials());
  for (grpc::Service* const service : services) builder.RegisterService(service);
  builder.RegisterCallbackGenericService(&other_calls);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) throw Error(ErrorCode::io, "the server cannot be started", options.listen);
  for (const char* const service : {"inference.GRPCInferenceService", "scission.v1.Control"}) {
    server->GetHealthCheckService()->SetServingStatus(service, true);
  }
  return server;
}

int connection_limit(const WorkerOptions& options) {
  const int available = std::max(descriptor_limit() - other_descriptors, 1);
  if (available < options.limits.connections) {
    options.on_warning(
        fmt::format("at most {} connections, as the process may open few descriptors", available));
  }
  return std::min(available, options.limits.connections);
}

WorkerOptions validated(WorkerOptions options) {
  require_option(!options.name.empty(), "name", "a worker must have a name");
  require_option(clean_text(options.name) == options.name, "name",
                 "must be valid UTF-8 without control characters");
  require_option(!options.store.empty(), "store", "must be set");
  require_option(options.load != nullptr, "load", "must be set");
  validate_security(options.listen, options.security);
  if (!options.http.empty()) validate_security(options.http, options.security);
  if (!options.on_event) options.on_event = [](const std::string&) {};
  if (!options.on_warning) options.on_warning = options.on_event;
  return options;
}

std::chrono::nanoseconds duration_of(double seconds) {
  constexpr double max_s = 1e9;  // 30 years: far below the range of the clocks
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::clamp(seconds, 0.0, max_s) * 1e9));
}

}  // namespace

class Worker::Impl {
 public:
  explicit Impl(WorkerOptions options)
      : options_(validated(std::move(options))),
        certificates_(options_.security),
        access_(options_.access),
        lock_(options_.store, options_.name),
        listener_(options_.listen),
        peers_(options_.peers, options_.peer_security),
        in_flight_(options_.limits.queued_requests),
        models_(options_, options_.on_warning),
        leases_([this](const std::string& lease) { end(lease); }),
        compute_(options_.on_compute_thread) {
    if (!options_.http.empty()) http_listener_.emplace(options_.http);
    peers_.persist_in(options_.store / "peers.json", options_.on_warning);
    hold_restored_leases();
    compute_.wait_until_ready();
    server_ = start_server(options_, {inference_.get(), control_.get()}, *unknown_calls_,
                           certificates_, acceptor_);
    const int connections = connection_limit(options_);
    listener_.let_strangers_yield(stranger_grace);
    listener_.start(
        connections, [this](int descriptor) { serve(descriptor); }, options_.on_warning);
    if (http_listener_) begin_http(connections);
    begin_notifying();
  }

  // The server ends before the members that its calls use; requests that gRPC has finished with may
  // still be on the computing thread.
  ~Impl() {
    drain(0);
    in_flight_.wait_until_empty();
  }

  // What can throw comes first, so that a faulty file changes nothing.
  void reload() {
    const std::lock_guard lock(reload_mutex_);
    ClientIdentity identity = read_identity(options_.peer_security);
    TlsContext http_context = make_tls_context(options_.security);
    access_.reload();
    certificates_.reload();
    if (rest_) rest_->set_tls(std::move(http_context));
    peers_.reconnect_all(std::move(identity));
  }

  int port() const { return listener_.port(); }
  int http_port() const { return http_listener_ ? http_listener_->port() : 0; }

  void drain(double deadline_s) {
    const std::lock_guard lock(drain_mutex_);
    if (is_drained_ || !server_) return;
    if (options_.notifies_service_manager) notify_service_manager("STOPPING=1");
    watchdog_.reset();
    server_->GetHealthCheckService()->SetServingStatus(false);
    in_flight_.close();
    const auto patience = duration_of(deadline_s);
    const auto deadline = std::chrono::system_clock::now() + patience;
    if (!in_flight_.wait_until_empty(std::chrono::steady_clock::now() + patience)) {
      in_flight_.cancel_all({grpc::StatusCode::UNAVAILABLE, "the worker is shutting down"});
    }
    listener_.stop();
    if (http_listener_) http_listener_->stop();
    if (rest_) rest_->stop();
    server_->Shutdown(deadline);
    server_->Wait();
    is_drained_ = true;
  }

 private:
  /// Leaves the owners of what an earlier process served the time to notice the restart.
  void hold_restored_leases() {
    constexpr double patience_s = 60;
    std::set<std::string> restored = models_.leases();
    restored.merge(peers_.leases());
    for (const std::string& lease : restored) {
      try {
        leases_.renew(lease, patience_s);
      } catch (const Error& error) {  // of a file that somebody has changed
        options_.on_warning(fmt::format("skipped: {}", error.what()));
        end(lease);
      }
    }
  }

  void end(const std::string& lease) {
    const std::vector<std::string> models = models_.of_lease(lease);
    for (const std::string& model : models) models_.drop(model);
    peers_.forget(lease);
    if (!models.empty()) idle_memory_.release_soon();
    options_.on_event(fmt::format("lease {} has ended; models dropped: {}", lease, models.size()));
  }

  void begin_http(int connections) {
    RestOptions rest;
    rest.limits = options_.limits.message;
    rest.security = options_.security;
    rest.access = &access_;
    rest.metrics = [this] { return metrics_text(); };
    rest_.emplace(server_->InProcessChannel(channel_arguments()), std::move(rest));
    http_listener_->start(
        std::min(connections, max_http_connections),
        [this](int descriptor) { rest_->serve(descriptor); }, options_.on_warning);
  }

  std::string metrics_text() const {
    const ConnectionCounts connections{.grpc_accepted = listener_.accepted(),
                                       .grpc_refused = listener_.refused() + listener_.yielded(),
                                       .http_accepted = http_listener_->accepted(),
                                       .http_refused = http_listener_->refused(),
                                       .http_open = rest_->connections(),
                                       .http_refused_requests = rest_->refused()};
    return format_metrics(metrics_.totals(), read_gauges(context_, options_, connections));
  }

  void begin_notifying() {
    if (!options_.notifies_service_manager) return;
    notify_service_manager("READY=1");
    const auto period_s = watchdog_period_s();
    if (!period_s) return;
    watchdog_.emplace(*period_s,
                      [this](double deadline_s) { return accepts_connections(deadline_s); });
  }

  /// Whether a new connection is answered, or closed because there are too many.
  bool accepts_connections(double deadline_s) const {
    const std::int64_t refused_before = listener_.refused();
    const auto channel = make_channel_to_self(own_address(), options_.security);
    RawCall call(channel, health_method);
    const auto answered = std::make_shared<std::promise<grpc::Status>>();
    const grpc::Slice nothing;
    call.start({&nothing, 1}, std::chrono::system_clock::now() + duration_of(deadline_s),
               [answered](const RawAnswer& answer) { answered->set_value(answer.status); });
    return answered->get_future().get().ok() || listener_.refused() > refused_before;
  }

  std::string own_address() const {
    if (listener_.port() == 0) return options_.listen;
    return fmt::format("{}:{}", options_.listen.substr(0, options_.listen.rfind(':')),
                       listener_.port());
  }

  void serve(int descriptor) {
    Acceptor::NewConnectionParameters connection;
    connection.fd = descriptor;
    acceptor_->HandleNewConnection(&connection);
  }

  // In the order in which they use each other.
  const WorkerOptions options_;
  // Otherwise protobuf writes to stderr for each message with text that is not UTF-8.
  const google::protobuf::LogSilencer silence_;
  ServerCertificates certificates_;
  AccessControl access_;
  const FolderLock lock_;
  Listener listener_;
  std::optional<Listener> http_listener_;
  Peers peers_;
  HopWatch hop_watch_{peers_, timer_};
  InFlightRequests in_flight_;
  IdleMemory idle_memory_{timer_, in_flight_};
  TimerThread timer_;
  Models models_;
  Leases leases_;
  SerialExecutor coding_;
  SerialExecutor compute_;
  RequestMetrics metrics_;
  WorkerContext context_{.name = options_.name,
                         .limits = options_.limits,
                         .log = options_.on_event,
                         .warn = options_.on_warning,
                         .on_request = options_.on_request,
                         .models = models_,
                         .peers = peers_,
                         .hop_watch = hop_watch_,
                         .leases = leases_,
                         .compute = compute_,
                         .coding = coding_,
                         .in_flight = in_flight_,
                         .idle_memory = idle_memory_,
                         .timer = timer_,
                         .metrics = metrics_,
                         .access = access_,
                         .listener = listener_};
  const std::unique_ptr<grpc::Service> inference_ = make_inference_service(context_);
  const std::unique_ptr<grpc::Service> control_ =
      make_control_service(context_, options_.benchmark, options_.security.tls.has_value());
  const std::unique_ptr<grpc::CallbackGenericService> unknown_calls_ =
      make_unknown_service(context_);
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<RestServer> rest_;
  std::mutex reload_mutex_;
  std::mutex drain_mutex_;
  bool is_drained_ = false;
  std::optional<Watchdog> watchdog_;  // last: it uses the others
};

Worker::Worker(WorkerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Worker::~Worker() = default;

int Worker::port() const { return impl_->port(); }

int Worker::http_port() const { return impl_->http_port(); }

void Worker::drain(double deadline_s) { impl_->drain(deadline_s); }

void Worker::reload() { impl_->reload(); }

}  // namespace scission::runtime
