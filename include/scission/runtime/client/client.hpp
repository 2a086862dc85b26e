// Calls to one worker, or to any server of the Open Inference Protocol; what a worker says of
// itself; link measurement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scission/base.hpp"
#include "scission/codec.hpp"
#include "scission/model.hpp"
#include "scission/plan/network.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// A request for inference by one model, and by those on the rest of its route.
struct SCISSION_EXPORT InferRequest {
  std::string model;
  std::string id;  ///< returned with the answer
  std::vector<Tensor> inputs;
  std::vector<RouteStop> route;  ///< workers forward the tensors; the last one's answer is returned
  /// Codec of the inputs; the server must have it, see ServerInfo::codecs(). Empty: none.
  std::string codec = {};
  /// Already encoded inputs, by index, such as a JPEG file; used where their codec is `codec`.
  std::vector<CodedTensor> coded_inputs = {};
  /// Codec that the server may apply to the outputs; the client decodes them. Empty: none.
  std::string answer_codec = {};
  /// Above 0: each worker of the route fails the request when the next one, which has it, has
  /// answered no health check for about this long, in seconds (CallFailure::observer).
  double stall_timeout_s = 0;
};

/// The answer to an InferRequest, and where its time went.
struct SCISSION_EXPORT InferAnswer {
  std::vector<Tensor> outputs;
  std::vector<StageTiming> stages;  ///< in the route's order; empty from a foreign server
  /// The model has ended early, in the last one of `stages`; the route's other stages did not run.
  bool is_early = false;
  std::size_t sent_bytes = 0;  ///< size of the request's message
  double serialise_s = 0;      ///< in this process
  double call_s = 0;           ///< from sending the request to receiving the answer's bytes
  double deserialise_s = 0;    ///< in this process
  double encode_s = 0;         ///< of the inputs, in this process; no part of serialise_s
  double decode_s = 0;         ///< of the answer, in this process; no part of deserialise_s
  int raw_tensors = 0;         ///< see HopTiming; of the inputs
};

using InferResult = std::variant<InferAnswer, CallFailure>;

/// A server's description of itself.
struct SCISSION_EXPORT ServerInfo {
  std::string name;
  std::string version;
  std::vector<std::string> extensions;

  /// Names of the codecs that it can decode and encode; none from a foreign server.
  std::vector<std::string> codecs() const;
};

/// A server's description of a model.
struct SCISSION_EXPORT ModelInfo {
  std::string name;
  std::string platform;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

/// A worker's current load.
struct SCISSION_EXPORT WorkerLoad {
  double cpu_load = 0;  ///< busy share of all processors, 0 to 1, over about the last second
  std::int64_t memory_free_bytes = 0;
  std::int64_t process_rss_bytes = 0;
  int queued_requests = 0;
};

/// A segment to deploy to a worker.
struct SCISSION_EXPORT Deployment {
  std::string model;  ///< the name to serve it under
  Segment segment;    ///< states the file's size and SHA-256
  std::filesystem::path file;
  /// The segment is a whole model: requests may name it without the ending that served_name() adds.
  bool is_whole = false;
  /// It runs on every size of the first dimension of its inputs; other callers are told so.
  bool any_batch = false;
};

/// How a segment's file is sent.
struct SCISSION_EXPORT UploadOptions {
  /// Called after each piece and each acknowledgement, with bytes of the file that have arrived.
  std::function<void(std::int64_t arrived, std::int64_t total)> on_progress;
  /// Share of the link that the upload may use, above 0 and up to 1; asked before each piece. Below
  /// 1 the pieces are small and sent one at a time, so that other traffic is hardly delayed.
  /// Empty: 1.
  std::function<double()> share;
  /// The upload fails when the worker has not answered health checks for this long, in seconds. 0:
  /// only the deadline ends it.
  double stall_timeout_s = 10;
};

/// A connection to a server, made on first use and again after it breaks. Thread-safe.
///
/// All calls but infer() and check_health() block until the answer or the deadline. All that do,
/// but is_live(), throw with the address as place: Error(io) when the server is unreachable, late
/// or too busy, Error(unsupported) when it does not offer the call, Error(not_found) when it does
/// not have the model, Error(damaged) when data was corrupted, and Error(mismatch) on any other
/// refusal. `deadline_s` applies to one call.
class SCISSION_EXPORT Client {
 public:
  /// Does not connect yet. What it deploys, and the addresses that it sets, belong to `lease`,
  /// which it has to renew; empty: they stay until they are dropped or set again. Throws as
  /// validate_security(), and for TLS as TlsFiles states.
  Client(std::string address, const Security& security, std::string lease = {});
  /// Cancels the calls in flight, and waits until the last `done` has returned, unless called from
  /// inside it.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const std::string& address() const;  ///< as given
  const std::string& lease() const;    ///< as given

  // The Open Inference Protocol.
  bool is_live(double deadline_s) const;   ///< false too when the server does not answer
  bool is_ready(double deadline_s) const;  ///< false too when the server does not answer
  /// Whether the server serves the model.
  bool is_model_ready(const std::string& model, double deadline_s) const;
  ServerInfo server(double deadline_s) const;                          ///< the server's metadata
  ModelInfo model(const std::string& model, double deadline_s) const;  ///< a model's metadata

