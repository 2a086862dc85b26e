// A server that runs segments, over the Open Inference Protocol by gRPC and HTTP.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// Upper bounds on a worker's resources. A request beyond any of them is refused, not queued.
struct SCISSION_EXPORT WorkerLimits {
  int queued_requests = 32;  ///< decoded and not answered yet, over all models
  MessageLimits message;     ///< of one request
  int models = 64;
  int connections = 1000;  ///< at a time; never more than the process has descriptors for
  int deployments = 16;    ///< at a time
  double stall_s = 120;    ///< a deployment whose caller is silent for longer is cut off; seconds
  std::int64_t model_bytes = std::int64_t{4} << 30;     ///< file of one segment
  std::int64_t storage_bytes = std::int64_t{32} << 30;  ///< files of all segments
};

/// How a worker's part of a request for inference ended.
struct SCISSION_EXPORT RequestEvent {
  std::string id;         ///< of the request, the same on all workers of its route; one line
  std::string client;     ///< who sent it to this worker, see InferAccess; empty: not known
  std::string model;      ///< as the request names it; one line
  std::string next;       ///< the system that it was forwarded to; empty: none
  std::string status;     ///< gRPC's name, such as "OK"
  std::string failure;    ///< one line; empty of an answered request
  bool is_early = false;  ///< the model ended on this worker or a later one, before the last stage
  StageTiming timing;     ///< as far as the request came
};

/// Options of a worker.
struct SCISSION_EXPORT WorkerOptions {
  std::string name;                       ///< of the system; required
  std::string listen = "127.0.0.1:8001";  ///< HOST:PORT; port 0: any free one
  /// HOST:PORT of the protocol's HTTP/REST half; port 0: any free one. Empty: it is not served.
  std::string http;
  /// Folder of the deployed segments, which outlive the process; created if absent. Required.
  std::filesystem::path store;
  StageLoader load;  ///< required
  /// Names of the backends whose segments `load` accepts; a segment of another one is refused
  /// before its file is sent. Empty: any.
  std::vector<std::string> backends;
  WorkerLimits limits;
  Security security;       ///< as a server
  InferAccess access;      ///< who may infer
  Security peer_security;  ///< as a client of other workers
  /// Fixed addresses of other systems, by name; Client::set_peers() does not override them.
  std::map<std::string, std::string> peers;
  /// Measures and returns a profile's JSON (docs/profile-format.md), while no stage computes.
  /// Empty: benchmarks are refused as unimplemented.
  std::function<std::string(const BenchmarkJob&)> benchmark;
  /// Called with one line per event, from any thread; may be empty.
  std::function<void(const std::string&)> on_event;
  /// Called with one line per event that an operator should look at, from any thread; empty:
  /// on_event is called.
  std::function<void(const std::string&)> on_warning = {};
  /// Called when a request for inference has ended, from any thread; must return soon. May be
  /// empty.
  std::function<void(const RequestEvent&)> on_request = {};
  /// Called once on the computing thread before anything else runs there; may be empty.
  std::function<void()> on_compute_thread;
  /// Tells the service manager that started this process, such as systemd, by $NOTIFY_SOCKET: when
  /// the worker serves, when it ends, and, as often as $WATCHDOG_USEC demands, that a new
  /// connection to its address was answered.
  bool notifies_service_manager = false;
};

/// Serves from construction to destruction. All segments share one computing thread; it computes
/// while tensors of other requests are on the wire. Thread-safe.
///
/// Throws Error(invalid_argument) as validate_security(), for both addresses, and without name,
/// store or loader, for TLS as TlsFiles states, and Error(io) when the address or the store cannot
/// be used. A stored segment that is damaged is skipped and reported as an event.
class SCISSION_EXPORT Worker {
 public:
  explicit Worker(WorkerOptions options);  ///< serves when it returns
  ~Worker();                               ///< drain(0)
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int port() const;       ///< the port that it listens on
  int http_port() const;  ///< of HTTP; 0 where it is not served

  /// Stops accepting requests (readiness becomes false first), lets those in flight finish, and
  /// after `deadline_s` ends the remaining ones as UNAVAILABLE. Returns when none is left.
  void drain(double deadline_s);

  /// Reads the certificates, keys and tokens again, those for calls to other workers among them.
  /// Connections that are open stay as they are; new ones have the new certificate within two
  /// seconds. Throws as the constructor does when a file cannot be used; all files stay in use as
  /// they were then.
  void reload();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
