// Runs a plan: deploys its segments to workers, sends requests through its stages, and switches to
// the next plan when a system is lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/plan/plan.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/stats.hpp"

namespace scission::runtime {

/// One stage of a pipeline, and where it runs.
struct SCISSION_EXPORT PipelineStage {
  std::string system;
  std::string model;               ///< name under which the worker serves it
  std::shared_ptr<Client> client;  ///< null: the stage runs in this process, by `local`
  std::shared_ptr<StageModel> local;
  /// The client's server is not a Scission worker: it cannot forward tensors to the next stage, so
  /// they return to the caller.
  bool is_foreign = false;
  /// Names of the stage's inputs, given to the tensors that the caller or another kind of server
  /// passes to it. Empty: tensors keep their names.
  std::vector<std::string> input_names;
  /// Where the model may end in this stage or before it; the following stages are left out then.
  std::vector<SegmentExit> exits = {};
  /// Codecs that the client's worker has, see ServerInfo::codecs().
  std::vector<std::string> codecs = {};
};

/// Deadlines and retries.
struct SCISSION_EXPORT PipelineOptions {
  std::string source;  ///< the caller's system, as HopTiming names it
  /// Of one call, including all stages behind it and all attempts.
  double deadline_s = 10;
  /// Attempts after the first one for calls that fail in a transient way. The wait before them is
  /// `backoff_s`, doubled each time up to a second, and randomised by a quarter.
  int retries = 3;
  double backoff_s = 0.02;
  /// Above 0: while requests are in flight, the stages' servers are sent health checks. Requests
  /// that need a server which has been silent for about this long, in seconds, are cancelled and
  /// fail with CallFailure::is_stalled. A server that computes for long answers them. Workers do
  /// the same for the next system of a route, and report it as CallFailure::observer.
  double stall_timeout_s = 0;
  /// Polled by another thread while a request waits to be sent again: false ends it with the
  /// failure of its last attempt. Must not throw. Empty: true.
  std::function<bool()> may_wait = {};
};

/// The outcome of a request.
struct SCISSION_EXPORT PipelineResult {
  std::vector<Tensor> outputs;
  std::vector<HopTiming> hops;  ///< one for each stage that ran, in order
  bool is_early = false;        ///< the model has ended in the last of these, before the last stage
  double latency_s = 0;         ///< from send() to the answer
  int attempts = 1;             ///< of the call that needed the most
  bool is_answered = false;
  /// Of the last attempt, when there is no answer. The system is the first one of the failed call
  /// where no worker reports another.
  CallFailure failure;
  std::string id = {};  ///< that the workers' logs have, see RequestEvent
  int plan = 0;         ///< index of the pipeline that answered or failed, of those of a Failover
  /// Seconds that the request waited because a server limits this client, see
  /// CallFailure::retry_after_s, by the server's system. Part of latency_s, and of no hop.
  std::map<std::string, double> limit_waits_s = {};

  double limit_wait_s() const;  ///< the sum of limit_waits_s
};

/// Sends requests through stages. Neighbouring stages on Scission workers are one call, as workers
/// forward tensors directly. Stages in this process run one at a time, on a thread that all
/// pipelines share, while other requests are in flight.
class SCISSION_EXPORT Pipeline {
 public:
  /// Throws Error(invalid_argument) without stages, and for a stage with neither client nor
  /// `local`.
  Pipeline(std::vector<PipelineStage> stages, PipelineOptions options);
  /// Waits for requests in flight and their `done`; failed calls are not retried any more. Must not
  /// be called from within a `done`.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  const std::vector<PipelineStage>& stages() const;  ///< as given
  double deadline_s() const;                         ///< as given

  /// How the tensors of the requests from now on are coded: a codec's name for each stage, of what
  /// enters it, then one of the answer; empty or "raw": not at all. An empty list: nothing is
  /// coded. What crosses to or from a foreign server, and to or from a system without the codec, is
  /// not coded, nor is what stays in this process. Nothing is deployed for it. Thread-safe.
  /// Throws Error(invalid_argument) on another number of names. O(stages).
  void set_codecs(const std::vector<std::string>& codecs);
  /// What set_codecs() has set, empty names where nothing is coded.
  std::vector<std::string> codecs() const;

