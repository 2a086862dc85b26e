// Talking to one worker, or to any server of the Open Inference Protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/segments.hpp"
#include "scission/model/tensor.hpp"
#include "scission/plan/network.hpp"
#include "scission/runtime/wire/security.hpp"
#include "scission/runtime/wire/timing.hpp"
#include "scission/runtime/worker/worker.hpp"

namespace scission::runtime {

/// A stage that a request goes on to: a system by name, which the worker before must know, and the
/// model there.
struct SCISSION_EXPORT RouteStop {
  std::string system;
  std::string model;
};

/// What is asked of a model, and of those after it.
struct SCISSION_EXPORT InferRequest {
  std::string model;
  std::string id;  ///< comes back with the answer
  std::vector<Tensor> inputs;
  std::vector<RouteStop> route;  ///< workers pass the tensors on; the answer is the last one's
};

/// What comes back, with where the time went.
struct SCISSION_EXPORT InferAnswer {
  std::vector<Tensor> outputs;
  std::vector<StageTiming> stages;  ///< in the route's order; empty from a foreign server
  std::size_t sent_bytes = 0;       ///< of the request's message
  double serialise_s = 0;           ///< here
  double call_s = 0;                ///< from sending to having the answer's bytes
  double deserialise_s = 0;         ///< here
};

/// Why a call did not do.
struct SCISSION_EXPORT CallFailure {
  std::string message;  ///< one line
  std::string system;   ///< where it failed, when a worker says so
  /// The same call may be sent again, here or elsewhere: the far end is away, too slow or too busy,
  /// as opposed to refusing what it was asked.
  bool is_transient = false;
  bool is_busy = false;  ///< a queue is full: the same worker, a little later
  /// The worker has no such model, or no address of the system after it: it has lost what it was
  /// told, and the plan has to be deployed again.
  bool is_undeployed = false;

  /// Whether the plan cannot go on as it is, though another might.
  bool is_loss() const { return (is_transient && !is_busy) || is_undeployed; }
};

using InferResult = std::variant<InferAnswer, CallFailure>;

/// What a server says of itself.
struct SCISSION_EXPORT ServerInfo {
  std::string name;
  std::string version;
  std::vector<std::string> extensions;
};

/// What a server says of a model.
struct SCISSION_EXPORT ModelInfo {
  std::string name;
  std::string platform;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

/// A worker's state just now.
struct SCISSION_EXPORT WorkerLoad {
  double cpu_load = 0;  ///< share of its processors that is busy, over the last second or so
  std::int64_t memory_free_bytes = 0;
  std::int64_t process_rss_bytes = 0;
  int queued_requests = 0;
};

/// A segment on its way to a worker.
struct SCISSION_EXPORT Deployment {
  std::string model;  ///< the name to be served under
  Segment segment;    ///< whose bytes and sha256 the file has
  std::filesystem::path file;
};

/// How a segment is sent.
struct SCISSION_EXPORT UploadOptions {
  /// Called after each piece; bytes of the file.
  std::function<void(std::int64_t sent, std::int64_t total)> on_progress;
  /// The share of the link that it may take, above 0 and up to 1; asked before each piece. Below 1,
  /// pieces are small and one at a time, so that others on the link wait for little. Empty: 1.
  std::function<double()> share;
};

/// A segment that a worker keeps.
struct SCISSION_EXPORT StoredModel {
  std::string model;
  std::string sha256;
  std::int64_t bytes = 0;
};

/// A connection, made when it is first needed and again when it breaks. Thread-safe.
///
/// But for infer(), calls block and throw with the address as place: Error(io) when the far end
/// is away, late or too busy, Error(unsupported) when it does not offer the call, Error(not_found)
/// for a model that it does not have, Error(damaged) when data came to harm, and Error(mismatch)
/// when it refuses for another reason. `deadline_s` is a call's.
class SCISSION_EXPORT Client {
 public:
  /// Connects to nothing yet. Throws as check_security() does, and for TLS as TlsFiles says.
  Client(std::string address, const Security& security);
  /// Cuts off what is under way, and waits until the last `done` has returned, unless called from
  /// inside it.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const std::string& address() const;  ///< as given

  // The Open Inference Protocol.
  bool is_live(double deadline_s) const;   ///< false as well when it does not answer
  bool is_ready(double deadline_s) const;  ///< the same
  bool is_model_ready(const std::string& model, double deadline_s) const;  ///< throws then
  ServerInfo server(double deadline_s) const;                              ///< ServerMetadata
  ModelInfo model(const std::string& model, double deadline_s) const;      ///< ModelMetadata

  /// Calls `done` exactly once, from a thread of the runtime that must not be kept; it must not
  /// throw.
  void infer(const InferRequest& request, double deadline_s,
             std::function<void(InferResult)> done) const;
  InferResult infer(const InferRequest& request, double deadline_s) const;  ///< waits for it

  // Scission's own, of its workers only.
  /// Sends what the worker does not have of the file yet, and has it load it.
  /// Throws Error(damaged) too, when the file is not the segment's.
  void deploy(const Deployment& deployment, double deadline_s, const UploadOptions& options = {});
  std::vector<StoredModel> list(double deadline_s) const;  ///< its segments, by name
  void drop(const std::string& model, double deadline_s);  ///< and its file; one, by its name
  /// Where it finds other systems from now on, by their names; those not named stay.
  void set_peers(const std::map<std::string, std::string>& peers, double deadline_s);
  WorkerLoad load(double deadline_s) const;  ///< just now
  /// Has it measure a model; a profile's JSON (docs/profile-format.md).
  std::string benchmark(const BenchmarkJob& job, double deadline_s) const;

  /// Seconds that a message of `bytes` takes to the worker, with a short answer back, once.
  double probe(std::size_t bytes, double deadline_s) const;
  /// The same from the worker to a peer of its.
  double probe_peer(const std::string& peer, std::size_t bytes, double deadline_s) const;
  /// Seconds that a short request takes whose answer carries `bytes`, once.
  double probe_back(std::size_t bytes, double deadline_s) const;

 private:
  friend class RemoteStress;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
