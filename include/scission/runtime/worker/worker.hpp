// A server that runs segments, over the Open Inference Protocol.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "scission/backend/stage_model.hpp"
#include "scission/base/export.hpp"
#include "scission/runtime/wire/security.hpp"

namespace scission::runtime {

/// What a worker takes on at most; a request beyond is refused, not kept waiting.
struct SCISSION_EXPORT WorkerLimits {
  int queued_requests = 32;  ///< decoded and not answered, on all models together
  std::int64_t message_bytes = std::int64_t{512} << 20;
  std::int64_t tensor_bytes = std::int64_t{256} << 20;
  int tensors = 256;  ///< in one request
  int models = 64;
  std::int64_t model_bytes = std::int64_t{4} << 30;     ///< one segment's file
  std::int64_t storage_bytes = std::int64_t{32} << 30;  ///< all of them
};

/// What a worker is asked to measure itself with.
struct SCISSION_EXPORT BenchmarkJob {
  std::string model;     ///< a built-in model's name, or one that was deployed
  std::string options;   ///< further options of scission-benchmark, separated by '\n'
  std::string platform;  ///< of the profile
  /// The worker's own file of a model that was deployed: the worker fills it in. Empty otherwise.
  std::filesystem::path file = {};
};

/// What a worker serves, where, and to whom.
struct SCISSION_EXPORT WorkerOptions {
  std::string name;                       ///< the system's
  std::string listen = "127.0.0.1:8001";  ///< HOST:PORT, port 0: any free one
  /// Where deployed segments are kept, so that they outlive the process; created if absent. Must
  /// be set.
  std::filesystem::path store;
  StageLoader load;  ///< must be set
  WorkerLimits limits;
  Security security;       ///< as a server
  Security peer_security;  ///< towards other workers
  /// Where other systems are: a request's route names systems, never addresses. Deploying may
  /// replace them.
  std::map<std::string, std::string> peers;
  /// Measures and returns a profile's JSON (docs/profile-format.md); empty: refused as
  /// unimplemented. Runs while nothing else computes.
  std::function<std::string(const BenchmarkJob&)> benchmark;
  /// What happens, a line each, from any thread; may be empty.
  std::function<void(const std::string&)> on_event;
  /// Called once on the thread that computes, before anything else runs there; may be empty.
  std::function<void()> on_compute_thread;
};

/// Serves as soon as it is made, until it is destroyed. All segments share one computing thread:
/// a stage computes while others' tensors are on the wire. Thread-safe.
///
/// Throws Error(invalid_argument) as check_security() does and without name, store or loader, for
/// TLS as TlsFiles says, and Error(io) when the address or the store cannot be had. A stored
/// segment that is damaged is left out, and told as an event.
class SCISSION_EXPORT Worker {
 public:
  explicit Worker(WorkerOptions options);  ///< serves from here on
  ~Worker();                               ///< drain(0)
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// That it listens on.
  int port() const;

  /// Stops taking requests (readiness goes first), lets those that are there finish, and after
  /// `deadline_s` ends the others as UNAVAILABLE. Returns when none is left.
  void drain(double deadline_s);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