  /// Fails the requests in flight that have a stage on `system` before them with `failure`, which
  /// should name it; an empty system: all requests. Calls to workers are cancelled. Returns before
  /// the requests have failed. O(requests in flight).
  void interrupt(const std::string& system, const CallFailure& failure);
  /// Likewise the requests in flight that were sent before the last set_codecs().
  void interrupt_recoded(const CallFailure& failure);

  /// Seconds since a request last waited for a client limit (PipelineResult::limit_waits_s): 0
  /// while one does, +∞ where none has. Thread-safe.
  double since_limit_wait_s() const;

  /// Calls `done` exactly once, from a thread of the runtime; `done` must return soon and not
  /// throw. Thread-safe. The number of requests in flight is not limited here.
  void send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done);

  /// The same with already encoded inputs, by index, as encode_picture() makes them of a file. They
  /// are sent where their codec is that of the hop into the first stage.
  void send(std::vector<Tensor> inputs, std::vector<CodedTensor> coded,
            std::function<void(PipelineResult)> done);

  /// The same; the future becomes ready when the request is answered or has failed.
  std::future<PipelineResult> send(std::vector<Tensor> inputs);

  /// The same, waiting for the result.
  PipelineResult run(std::vector<Tensor> inputs);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Deploying.

/// Connections to workers, and to foreign servers, by the names of their systems.
using Clients = std::map<std::string, std::shared_ptr<Client>>;

/// A segment, and the system that runs it.
struct SCISSION_EXPORT StageAssignment {
  std::string system;
  Segment segment;
  std::filesystem::path file;  ///< the segment's file
  /// Not empty: the system is a foreign server that serves the model under this name already.
  std::string foreign_model;
  bool is_whole = false;   ///< as in Deployment
  bool any_batch = false;  ///< as in Deployment
};

/// One assignment for each placement of a plan; `folder` holds the segment files that
/// write_segments() wrote for the plan's cuts. Throws Error(mismatch) when the manifest's segments
/// are not those of the placements.
SCISSION_EXPORT std::vector<StageAssignment> assignments_of(
    const std::vector<Placement>& placements, const SegmentManifest& manifest,
    const std::filesystem::path& folder);

/// How segments are deployed.
struct SCISSION_EXPORT DeployOptions {
  double deadline_s = 300;  ///< of one segment's upload to one worker
  StageLoader load;         ///< loads segments that run in this process
  /// Called from several threads, one at a time.
  std::function<void(const std::string& system, std::int64_t sent, std::int64_t total)> on_progress;
  /// See UploadOptions. Called from several threads concurrently.
  std::function<double()> share;
};

/// "MODEL-DIGITS", with the first 12 digits of the segment's checksum, and "-LEASE" behind it where
/// there is one. Segments of several plans, and equal ones of several leases, coexist on a worker;
/// equal ones share their file.
SCISSION_EXPORT std::string served_name(const std::string& model, const Segment& segment,
                                        const std::string& lease = {});

/// One client for each address. Throws as Client's constructor does.
SCISSION_EXPORT Clients connect(const std::map<std::string, std::string>& addresses,
                                const Security& security, const std::string& lease = {});

/// Owns the segments and addresses that a run sets on workers. Workers remove them when the lease
/// ends, or half a minute after the process is killed. Leases are independent, also those of the
/// same plan.
class SCISSION_EXPORT Lease {
 public:
  Lease();   ///< with a random id
  ~Lease();  ///< ends the lease on the workers that answer
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  const std::string& id() const;  ///< for connect()