  /// Calls `done` exactly once, on a thread of the runtime. `done` must neither block nor throw.
  /// Returns a function that cancels the call: unless it has ended, `done` soon gets a failure. It
  /// may be called at any time, from any thread.
  std::function<void()> infer(const InferRequest& request, double deadline_s,
                              std::function<void(InferResult)> done) const;
  InferResult infer(const InferRequest& request, double deadline_s) const;  ///< blocking

  /// Asks whether the server is live, over a separate connection, where no large message delays the
  /// answer. Calls `done` as infer() does, with false when nothing came back within
  /// `deadline_s`. Any answer counts, and so does a refused connection: requests find that out.
  void check_health(double deadline_s, std::function<void(bool is_answered)> done) const;

  // Calls that only Scission's workers offer.
  /// Holds the lease for `seconds`, above 0 and up to an hour, from now.
  void renew_lease(double seconds, double deadline_s);
  /// Ends the lease: the worker drops what belongs to it.
  void end_lease(double deadline_s);
  /// Sends the part of the file that the worker does not have yet, and has the worker load it.
  /// While another client sends the same file, waits for that. Throws Error(damaged) too when the
  /// file's size or checksum is not the segment's.
  void deploy(const Deployment& deployment, double deadline_s, const UploadOptions& options = {});
  std::vector<StoredModel> list(double deadline_s) const;  ///< the worker's segments, by name
  /// Removes a model and its file. A name without the ending that served_name() adds will do where
  /// one model has it.
  void drop(const std::string& model, double deadline_s);
  /// Tells the worker the addresses of other systems, by name, for requests of this lease. Systems
  /// not named keep theirs.
  void set_peers(const std::map<std::string, std::string>& peers, double deadline_s);
  WorkerLoad load(double deadline_s) const;  ///< load of the worker's machine
  /// Runs a benchmark on the worker; returns the profile's JSON (docs/profile-format.md).
  std::string benchmark(const BenchmarkJob& job, double deadline_s) const;

  /// Seconds that a message of `bytes` takes to the worker, with an empty answer back.
  double probe(std::size_t bytes, double deadline_s) const;
  /// Seconds that a message of `bytes` takes from the worker to one of its peers.
  double probe_peer(const std::string& peer, std::size_t bytes, double deadline_s) const;
  /// Seconds that a short request takes whose answer carries `bytes`.
  double probe_back(std::size_t bytes, double deadline_s) const;

 private:
  friend class RemoteStress;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether a worker takes requests.
enum class WorkerState {
  ready,
  draining,    ///< it answers, and finishes what it has accepted
  unreachable  ///< it does not answer
};

SCISSION_EXPORT std::string to_string(WorkerState state);

/// A worker at a moment.
struct SCISSION_EXPORT WorkerStatus {
  std::string address;
  WorkerState state = WorkerState::unreachable;
  std::string name;                                ///< empty when it is unreachable
  std::string version;                             ///< empty when it is unreachable
  std::string failure;                             ///< why it is unreachable, one line; else empty
  std::optional<std::vector<StoredModel>> models;  ///< where they were asked for
};

/// Asks the worker; never throws because of its answer. `deadline_s` applies to each of two calls.
SCISSION_EXPORT WorkerStatus worker_status(const Client& worker, double deadline_s);

/// A row for each model of each worker, and a line for each worker that cannot be reached. A table
/// wider than `width` characters has a block of lines for each row; empty: no limit.
SCISSION_EXPORT std::string format_stored_models(const std::vector<WorkerStatus>& workers,
                                                 std::optional<std::size_t> width = {});

/// The same with a row for each worker: its address, state, name and version.
SCISSION_EXPORT std::string format_workers(const std::vector<WorkerStatus>& workers,
                                           std::optional<std::size_t> width = {});

/// The document that docs/json/workers.schema.json describes, with a newline at its end.
SCISSION_EXPORT std::string format_workers_json(const std::vector<WorkerStatus>& workers);

/// What measure_links() measures, and for how long.
struct SCISSION_EXPORT LinkOptions {
  std::vector<std::size_t> bytes;  ///< message sizes: two or more, ascending; see link_sizes()
  int repeats = 9;                 ///< probes of each size, at most; the median counts
  double max_time_s = 20;          ///< for one direction of a pair of systems
  double deadline_s = 30;          ///< of one probe
  double pause_s = 0.02;           ///< before each probe, to reproduce the state of an idle link
  std::function<void(int done, int total, const std::string& what)> on_progress;
  /// Which directions are measured; empty: all.
  std::function<bool(const std::string& from, const std::string& to)> is_wanted = {};
};

/// Message sizes from 1 KiB, each four times the one before, to `largest_bytes` (4 KiB at least).
SCISSION_EXPORT std::vector<std::size_t> link_sizes(std::size_t largest_bytes);

/// Times every pair of systems in both directions, one after the other, over the transport that
/// requests use. Each link is a curve of the medians, made non-decreasing by a running maximum.
/// Workers must know each other's addresses already (announce_peers()).
///
/// A hop's time includes the way back of its empty answer. `source` is the caller's own system;
/// empty: none. The direction towards the caller is measured as the extra time of an answer with
/// payload over an empty answer, because a hop has already paid for the way back.
/// Throws Error(io) when a worker is unreachable, Error(invalid_argument) unless there are two or
/// more sizes in ascending order.
SCISSION_EXPORT Network measure_links(const std::map<std::string, std::shared_ptr<Client>>& workers,
                                      const std::string& source, const LinkOptions& options);

}  // namespace scission::runtime