  /// Takes the lease on these workers, whose clients are those of connect() with the id, and renews
  /// it from a thread from then on. Call it once. Throws as Client::renew_lease().
  void hold(Clients workers);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Sends the addresses of all workers to each of them. Systems named in `foreign` are left out.
/// Throws as Client::set_peers() does.
SCISSION_EXPORT void announce_peers(const Clients& clients, double deadline_s,
                                    const std::vector<std::string>& foreign = {});

/// Uploads each segment to its system, all systems concurrently, announces the workers to each
/// other and returns the pipeline's stages in the order of the assignments. A system without a
/// client is this process; `options.load` loads its segments. Throws as Client::deploy() and the
/// loader do, once every system has finished (the first failure in the order of the assignments),
/// and Error(invalid_argument) without assignments, and for a system without a client when there is
/// no loader.
SCISSION_EXPORT std::vector<PipelineStage> deploy_stages(
    const std::string& model, const std::vector<StageAssignment>& assignments,
    const Clients& clients, const DeployOptions& options);

// Load tests.

/// How many requests are sent, and when.
struct SCISSION_EXPORT LoadOptions {
  int count = 20;       ///< requests that are reported
  int warmup = 3;       ///< requests before them that are not reported, one at a time
  int concurrency = 1;  ///< requests in flight in a closed loop
  double requests_per_s =
      0;  ///< above 0: requests per second, evenly spaced, instead of a closed loop
  /// Idle time before each request of a closed loop, also before warm-up requests, in seconds; no
  /// part of a latency. Only with a concurrency of 1 and without a rate.
  double pause_s = 0;
  /// Limit of requests in flight at a rate. The latency of a request that waits for this limit
  /// counts from when it was due.
  int max_in_flight = 64;
  /// Called with each result, whose outputs are discarded afterwards; one call at a time. May be
  /// empty.
  std::function<void(const PipelineResult& result)> on_result = {};
  std::function<void(int done, int total)> on_progress = {};  ///< as on_result
  /// Called before each request, and every 0.1 s while none is due: false ends the run, whose
  /// report has the requests sent so far. Empty: true.
  std::function<bool()> should_continue = {};
};

/// The results of a load test.
struct SCISSION_EXPORT LoadReport {
  std::vector<PipelineResult> results;  ///< in the order of sending, without outputs
  std::vector<double> due_s;            ///< of each result: when it was due, since the first
  double elapsed_s = 0;                 ///< from the first request to the last answer
  double throughput = 0;                ///< answers per second
};

/// Appends the results of another run as if it had begun at the end of the first; elapsed times add
/// up.
SCISSION_EXPORT void append(LoadReport& report, LoadReport more);

/// Sends requests by `send`, which either calls `done` once, as Pipeline::send() does, or throws.
/// At a rate, the latency of a request counts from when it was due. Throws Error(invalid_argument)
/// for options out of range. An exception from `send` or from one of the options' functions ends
/// the run, and is rethrown when no request is in flight any more.
SCISSION_EXPORT LoadReport
run_load(const std::function<void(std::function<void(PipelineResult)> done)>& send,
         const LoadOptions& options);

/// Quantiles of seconds (type 7 of Hyndman & Fan, 1996). Infinite where a quantile falls on
/// requests without an answer.
struct SCISSION_EXPORT Quantiles {
  double median = 0;
  double p95 = 0;
  double p99 = 0;
};

/// One hop of the stages that answered the first request, seconds. See HopTiming.
struct SCISSION_EXPORT HopSummary {
  std::string from;
  std::string to;
  int requests = 0;  ///< that these stages answered; after a switch other stages answer
  int early = 0;     ///< requests that ended in this stage, before the last one
  double bytes = 0;  ///< of one request's message
  Quantiles serialise;
  Quantiles transfer;
  Quantiles deserialise;
  Quantiles queue;
  Quantiles compute;
  /// Sum of serialise, transfer and deserialise of one request: what a plan calls a transfer.
  Quantiles passing;
  std::string codec = {};  ///< of the first request; empty: none
  Quantiles encode = {};
  Quantiles decode = {};
  double raw_tensors = 0;  ///< mean of HopTiming::raw_tensors
};

/// Why requests were not answered.
struct SCISSION_EXPORT FailureCount {
  std::string cause;  ///< "SYSTEM: what happened", of the first of these requests
  int requests = 0;
};

/// "SYSTEM: MESSAGE", or the message where no system is known, or a worker's health checks failed:
/// "edge cannot reach cloud: …".
SCISSION_EXPORT std::string describe(const CallFailure& failure);

/// How often each cause occurs, the most frequent first. Causes that differ only in digits, as in a
/// port or a time, are one. O(n log n).
SCISSION_EXPORT std::vector<FailureCount> count_causes(const std::vector<std::string>& causes);

/// The cause, or "12 × CAUSE; 3 × CAUSE".
SCISSION_EXPORT std::string format_failures(const std::vector<FailureCount>& failures);

/// How long requests waited for a server's limit of this client.
struct SCISSION_EXPORT LimitWaits {
  std::string system;  ///< of the server
  int requests = 0;    ///< that waited
  double seconds = 0;  ///< sum over these requests
};

/// Adds the waits of one more request.
SCISSION_EXPORT void add_limit_waits(const PipelineResult& result, std::vector<LimitWaits>& waits);

/// "12 requests waited for the client limit of cloud: 3.4 s", a line for each system; "" without
/// waits.
SCISSION_EXPORT std::string format_limit_waits(const std::vector<LimitWaits>& waits);

/// The metrics of a run, over all its requests.
struct SCISSION_EXPORT RunSummary {
  int requests = 0;
  int answered = 0;
  int repeated = 0;           ///< requests with a call that was sent more than once
  int early = 0;              ///< answers of a stage before the last one, where the model ended
  Quantiles latency;          ///< a request without an answer counts as an infinite one
  Interval latency_interval;  ///< 95 %, of the median latency
  double mean_latency_s = 0;  ///< of the answered requests
  double throughput = 0;      ///< answers per second
  std::vector<HopSummary> hops;
  std::vector<FailureCount> failures;        ///< by system and cause, the most frequent first
  std::vector<LimitWaits> limit_waits = {};  ///< by system
  /// As latency.median and latency_interval, without waits for limits: what a plan predicts.
  double unlimited_median_s = 0;
  Interval unlimited_interval = {};
};

/// Summarises all requests; the hops are those of the stages that answered first, without early
/// answers if there are others, and none when no request was answered. O(n log n) in the requests.
SCISSION_EXPORT RunSummary summarise(const LoadReport& report);

/// What a plan predicts for one hop: the transfer to a stage (0 without one), and the stage.
struct SCISSION_EXPORT HopPrediction {
  std::string system;
  double transfer_s = 0;
  double compute_s = 0;
  std::string codec = {};  ///< of the transfer; empty: none
  double encode_s = 0;
  double decode_s = 0;
};

/// One prediction for each stage of the plan, in order, for a request that takes no early exit. A
/// final transfer to a destination is part of the last stage's: answers return along the way of the
/// request, so that the time of a measured hop contains that of its answer.
SCISSION_EXPORT std::vector<HopPrediction> predicted_hops(const PlanTimeline& plan);

/// The codecs of a plan's transfers as Pipeline::set_codecs() takes them; empty when nothing is
/// coded.
SCISSION_EXPORT std::vector<std::string> codecs_of(const PlanTimeline& plan);

/// (measured − predicted) ÷ predicted; 0 when `predicted` is 0.
SCISSION_EXPORT double relative_error(double measured, double predicted);

/// A switch from one pipeline to another.
struct SCISSION_EXPORT FailoverSwitch {
  std::size_t to = 0;  ///< index of the pipeline
  std::string lost;    ///< the system that was lost, or the link between workers: "edge → cloud"
  double decision_s = 0;  ///< from detecting the failure to having switched
  double gap_s = 0;  ///< from the last answer before to the first one after; 0 until there is one
};

/// Pipelines for the same model, best first, all deployed. Requests go through the first one that
/// needs no lost system. When a system is lost, requests that failed on it are sent again through
/// the next pipeline; each request is answered once. A system is lost when a request has failed
/// there with all retries because it is unreachable or too slow, or when it answers no health
/// checks (PipelineOptions::stall_timeout_s); a busy system is not lost. Where only another worker
/// finds it silent, the link between them is lost. A silent system that no pipeline can do without
/// is waited for, up to the deadline. Thread-safe.
class SCISSION_EXPORT Failover {
 public:
  /// Throws Error(invalid_argument) without pipelines, and for a null pipeline.
  explicit Failover(std::vector<std::shared_ptr<Pipeline>> pipelines);
  /// Waits until every request is answered. Must not be called from within a `done`.
  ~Failover();
  Failover(const Failover&) = delete;
  Failover& operator=(const Failover&) = delete;

  /// As Pipeline::send(). Not answered only when no pipeline is left, or when the request is
  /// refused.
  void send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done);

  std::size_t active() const;                    ///< index of the active pipeline
  std::vector<FailoverSwitch> switches() const;  ///< in chronological order
  /// Systems and links (as FailoverSwitch::lost) that are lost now.
  std::set<std::string> lost() const;

  /// Declares a lost system or link available again. The best pipeline takes over, which is not
  /// recorded as a switch.
  void restore(const std::string& system);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
